package doctor

import (
	"errors"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/report"
)

func brokenList(v settings) []Finding {
	_, err := modproxy.ParseList(v.values["GOPROXY"])
	var e *modproxy.ListError
	if !errors.As(err, &e) {
		return nil
	}
	f := fail(report.ConfigInvalid, say("GOPROXY (%s) has an entry that breaks every lookup: %v", "GOPROXY（%s）中有一项使所有查询失败：%v", v.layer("GOPROXY"), e))
	if e.Hint != "" {
		f = f.paste(e.Hint)
	}
	return []Finding{f}
}

// ignoredEntries finds what stands behind direct or off.
func ignoredEntries(v settings) []Finding {
	list, err := modproxy.ParseList(v.values["GOPROXY"])
	if err != nil {
		return nil
	}
	entries := strings.FieldsFunc(v.values["GOPROXY"], func(r rune) bool { return r == ',' || r == '|' })
	n := 0
	for _, e := range entries {
		if strings.TrimSpace(e) != "" {
			n++
		}
	}
	if n == len(list) {
		return nil
	}
	last := list[len(list)-1].Word
	return []Finding{warn(report.ConfigInvalid, say("GOPROXY has entries after %s that are never asked", "GOPROXY 中 %s 之后的项永远不会被查询", last)).
		todo(say("put %s last", "请把 %s 放在最后", last))}
}

// misreadComma finds two public module proxies joined by ',': the second one is
// then no stand-in for the first.
func misreadComma(v settings) []Finding {
	list, err := modproxy.ParseList(v.values["GOPROXY"])
	if err != nil || !v.own("GOPROXY") {
		return nil
	}
	for i := 1; i < len(list); i++ {
		a, b := list[i-1], list[i]
		if a.Sep != ',' || !v.public(a) || !v.public(b) {
			continue
		}
		return []Finding{warn(report.ConfigInvalid, say("GOPROXY: after ',' go asks %s only when %s says 404 or 410, not when it is down", "GOPROXY：',' 之后的 %s 只在 %s 返回 404 或 410 时才会被查询，后者故障时不会", b.URL.Host, a.URL.Host)).
			paste("GOPROXY=" + strings.Replace(list.Redacted(), a.Redacted()+",", a.Redacted()+"|", 1))}
	}
	return nil
}

// public reports whether an entry is a module proxy that everybody knows.
func (v settings) public(e modproxy.Entry) bool {
	if !e.Remote() || e.URL.User != nil {
		return false
	}
	return isPublic(e.URL.Host, v.toolchain)
}
