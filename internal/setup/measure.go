package setup

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/module"

	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// measure finds the candidates and races them.
func (r *Run) measure(ctx context.Context) error {
	if err := r.findField(ctx); err != nil {
		return err
	}
	candidates := r.field.Candidates
	for i := range candidates {
		candidates[i].Private = r.client.Private(candidates[i].URL)
	}
	if len(candidates) == 0 {
		return nil
	}
	var urls []*url.URL
	for _, c := range candidates {
		urls = append(urls, c.URL)
	}
	askScript(ctx, r.forward, urls)
	r.progress("measuring %d module proxies", len(candidates))
	r.sample = r.pickSample()
	if r.sureOf(candidates) {
		if err := r.openLoopback(); err != nil {
			return err
		}
		lb := r.running
		r.early = sync.OnceFunc(func() { lb.FetchAhead(candidates[0].URL) })
	}
	return r.race(ctx)
}

// race measures the candidates, again and again while nothing can be done without one
// of them and none answers, for a reason that may pass: a short outage can hit the
// beginning of a job as well as any other time.
func (r *Run) race(ctx context.Context) error {
	until := time.Now().Add(r.Config.Duration("retry-for"))
	for told := false; ; told = true {
		r.measured = r.client.Race(ctx, r.field.Candidates, modproxy.RaceOptions{
			Sample: r.sample,
			Budget: r.Config.Duration("probe-timeout"),
			SumDB:  modproxy.ProxiedSumDB(r.settings.GOSUMDB),
			Brief:  r.Report.Command != "probe",
			Asked:  r.early,
		})
		r.Report.Probes = nil
		for _, m := range r.measured {
			r.Report.Probes = append(r.Report.Probes, probeOf(m))
		}
		_, err := modproxy.Choose(r.measured, r.policy())
		lost := errors.Is(err, modproxy.ErrNoneReachable) && mayPass(r.Report.Probes)
		if ctx.Err() != nil || !lost || r.Report.Command == "probe" || time.Now().Add(betweenRaces).After(until) {
			return ctx.Err()
		}
		if p := r.Report.Probes[0]; !told {
			fmt.Fprintf(r.Stderr, "goproxy-setup: %s\n", r.say("no module proxy is reachable yet (%s: %s), trying again for up to %v",
				"暂时没有可达的模块代理（%s：%s），最多继续尝试 %v", p.Name, p.Class, r.Config.Duration("retry-for")))
		}
		select {
		case <-time.After(betweenRaces):
		case <-ctx.Done():
		}
	}
}

const betweenRaces = time.Second

// mayPass reports whether a candidate failed for a reason that may pass.
func mayPass(probes []report.Probe) bool {
	return slices.ContainsFunc(probes, func(p report.Probe) bool { return !p.Reachable && p.Class.Info().Retry })
}

// findField decides who is measured: what the setting names, else the GOPROXY
// that somebody set, which is policy then, else the public ones.
func (r *Run) findField(ctx context.Context) error {
	toolchain, err := r.toolchainProxy(ctx)
	if err != nil {
		return err
	}
	if spec := r.Config.Text("proxies"); spec != "" {
		r.named = true
		r.field, err = modproxy.ParseField(spec, toolchain)
		return r.settingError("proxies", err)
	}
	layer := r.settings.Layers["GOPROXY"]
	if layer == gocmd.EnvFile && r.wroteGOPROXY(r.settings.GOPROXY) {
		layer = gocmd.BuiltIn
	}
	switch layer {
	case gocmd.Environment, gocmd.EnvFile:
		l, err := modproxy.ParseList(r.settings.GOPROXY)
		if err != nil {
			return r.goListError(string(layer), err)
		}
		r.fixed, r.named = l, true
		r.field = modproxy.Field{Candidates: l.Candidates(toolchain)}
	default:
		r.field = modproxy.DefaultField(toolchain)
	}
	return nil
}

