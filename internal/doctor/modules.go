package doctor

import (
	"context"
	"strings"

	"golang.org/x/mod/module"

	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// checkModules reads go.mod and go.sum as go would.
func checkModules(_ context.Context, e *exam) []Finding {
	j := e.job()
	if j.err != nil {
		return []Finding{fail(classify.Of(j.err), say("a go.mod or go.work cannot be used", "go.mod 或 go.work 无法使用")).
			proof(j.err.Error()).todo(say("correct the line that is named", "请改正所指出的行"))}
	}
	if j.sumsErr != nil {
		return []Finding{fail(classify.Of(j.sumsErr), say("go.sum cannot be read", "无法读取 go.sum")).proof(j.sumsErr.Error())}
	}
	if len(j.modules) == 0 {
		return []Finding{skipped(say("no go.mod here, above or below: there is nothing to download", "此处及上下级目录均无 go.mod：没有可下载的模块"))}
	}
	vendored := 0
	for _, m := range j.modules {
		if m.Vendored {
			vendored++
		}
	}
	if vendored == len(j.modules) {
		return []Finding{fine(say("builds take the vendor folder; go.sum and module proxies matter only to go mod commands", "构建使用 vendor 目录；go.sum 和模块代理只影响 go mod 命令"))}
	}
	if fs := e.checkSums(); fs != nil {
		return fs
	}
	return []Finding{fine(say("go.sum is complete; main modules: %d, modules they require: %d", "go.sum 完整；主模块 %d 个，所需模块 %d 个", len(j.modules), len(j.needs.Zips)))}
}

// checkSums tells modules that go.sum does not know at all, with which builds
// fail, from those of which it knows one of two files: that is right for a
// requirement of which no package is used.
func (e *exam) checkSums() (fs []Finding) {
	n := e.job().needs
	mods := map[module.Version]bool{}
	for _, m := range n.Mods {
		mods[m.Version] = m.Sum != ""
	}
	var none, half []string
	for _, z := range n.Zips {
		switch name := z.Path + "@" + z.Version.Version; {
		case z.Sum == "" && !mods[z.Version]:
			none = append(none, name)
		case z.Sum == "" || !mods[z.Version]:
			half = append(half, name)
		}
	}
	tidy := func(f Finding) Finding { return f.paste("go mod tidy\ngit add go.mod go.sum") }
	if len(none) > 0 {
		fs = append(fs, tidy(fail(report.GoSumMissing, say("go.sum lacks %s: builds stop with missing go.sum entry", "go.sum 缺少 %s：构建会因 missing go.sum entry 而停止", few(none)))))
	}
	if len(half) > 0 {
		fs = append(fs, tidy(warn(report.GoSumMissing, say("go.sum has only one of two lines for %s", "go.sum 中 %s 的两行记录只有一行", few(half)))))
	}
	return fs
}

// few joins the first names and counts the rest.
func few(list []string) string {
	const most = 3
	if len(list) <= most+1 {
		return strings.Join(list, ", ")
	}
	return strings.Join(list[:most], ", ") + " +" + itoa(len(list)-most)
}
