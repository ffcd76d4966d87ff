package doctor

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/module"

	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// findRace measures the candidates side by side, each in a race of its own, so
// that none is cut off because another is faster.
//
// They are asked for a module of this program. Only one that somebody named and
// that says it has no such module is asked for one of the job: that is what go
// asks it for, too.
func (e *exam) findRace(ctx context.Context) []outcome {
	f := e.field()
	ms := make([]outcome, len(f.candidates))
	var wg sync.WaitGroup
	for i, c := range f.candidates {
		wg.Go(func() {
			ms[i] = e.measure(ctx, c, modproxy.Pinned)
			var status *modproxy.StatusError
			if !f.named || !errors.As(ms[i].Err, &status) || !status.NotFound() {
				return
			}
			if s, ok := e.jobSample(); ok {
				ms[i] = e.measure(ctx, c, s)
			}
		})
	}
	wg.Wait()
	return ms
}

// An outcome is what a candidate did, if need be the second time.
type outcome struct {
	modproxy.Measurement
	first error // of an attempt before that ran out of time, nil when there was none
}

// measure asks a candidate again when it ran out of time: one lost packet of a
// resolver costs more than a race takes.
func (e *exam) measure(ctx context.Context, c modproxy.Candidate, s modproxy.Sample) (o outcome) {
	for range 2 {
		o.Measurement = e.network().client.Race(ctx, []modproxy.Candidate{c}, modproxy.RaceOptions{Sample: s, Budget: e.Budget, SumDB: modproxy.ProxiedSumDB(e.sumdb())})[0]
		var timeout *modproxy.TimeoutError
		if !errors.As(o.Err, &timeout) || e.broken(c.URL) {
			return o
		}
		o.first = o.Err
	}
	return o
}

// jobSample is a module of the job that go.sum knows and that is not private.
func (e *exam) jobSample() (modproxy.Sample, bool) {
	needs := e.job().needs
	sums := map[module.Version]string{}
	for _, m := range needs.Mods {
		sums[m.Version] = m.Sum
	}
	for _, z := range needs.Zips {
		if sum := sums[z.Version]; sum != "" && !e.private(z.Path) {
			return modproxy.Sample{Module: z.Version, ModHash: sum}, true
		}
	}
	return modproxy.Sample{}, false
}

// unproven reports whether a candidate only said that it has not what we know the
// hash of: it may be private, and be fine.
func (e *exam) unproven(m outcome) bool {
	var status *modproxy.StatusError
	return e.field().named && errors.As(m.Err, &status) && status.NotFound()
}

// checkModuleProxies asks every candidate for data that can be checked.
func checkModuleProxies(_ context.Context, e *exam) []Finding {
	f := e.field()
	switch {
	case f.err != nil:
		return []Finding{skipped(say("GOPROXY cannot be read", "无法解析 GOPROXY"))}
	case len(f.fixed) == 1 && f.fixed[0].Word == "off":
		return []Finding{warn(report.ConfigInvalid, say("GOPROXY=off: only what is in vendor or in the module cache can be built", "GOPROXY=off：只能使用 vendor 或模块缓存中已有的内容进行构建")).
			todo(say("name a module proxy or direct, unless that is meant", "若非有意如此，请写模块代理或 direct"))}
	case len(f.candidates) == 0:
		return []Finding{skipped(say("GOPROXY names no module proxy: modules come from their own hosts", "GOPROXY 未指定模块代理：模块直接来自各自的主机"))}
	}
	ms := e.race()
	unusable := func(u *url.URL) bool {
		return slices.ContainsFunc(ms, func(m outcome) bool { return m.URL == u && !m.Reachable() && !e.unproven(m) })
	}
	v := e.severity(func(u *url.URL) bool {
		i := slices.IndexFunc(f.candidates, func(c modproxy.Candidate) bool { return sameBase(c.URL, u) })
		return i >= 0 && unusable(f.candidates[i].URL)
	})
	var fs []Finding
	var good []outcome
	for _, m := range ms {
		switch {
		case m.Reachable():
			good = append(good, m)
			fs = append(fs, e.oddAnswers(m)...)
		case e.unproven(m):
			fs = append(fs, warn(report.ModuleNotFound, say("%s answers, but has no module whose content is known here", "%s 有应答，但没有此处已知内容的模块", m.Name)).
				todo(say("none needed for a private one; go.sum of the job had nothing to check it with", "若为私有代理则无需处理；任务的 go.sum 中没有可用来核对的内容")))
		case !e.told(m.URL):
			class := classify.Of(m.Err)
			fs = append(fs, bad(v, class, say("%s cannot be used (%s)", "%s 无法使用（%s）", title(m.Candidate), reason(m.Err))).
				proof(m.Err.Error()).todo(class.Info().Advice))
		}
	}
	switch {
	case len(good) > 0:
		fs = append([]Finding{answered(good, len(ms))}, fs...)
	case !slices.ContainsFunc(ms, e.unproven):
		fs = append(fs, bad(v, report.Unknown, say("no module proxy answers, of %d", "%d 个模块代理均无应答", len(ms))).
			todo(say("the findings above say why; start with the first", "原因见上文；请从第一项开始")))
	}
	if v == Fail && len(good) > 0 {
		fs = append(fs, e.deadEnd(unusable))
	}
	return fs
}