// toolchainProxy is the candidate called default, nil when the toolchain has none.
func (r *Run) toolchainProxy(ctx context.Context) (*url.URL, error) {
	text, err := r.goCmd.DefaultProxy(ctx)
	var none *gocmd.NoDefaultError
	if errors.As(err, &none) {
		r.note(report.Say("%s", "%s", none))
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	e, err := modproxy.ParseEntry(text)
	if err != nil || !e.Remote() {
		return nil, err
	}
	return e.URL, nil
}

func (r *Run) settingError(name string, err error) error {
	var le *modproxy.ListError
	if !errors.As(err, &le) {
		return err
	}
	return r.Config.Error(name, le.Error(), le.Hint)
}

func (r *Run) goListError(layer string, err error) error {
	e := &Error{Class: report.ConfigInvalid, Reason: "GOPROXY (" + layer + "): " + err.Error(), Err: err}
	var le *modproxy.ListError
	if errors.As(err, &le) {
		e.Hint = le.Hint
	}
	return e
}

// pickSample picks a module that the job needs anyway, so that its bytes are not
// wasted. A module path is private until proven otherwise: public candidates that
// nobody named are asked only for paths that are public beyond doubt.
func (r *Run) pickSample() modproxy.Sample {
	needs, _, err := gocmd.NeedsOf(r.modules...)
	if err != nil {
		return modproxy.Pinned
	}
	sums := map[module.Version]string{}
	for _, m := range needs.Mods {
		sums[m.Version] = m.Sum
	}
	picked := modproxy.Pinned
	for _, z := range needs.Zips {
		if sums[z.Version] == "" || r.isPrivate(z.Path) {
			continue
		}
		s := modproxy.Sample{Module: z.Version, ModHash: sums[z.Version]}
		if surelyPublic(z.Path) {
			return s
		}
		if r.named && picked == modproxy.Pinned {
			picked = s
		}
	}
	return picked
}

// publicHomes are prefixes below which every module is public.
var publicHomes = []string{"golang.org/x/", "google.golang.org/", "k8s.io/", "go.uber.org/", "go.opentelemetry.io/"}

func surelyPublic(path string) bool {
	for _, home := range publicHomes {
		if strings.HasPrefix(path, home) {
			return true
		}
	}
	return false
}

func probeOf(m modproxy.Measurement) report.Probe {
	p := report.Probe{
		Name:      m.Name,
		URL:       modproxy.Redact(m.URL),
		Reachable: m.Reachable(),
		LatencyMS: ms(m.Latency),
		TotalMS:   ms(m.Total),
		Phases: report.Phases{
			DNSMS: ms(m.Phases.DNS), ConnectMS: ms(m.Phases.Connect), TLSMS: ms(m.Phases.TLS), FirstByteMS: ms(m.Phases.FirstByte),
		},
		ThroughputBPS: m.Throughput,
		Hops:          m.Hops,
		SumDB:         [...]string{modproxy.AnswerUnknown: "unknown", modproxy.Yes: "yes", modproxy.No: "no"}[m.SumDB],
		NotFound:      [...]string{modproxy.AnswerUnknown: "unknown", modproxy.Yes: "honest", modproxy.No: "wrong"}[m.NotFound],
	}
	if n := len(m.Hops); n > 0 && m.Hops[n-1] != m.URL.Host {
		p.ZipHost = m.Hops[n-1]
	}
	if m.Err != nil {
		p.Class = classify.Of(m.Err)
		p.Evidence = classify.Redact(cause(m.Err))
	}
	if m.ZipErr != nil {
		p.Evidence = "zip: " + classify.Redact(cause(m.ZipErr))
	}
	return p
}

// cause drops the method and the URL, which the report shows beside it.
func cause(err error) string {
	var u *url.Error
	var status *modproxy.StatusError
	switch {
	case errors.As(err, &status):
		return status.Status()
	case errors.As(err, &u):
		return u.Err.Error()
	}
	return err.Error()
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
