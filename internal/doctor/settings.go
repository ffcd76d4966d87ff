package doctor

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/machine"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// rules look at the settings of the go command, one mistake each.
var rules = []func(settings) []Finding{
	modulesOff, deadNames, emptyVariables, oddEnvFile, leftovers, windowsScopes,
	brokenList, ignoredEntries, misreadComma,
	oddSumDB, replacedPrivate, oddGlobs, oddFlags, insecure,
}

// checkSettings says who set what, or what is wrong with it.
func checkSettings(_ context.Context, e *exam) []Finding {
	g := e.golang()
	if g.err != nil {
		return []Finding{skipped(say("the settings are not known without a go command", "没有 go 命令，无法得知设置"))}
	}
	v := settings{World: e.World, golang: g, values: values(g.s)}
	v.user, v.machine = e.scope(machine.User), e.scope(machine.Machine)
	var fs []Finding
	for _, rule := range rules {
		fs = append(fs, rule(v)...)
	}
	if fs == nil {
		fs = []Finding{fine(say("%s", "%s", v.summary()))}
	}
	return fs
}

// settings is what the rules look at.
type settings struct {
	World
	golang
	values map[string]string // effective, by name
	// Variables that Windows keeps for new processes.
	user, machine []machine.Variable
}

func values(s gocmd.Settings) map[string]string {
	data, _ := json.Marshal(s) // plain strings only
	m := map[string]string{}
	json.Unmarshal(data, &m)
	return m
}

// layer is where a value comes from.
func (v settings) layer(name string) gocmd.Layer { return v.s.Layers[name] }

// own reports whether somebody set a value, rather than the toolchain.
func (v settings) own(name string) bool {
	return v.layer(name) == gocmd.Environment || v.layer(name) == gocmd.EnvFile
}