// told reports whether an earlier check has said why a candidate cannot be used.
func (e *exam) told(u *url.URL) bool {
	return e.broken(u) || e.noRoots() && u.Scheme == "https" || slices.ContainsFunc(e.tls(), func(s session) bool {
		return s.host == u.Hostname() && (s.err != nil || s.trust != nil)
	})
}

// deadEnd is for a list that stops at a module proxy that is down although another
// one in it answers. What stands behind one with credentials is not to be asked
// for what it may hold.
func (e *exam) deadEnd(unusable func(*url.URL) bool) Finding {
	f := e.field()
	better := slices.Clone(f.fixed)
	for i, entry := range better[:len(better)-1] {
		if !entry.Remote() {
			continue
		}
		c := f.candidates[slices.IndexFunc(f.candidates, func(c modproxy.Candidate) bool { return sameBase(c.URL, entry.URL) })]
		switch {
		case !unusable(c.URL):
		case c.Private:
			return fail(report.ConfigInvalid, say("GOPROXY stops at %s: behind ',' others are asked only after 404 or 410", "GOPROXY 停在 %s：',' 之后只有 404 或 410 才会询问其他代理", c.URL.Host)).
				todo(say("bring it back; '|' would tell others the names of what it holds", "请恢复它；'|' 会把其中的模块名泄露给其他代理"))
		default:
			better[i].Sep = '|'
		}
	}
	return fail(report.ConfigInvalid, say("GOPROXY stops at the one that is down: behind ',' others are asked only after 404 or 410", "GOPROXY 停在故障的那一项：',' 之后只有 404 或 410 才会询问其他代理")).
		paste("GOPROXY=" + better.Redacted())
}

// sameBase reports whether two URLs name one module proxy.
func sameBase(a, b *url.URL) bool {
	return strings.TrimSuffix(a.String(), "/") == strings.TrimSuffix(b.String(), "/")
}

// title is the name of a candidate, with the host where the name does not say it.
func title(c modproxy.Candidate) string {
	if strings.Contains(c.Name, c.URL.Hostname()) {
		return c.Name
	}
	return c.Name + " (" + c.URL.Host + ")"
}

// answered tells of the fastest, and how many there are.
func answered(good []outcome, all int) Finding {
	best := good[0]
	for _, m := range good[1:] {
		if m.Total > 0 && (best.Total == 0 || m.Total < best.Total) {
			best = m
		}
	}
	t := say("%s gives right answers, the first after %s", "%s 应答正确，首个应答用时 %s", title(best.Candidate), millis(best.Latency))
	if n := len(best.Hops); n > 0 && best.Hops[n-1] != best.URL.Host {
		more := say("; zips come from %s", "；zip 来自 %s", best.Hops[n-1])
		t.EN, t.ZH = t.EN+more.EN, t.ZH+more.ZH
	}
	if all > 1 {
		more := say(" (%d of %d answer)", "（%d / %d 有应答）", len(good), all)
		t.EN, t.ZH = t.EN+more.EN, t.ZH+more.ZH
	}
	return fine(t)
}

// oddAnswers are faults of a candidate that otherwise answers rightly.
func (e *exam) oddAnswers(m outcome) (fs []Finding) {
	if m.NotFound == modproxy.No {
		fs = append(fs, warn(report.ProxyBadResponse, say("%s answers 200 for a version that does not exist", "%s 对不存在的版本返回 200", title(m.Candidate))).
			todo(say("put another module proxy before it: go takes its word for what exists", "请把其他模块代理放在它之前：go 会相信它所说的存在性")))
	}
	if m.first != nil {
		fs = append(fs, warn(classify.Of(m.first), say("%s answered the second time only (%s)", "%s 第二次才有应答（%s）", title(m.Candidate), reason(m.first))).
			proof(m.first.Error()).
			todo(say("none needed through goproxy-setup, which asks again; plain go does not", "经 goproxy-setup 无需处理，它会重试；单独的 go 不会")))
	}
	if m.ZipErr != nil {
		class := classify.Of(m.ZipErr)
		fs = append(fs, warn(class, say("%s serves go.mod files, but its zips do not come (%s)", "%s 能提供 go.mod，但 zip 无法取得（%s）", title(m.Candidate), reason(m.ZipErr))).
			proof(m.ZipErr.Error()).
			todo(say("zips may come by redirect from another host: let the firewall pass the one in the evidence (-v)", "zip 可能经重定向来自另一主机：请让防火墙放行证据（-v）中的主机")))
	}
	return fs
}
