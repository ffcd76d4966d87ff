package doctor

import (
	"context"
	"errors"
	gover "go/version"
	"io/fs"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// checkGo looks for the go command and asks whether it is new enough for go.mod.
func checkGo(_ context.Context, e *exam) []Finding {
	g := e.golang()
	switch {
	case errors.Is(g.err, fs.ErrNotExist):
		return []Finding{fail(report.Toolchain, say("there is no go command in PATH", "PATH 中没有 go 命令")).
			todo(say("install Go before this step (actions/setup-go, or a golang image), or add the bin folder of GOROOT to PATH",
				"请在此步骤之前安装 Go（actions/setup-go 或 golang 镜像），或把 GOROOT 的 bin 目录加入 PATH"))}
	case g.err != nil:
		return []Finding{fail(classify.Of(g.err), say("%s does not answer go env", "%s 无法执行 go env", g.path)).
			proof(g.err.Error()).
			todo(say("run go env by hand and correct the setting that it complains about", "请手动运行 go env，并改正它所指出的设置"))}
	}
	fs := e.checkVersion()
	for _, o := range g.others {
		fs = append(fs, warn("", say("PATH has another go further back: %s at %s", "PATH 后面还有另一个 go：%s，位于 %s", o.version, o.path)).
			todo(say("none needed if %s is wanted; else put the other folder first in PATH", "若 %s 正是所需版本则无需处理；否则请把另一目录放到 PATH 最前", g.s.GOVERSION)))
	}
	return fs
}

// checkVersion compares the go lines of go.mod with the version that will run.
// The toolchain line is only a wish: with GOTOOLCHAIN=local go passes over it.
func (e *exam) checkVersion() []Finding {
	g := e.golang()
	have := g.s.GOVERSION
	line, wish := "", ""
	for _, m := range e.job().modules {
		if v := "go" + m.Go; m.Go != "" && gover.Compare(v, line) > 0 {
			line = v
		}
		if gover.Compare(m.Toolchain, wish) > 0 {
			wish = m.Toolchain
		}
	}
	name, mode := toolchainOf(g.s.GOTOOLCHAIN)
	if name != "" {
		have = name
	}
	switch newer := gover.Compare(line, have) > 0; {
	case newer && mode == "":
		return []Finding{fail(report.Toolchain, say("go.mod asks for %s, this is %s, and GOTOOLCHAIN=%s allows no other", "go.mod 要求 %s，当前为 %s，而 GOTOOLCHAIN=%s 不允许切换",
			line, have, orLocal(g.s.GOTOOLCHAIN))).paste(e.fixFor(report.Toolchain, ""))}
	case newer, mode != "" && gover.Compare(wish, have) > 0:
		want := line
		if gover.Compare(wish, want) > 0 {
			want = wish
		}
		if mode == "path" {
			return []Finding{warn(report.Toolchain, say("go.mod asks for %s, this is %s: go will look for it in PATH only (GOTOOLCHAIN=%s)", "go.mod 要求 %s，当前为 %s：go 只会在 PATH 中寻找它（GOTOOLCHAIN=%s）", want, have, g.s.GOTOOLCHAIN)).
				todo(say("install %s, or set GOTOOLCHAIN=auto", "请安装 %s，或设置 GOTOOLCHAIN=auto", want))}
		}
		return []Finding{warn(report.Toolchain, say("go.mod asks for %s, this is %s: each machine first downloads that toolchain, checked by the checksum database", "go.mod 要求 %s，当前为 %s：每台机器都会先下载该工具链，并由校验数据库验证", want, have)).
			todo(say("install %s on the runner (setup-go with go-version-file: go.mod), or let GOPROXY serve golang.org/toolchain", "请在运行器上安装 %s（setup-go 的 go-version-file: go.mod），或确保 GOPROXY 提供 golang.org/toolchain", want))}
	}
	if line == "" {
		return []Finding{fine(say("%s at %s", "%s，位于 %s", have, g.path))}
	}
	return []Finding{fine(say("%s at %s; go.mod asks for %s", "%s，位于 %s；go.mod 要求 %s", have, g.path, line))}
}

// toolchainOf splits GOTOOLCHAIN (src/cmd/go/internal/toolchain/select.go): the
// version that it names, empty for the local one, and how go may switch from it:
// "auto" by download, "path" within PATH, or not at all.
func toolchainOf(v string) (name, mode string) {
	switch v {
	case "auto", "path":
		return "", v
	}
	name, mode, _ = strings.Cut(v, "+")
	if name == "local" {
		name = ""
	}
	return name, mode
}

func orLocal(v string) string {
	if v == "" {
		return "local"
	}
	return v
}