// summary lists what matters to downloads, and who set it.
func (v settings) summary() string {
	var parts []string
	for _, name := range []string{"GOPROXY", "GOSUMDB", "GOPRIVATE", "GOFLAGS"} {
		value := v.values[name]
		if value == "" {
			continue
		}
		part := name + "=" + shown(name, value)
		if v.own(name) {
			part += " (" + v.origin(name) + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

// shown is a value without its secrets.
func shown(name, value string) string {
	if name == "GOPROXY" {
		if l, err := modproxy.ParseList(value); err == nil {
			return l.Redacted()
		}
	}
	words := strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(", |", r) })
	for _, w := range words {
		value = strings.Replace(value, w, modproxy.RedactRaw(w), 1)
	}
	return value
}

// unset says how to remove a value from where it is.
func (v settings) unset(name string) report.Text {
	if v.layer(name) == gocmd.EnvFile {
		return report.Text{EN: "go env -u " + name}
	}
	if s, ok := v.kept(name); ok && s.value == v.Getenv(name) {
		return report.Text{EN: unsetScope(name, s.scope)}
	}
	return say("remove the variable %s from the job", "请从任务中删除变量 %s", name)
}

func modulesOff(v settings) []Finding {
	if v.values["GO111MODULE"] != "off" {
		return nil
	}
	return []Finding{fail(report.ConfigInvalid, say("GO111MODULE=off (%s): go passes over go.mod and downloads no module", "GO111MODULE=off（%s）：go 会忽略 go.mod，不下载任何模块", v.origin("GO111MODULE"))).
		todo(v.unset("GO111MODULE"))}
}

// dead are names that people set and go does not know, and what they meant.
// GONOSUMCHECK and GONOVERIFY are older than go 1.13; the rest are misspellings.
var dead = []struct{ name, meant string }{
	{"GONOSUMCHECK", "GONOSUMDB"}, {"GONOVERIFY", "GONOSUMDB"}, {"GONOSUM", "GONOSUMDB"}, {"GOSUM", "GOSUMDB"},
	{"GO_PROXY", "GOPROXY"}, {"GOPROXIES", "GOPROXY"}, {"GO_PRIVATE", "GOPRIVATE"}, {"GOPRIVATES", "GOPRIVATE"},
	{"GO_SUMDB", "GOSUMDB"}, {"GO_FLAGS", "GOFLAGS"}, {"GO_NOPROXY", "GONOPROXY"},
}

func deadNames(v settings) (fs []Finding) {
	for _, d := range dead {
		if v.Getenv(d.name) == "" {
			continue
		}
		fs = append(fs, warn(report.ConfigInvalid, say("go knows no variable %s", "go 不认识变量 %s", d.name)).
			todo(say("remove it, or set %s if that was meant", "请删除它；若本意是 %s，请改设后者", d.meant)))
	}
	return fs
}

// clearing is what to write to clear a setting, since an empty variable counts as
// none (src/cmd/go/internal/cfg/cfg.go, Getenv).
var clearing = []struct{ name, value string }{
	{"GOSUMDB", "off"}, {"GONOSUMDB", "none"}, {"GONOPROXY", "none"}, {"GOPRIVATE", ""}, {"GOFLAGS", ""}, {"GOPROXY", "direct"},
}

func emptyVariables(v settings) (fs []Finding) {
	empty := v.empty()
	for _, c := range clearing {
		value := v.values[c.name]
		shipped := v.layer(c.name) == gocmd.GoEnv || v.layer(c.name) == gocmd.BuiltIn
		if !empty[c.name] || value == "" || c.name == "GOPROXY" && shipped { // an empty GOPROXY mostly means the default
			continue
		}
		f := warn(report.ConfigInvalid, say(`%s="" clears nothing: go takes %s (%s)`, `%s="" 不会清除任何值：go 仍使用 %s（%s）`, c.name, shown(c.name, value), v.layer(c.name)))
		if c.value != "" && shipped {
			f = f.todo(say("write %s=%s if that is meant, else leave the variable out", "若本意如此请写 %s=%s，否则不要设置该变量", c.name, c.value))
		} else {
			f = f.todo(v.unset(c.name))
		}
		fs = append(fs, f)
	}
	return fs
}

// leftovers are values that go env -w left behind and a variable hides. They come
// back as soon as the variable is gone, which on a self-hosted runner is the next
// job.
func leftovers(v settings) (fs []Finding) {
	behind := values(v.bare)
	for _, name := range names {
		old := behind[name]
		if v.bare.Layers[name] != gocmd.EnvFile || v.layer(name) != gocmd.Environment || old == v.values[name] {
			continue
		}
		if name != "GOPRIVATE" && old == behind["GOPRIVATE"] && (name == "GONOPROXY" || name == "GONOSUMDB") {
			continue // said of GOPRIVATE
		}
		f := warn(report.ConfigInvalid, say("the GOENV file has %s=%s; the environment hides it, a job without that variable gets it", "GOENV 文件中有 %s=%s；它被环境变量遮盖，没有该变量的任务会用到它", name, shown(name, old))).
			paste("go env -u " + name)
		if s, ok := v.kept(name); ok && s.value == v.Getenv(name) {
			f = warn(report.ConfigInvalid, say("the GOENV file has %s=%s; the %s scope of Windows has %s, which hides it from every process", "GOENV 文件中有 %s=%s；Windows 的 %s 范围中有 %s，对所有进程遮盖了它", name, shown(name, old), s.scope, shown(name, s.value))).
				paste("go env -u " + name + "\n" + unsetScope(name, s.scope))
		}
		fs = append(fs, f)
	}
	return fs
}

func oddSumDB(v settings) []Finding {
	value := v.values["GOSUMDB"]
	f := strings.Fields(value)
	switch {
	case value == "off":
		return []Finding{warn(report.ConfigInvalid, say("GOSUMDB=off (%s): what go.sum does not know yet is taken unchecked, and toolchains cannot be downloaded", "GOSUMDB=off（%s）：go.sum 尚未记录的内容不经校验即被采用，且无法下载工具链", v.origin("GOSUMDB"))).
			todo(say("name private modules in GOPRIVATE instead, and leave GOSUMDB out", "请改用 GOPRIVATE 列出私有模块，并删除 GOSUMDB"))}
	case len(f) == 0:
		return nil
	case strings.ContainsAny(value, `"'`):
		return []Finding{fail(report.ConfigInvalid, say("GOSUMDB has quotes in its value: %s", "GOSUMDB 的值中含有引号：%s", value)).
			todo(say("take the quotes out; where they come from, the value is not read by a shell", "请去掉引号；设置它的地方并不经过 shell"))}
	case strings.Contains(f[0], "://"):
		return []Finding{fail(report.ConfigInvalid, say("GOSUMDB has a URL and lacks the database's name before it", "GOSUMDB 只有 URL，前面缺少数据库名称")).
			paste("GOSUMDB='sum.golang.org " + shown("GOSUMDB", f[0]) + "'")}
	case len(f) > 2:
		return []Finding{fail(report.ConfigInvalid, say("GOSUMDB has more than a name and a URL", "GOSUMDB 的内容超出一个名称和一个 URL")).
			todo(say("write NAME, NAME+HASH+KEY, or one of them, a blank and a URL", "请写 NAME、NAME+HASH+KEY，或其后加空格与 URL"))}
	case f[0] != modproxy.SumGolang && f[0] != modproxy.Alias && strings.Count(f[0], "+") < 2:
		return []Finding{fail(report.ConfigInvalid, say("GOSUMDB=%s is no database that go knows the key of", "GOSUMDB=%s 不是 go 知晓密钥的数据库", shown("GOSUMDB", value))).
			todo(say("write sum.golang.org or sum.golang.google.cn, or add the key: NAME+HASH+KEY", "请写 sum.golang.org 或 sum.golang.google.cn，或加上密钥：NAME+HASH+KEY"))}
	}
	return nil
}

func oddFlags(v settings) (fs []Finding) {
	for _, word := range strings.Fields(v.values["GOFLAGS"]) {
		switch flag := "-" + strings.TrimLeft(word, `-'"`); {
		case strings.ContainsAny(v.values["GOFLAGS"], `'"`) && !strings.HasPrefix(strings.Trim(word, `'"`), "-"):
			// may be inside of quotes
		case !strings.HasPrefix(strings.Trim(word, `'"`), "-"):
			fs = append(fs, fail(report.ConfigInvalid, say("GOFLAGS has %q, which is no flag: every go command stops", "GOFLAGS 中的 %q 不是标志：所有 go 命令都会停止", word)).todo(v.unset("GOFLAGS")))
		case flag == "-mod=mod":
			fs = append(fs, warn(report.GoModInvalid, say("GOFLAGS has -mod=mod: builds change go.mod and go.sum in silence", "GOFLAGS 含 -mod=mod：构建会悄悄修改 go.mod 和 go.sum")).
				todo(say("take it out, and give -mod=mod to single commands that need it", "请去掉它，只在需要的单个命令上使用 -mod=mod")))
		case flag == "-insecure":
			fs = append(fs, fail(report.ConfigInvalid, say("GOFLAGS has -insecure, which go does not know since 1.17: every go command stops", "GOFLAGS 含 -insecure，go 自 1.17 起不再支持：所有 go 命令都会停止")).
				todo(say("use GOINSECURE with the patterns of the hosts", "请使用 GOINSECURE 并列出主机模式")))
		}
	}
	return fs
}

func insecure(v settings) []Finding {
	value := v.values["GOINSECURE"]
	if value == "" {
		return nil
	}
	return []Finding{warn(report.ConfigInvalid, say("GOINSECURE=%s counts for direct downloads only, not for module proxies, and leaves them unverified", "GOINSECURE=%s 只对直连下载有效，对模块代理无效，且不验证服务器身份", value)).
		todo(say("trust the CA of that host instead: %s", "请改为信任该主机的 CA：%s", "SSL_CERT_FILE, update-ca-certificates"))}
}
