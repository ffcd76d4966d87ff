package doctor

import (
	"path"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// replacedPrivate finds patterns of GOPRIVATE that do not count, since GONOPROXY
// or GONOSUMDB was set by itself. The word none is the documented way to mean it.
func replacedPrivate(v settings) (fs []Finding) {
	for _, r := range []struct {
		name    string
		problem report.Text
	}{
		{"GONOPROXY", say("module proxies are asked for them", "模块代理会被查询这些模块")},
		{"GONOSUMDB", say("the checksum database is asked for them", "校验数据库会被查询这些模块")},
	} {
		value := v.values[r.name]
		if !v.own(r.name) || value == "none" || value == v.values["GOPRIVATE"] {
			continue
		}
		lost := missing(v.values["GOPRIVATE"], value)
		if len(lost) == 0 {
			continue
		}
		t := say("%s replaces GOPRIVATE and lacks %s: ", "%s 会取代 GOPRIVATE，但缺少 %s：", r.name, few(lost))
		t.EN, t.ZH = t.EN+r.problem.EN, t.ZH+r.problem.ZH
		fs = append(fs, warn(report.PrivateModule, t).paste(r.name+"="+strings.Join(append(lost, value), ",")))
	}
	return fs
}

// missing are the items of a list that another list has not.
func missing(list, from string) (lost []string) {
	for item := range strings.SplitSeq(list, ",") {
		if item != "" && !strings.Contains(","+from+",", ","+item+",") {
			lost = append(lost, item)
		}
	}
	return lost
}

// oddGlobs finds patterns that never match, which go never tells
// (golang.org/x/mod/module, MatchPrefixPatterns).
func oddGlobs(v settings) (fs []Finding) {
	for _, name := range []string{"GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE"} {
		if !v.own(name) || name != "GOPRIVATE" && v.values[name] == v.values["GOPRIVATE"] {
			continue
		}
		for item := range strings.SplitSeq(v.values[name], ",") {
			better, wrong := betterGlob(item)
			if !wrong {
				continue
			}
			f := warn(report.PrivateModule, say("%s has the pattern %q, which matches nothing", "%s 中的模式 %q 不匹配任何模块", name, modproxy.RedactRaw(item)))
			if better == "" {
				better = "git.corp.example, *.corp.example, github.com/acme"
			}
			f = f.todo(say("write %s", "请写 %s", better))
			fs = append(fs, f)
		}
	}
	return fs
}

// betterGlob says whether a pattern is wrong, and what may be meant.
func betterGlob(item string) (better string, wrong bool) {
	_, err := path.Match(item, "")
	host := strings.TrimSpace(item)
	if _, rest, ok := strings.Cut(host, "://"); ok {
		host = rest
	}
	if _, rest, ok := strings.Cut(host, "@"); ok {
		host = strings.Replace(rest, ":", "/", 1)
	}
	switch {
	case item == "":
		return "", false
	case err != nil:
		return "", true
	case strings.ContainsAny(host, "; |"):
		return strings.Join(strings.FieldsFunc(host, func(r rune) bool { return strings.ContainsRune("; |", r) }), ","), true
	case host != item:
		return host, true
	case strings.HasPrefix(item, "/"), strings.HasPrefix(item, "."):
		return "*" + strings.TrimLeft(item, "/"), true
	}
	return "", false
}
