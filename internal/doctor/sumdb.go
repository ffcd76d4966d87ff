package doctor

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// sumdb is GOSUMDB as later steps will have it.
func (e *exam) sumdb() string {
	g := e.golang()
	if g.err != nil {
		return cmp.Or(e.SumDB, e.Getenv("GOSUMDB"), modproxy.SumGolang)
	}
	return cmp.Or(e.SumDB, g.s.GOSUMDB)
}

// checkSumDB asks for a way to the checksum database: through a module proxy, by
// itself, by its alias.
func checkSumDB(ctx context.Context, e *exam) []Finding {
	f := strings.Fields(e.sumdb())
	switch {
	case len(f) == 0 || f[0] == "off":
		return []Finding{skipped(say("GOSUMDB=off", "GOSUMDB=off"))}
	case f[0] == modproxy.Alias && len(f) == 1:
		_, alias := e.heads()
		return e.database(alias == modproxy.Yes, modproxy.Alias)
	case len(f) == 2:
		u, err := url.Parse(f[1])
		return e.database(err == nil && e.answers(ctx, modproxy.Join(u, "latest")), modproxy.RedactRaw(f[1]))
	}
	name := modproxy.ProxiedSumDB(e.sumdb())
	if carrier, ok := e.carrier(ctx, name); ok {
		return []Finding{fine(say("%s can be asked through %s", "可通过 %[2]s 查询 %[1]s", name, carrier))}
	}
	if name != modproxy.SumGolang {
		return e.database(e.answers(ctx, &url.URL{Scheme: "https", Host: name, Path: "/latest"}), name)
	}
	db, alias := e.heads()
	if db != modproxy.Yes && alias == modproxy.Yes {
		return []Finding{bad(e.needed(), report.SumDBUnreachable, say("%s does not answer from here, its alias %s does", "此处无法访问 %s，但其别名 %s 可以", name, modproxy.Alias)).
			paste(e.fixFor(report.SumDBUnreachable, name))}
	}
	return e.database(db == modproxy.Yes, name)
}

// carrier is a usable module proxy that passes the database's answers on.
// In the race it is asked only of those that had the sample.
func (e *exam) carrier(ctx context.Context, name string) (string, bool) {
	ms := e.race()
	i := slices.IndexFunc(ms, func(m outcome) bool {
		return m.Reachable() && m.SumDB == modproxy.Yes || e.unproven(m) && e.answers(ctx, m.Base("sumdb/"+name+"/supported"))
	})
	if i < 0 {
		return "", false
	}
	return title(ms[i].Candidate), true
}

// needed says how bad it is to have no database: go asks it only for what go.sum
// does not know.
func (e *exam) needed() Verdict {
	j := e.job()
	unknown := func(i gocmd.Item) bool { return i.Sum == "" }
	if j.offline() || len(j.needs.Zips) > 0 && !slices.ContainsFunc(j.needs.Zips, unknown) && !slices.ContainsFunc(j.needs.Mods, unknown) {
		return Warn
	}
	return Fail
}

func (e *exam) database(answers bool, where string) []Finding {
	if answers {
		return []Finding{fine(say("%s answers", "%s 有应答", where))}
	}
	f := bad(e.needed(), report.SumDBUnreachable, say("%s does not answer, and no module proxy carries it", "%s 没有应答，也没有模块代理转发它", where))
	if f.Verdict == Warn {
		f.Text = say("%s does not answer; go.sum is complete, so it is asked only for new modules and toolchains", "%s 没有应答；go.sum 完整，只有新模块和工具链才需要查询它", where)
	}
	return []Finding{f.todo(say("use a module proxy that carries it, or let the firewall pass it; go asks for what a committed go.sum does not know", "请使用转发它的模块代理，或让防火墙放行；go 只为已提交的 go.sum 所不知道的内容查询它"))}
}

// answers reports whether there is a 200 at a URL: that of a database's signed
// tree head, or of its passing on.
func (e *exam) answers(ctx context.Context, u *url.URL) bool {
	ctx, cancel := context.WithTimeout(ctx, e.Budget)
	defer cancel()
	once := func(error) (modproxy.Try, bool) { return modproxy.Try{}, false }
	return e.network().client.Do(ctx, modproxy.Try{URL: u, Header: http.Header{}}, modproxy.CheckStatus, once) == nil
}
