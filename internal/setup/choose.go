package setup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/forward"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// choose turns measurements and policy into a selection.
func (r *Run) choose(ctx context.Context) error {
	p := r.policy()
	if r.noneCarriesSumDB() {
		p.SumDB, p.AliasDB = r.client.ProbeSumDB(ctx, r.Config.Duration("probe-timeout"))
	}
	choice, err := modproxy.Choose(r.measured, p)
	if errors.Is(err, modproxy.ErrNoneReachable) {
		return r.noneReachable(err)
	}
	if err != nil {
		return err
	}
	if r.sumsComplete() {
		choice.Note = report.Text{} // nobody will ask the database
	}
	r.choice = choice
	r.Report.Selection = &report.Selection{
		GOPROXY: choice.List.Redacted(), GOSUMDB: r.effectiveSumDB(), GOPRIVATE: r.private, Why: choice.Why.In(r.Lang()),
	}
	if choice.Note.EN != "" {
		r.note(choice.Note)
	}
	if choice.Winner != nil {
		r.Report.Selection.Selected = modproxy.Redact(choice.Winner.URL)
		for i := range r.Report.Probes {
			r.Report.Probes[i].Selected = r.Report.Probes[i].URL == modproxy.Redact(choice.Winner.URL)
		}
	}
	return nil
}

func (r *Run) policy() modproxy.Policy {
	return modproxy.Policy{
		Fixed: r.fixed, FixedSource: string(r.settings.Layers["GOPROXY"]),
		Local: r.field.Local, Tail: r.field.Tail,
		GOSUMDB:  r.gosumdb(),
		Unproven: r.named && r.sample == modproxy.Pinned,
	}
}

// sumsComplete reports whether go.sum knows all that the job needs, so that the
// checksum database is not asked.
func (r *Run) sumsComplete() bool {
	needs, _, err := gocmd.NeedsOf(r.modules...)
	unknown := func(i gocmd.Item) bool { return i.Sum == "" }
	return err == nil && len(needs.Zips) > 0 && !slices.ContainsFunc(needs.Zips, unknown) && !slices.ContainsFunc(needs.Mods, unknown)
}

// noneCarriesSumDB reports whether the database itself has to be asked.
func (r *Run) noneCarriesSumDB() bool {
	return r.gosumdb() == modproxy.SumGolang && slices.ContainsFunc(r.measured, modproxy.Measurement.Reachable) &&
		!slices.ContainsFunc(r.measured, func(m modproxy.Measurement) bool { return m.Reachable() && m.SumDB != modproxy.No })
}

// gosumdb is the user's word on the checksum database, by setting or by go env.
func (r *Run) gosumdb() string {
	if s := r.Config.Text("sumdb"); s != "" {
		return s
	}
	return r.settings.GOSUMDB
}

// effectiveSumDB is what later steps will have.
func (r *Run) effectiveSumDB() string {
	if r.choice.GOSUMDB != "" {
		return r.choice.GOSUMDB
	}
	return r.gosumdb()
}

// noneReachable names the one cause when all candidates share it.
func (r *Run) noneReachable(err error) error {
	r.noteLayers()
	class := r.Report.Probes[0].Class
	var names []string
	for _, p := range r.Report.Probes {
		names = append(names, fmt.Sprintf("%s: %s", p.Name, p.Class))
		if p.Class != class {
			class = report.Unknown
		}
		r.Report.Add(report.Failure{
			Class: p.Class, Host: hostOf(p.URL), Retry: p.Class.Info().Retry,
			Evidence: []string{p.Evidence}, Advice: p.Class.Info().Advice,
		})
	}
	r.noteInspection()
	return &Error{Class: class, Err: err, Reason: r.say("%v (%s); nothing was exported", "没有可达的模块代理（%[2]s）；没有导出任何内容", err, strings.Join(names, ", "))}
}

// noteInspection tells when one unknown authority signs for several hosts: that is
// not one server's mistake but something in between that opens TLS.
func (r *Run) noteInspection() {
	hosts := map[string][]string{}
	for _, m := range r.measured {
		var c *modproxy.CertificateError
		if errors.As(m.Err, &c) && c.Unknown() && !slices.Contains(hosts[c.Root], c.Host) {
			hosts[c.Root] = append(hosts[c.Root], c.Host)
		}
	}
	for _, root := range slices.Sorted(maps.Keys(hosts)) {
		if list := hosts[root]; len(list) > 1 {
			r.note(report.Say("TLS is opened on its way: the authority %q, which this machine does not trust, signs for %s; if it is your company's, give its certificate by ca-file",
				"TLS 在途中被解密：不受本机信任的证书机构 %q 为 %s 签发证书；若它属于贵公司，请用 ca-file 提供其证书", root, strings.Join(list, ", ")))
		}
	}
}

// variables are what later steps need, in the order of the report: only what
// differs from what they have anyway.
func (r *Run) variables() []ci.Var {
	vars := r.caches()
	switch {
	case r.jobGOPROXY != "":
		vars = append(vars, ci.Var{Name: "GOPROXY", Value: r.jobGOPROXY})
	case r.fixed == nil:
		vars = append(vars, ci.Var{Name: "GOPROXY", Value: r.choice.List.String()})
	}
	if s := r.effectiveSumDB(); s != r.settings.GOSUMDB {
		vars = append(vars, ci.Var{Name: "GOSUMDB", Value: s})
	}
	vars = append(vars, r.aroundVars()...)
	own := r.Config.Text("private")
	if own == "" {
		return vars
	}
	vars = append(vars, ci.Var{Name: "GOPRIVATE", Value: r.private})
	// Set by themselves, these two replace GOPRIVATE for their decision.
	for name, value := range map[string]string{"GONOPROXY": r.settings.GONOPROXY, "GONOSUMDB": r.settings.GONOSUMDB} {
		if r.settings.Layers[name] != gocmd.BuiltIn && value != r.settings.GOPRIVATE {
			vars = append(vars, ci.Var{Name: name, Value: joinGlobs(value, own)})
		}
	}
	slices.SortStableFunc(vars, func(a, b ci.Var) int { return strings.Compare(a.Name, b.Name) })
	return vars
}

// joinGlobs merges two lists of patterns, each once, in order.
func joinGlobs(a, b string) string {
	var out []string
	for _, g := range strings.Split(a+","+b, ",") {
		if g != "" && !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return strings.Join(out, ",")
}

// export hands the variables to later steps, all or none.
func (r *Run) export(e ci.Exporter) error {
	vars := r.variables()
	if r.System.Family == ci.FamilyShell && r.Getenv("CI") == "" {
		return r.exportByHand(vars)
	}
	for _, s := range slices.Concat(r.choice.List.Secrets(), loopbackSecret(r.jobGOPROXY), r.around.Secrets()) {
		if err := r.System.Mask(r.Stdout, s); err != nil {
			return err
		}
	}
	done, err := e.Export(vars)
	if err != nil {
		stopOld(r.jobDir())
		return err
	}
	for i, d := range done {
		value := vars[i].Value
		switch {
		case d.Name == "GOPROXY" && r.jobGOPROXY != "":
			value = "(loopback of this job)|" + r.choice.List.Redacted()
		case d.Name == "GOPROXY":
			value = r.choice.List.Redacted()
		case d.Name == "HTTPS_PROXY":
			value = forward.Name(r.around.HTTPS)
		case d.Name == "HTTP_PROXY":
			value = forward.Name(r.around.HTTP)
		}
		r.Report.Exports = append(r.Report.Exports, report.Export{Name: d.Name, Value: value, To: d.To})
	}
	if r.fixed != nil && r.jobGOPROXY == "" {
		r.note(report.Say("GOPROXY is not exported: it was set already (%s)", "GOPROXY 没有导出：它已经设置（%s）", r.settings.Layers["GOPROXY"]))
	}
	return nil
}

// loopbackSecret is the path that keeps other users of the machine out.
func loopbackSecret(goproxy string) []string {
	first, _, _ := strings.Cut(goproxy, "|")
	u, err := url.Parse(first)
	if err != nil || u.Path == "" {
		return nil
	}
	secret, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return []string{secret}
}

// exportByHand is for a shell of a person: no program can change its shell, and
// files in the working folder would only be in the way.
func (r *Run) exportByHand(vars []ci.Var) error {
	if err := ci.CheckAll(vars); err != nil {
		return err
	}
	if shell, ok := ci.ShellNamed(ci.ShellHere(r.Getenv, r.OS)); ok && len(vars) > 0 {
		r.note(report.Say("no CI system was recognised, so nothing was written for later steps; load the variables with: %s",
			"没有识别出 CI 系统，因此没有为后续步骤写入任何内容；可这样加载变量：%s", shell.Load))
	}
	return nil
}

// Variables measures and chooses, and returns the variables for a shell.
func (r *Run) Variables(ctx context.Context) (vars []ci.Var, err error) {
	err = r.finish(ctx, func(ctx context.Context) error {
		if err := r.steps(ctx, r.detect, r.measure, r.choose, r.goAround); err != nil {
			return err
		}
		vars = r.variables()
		return nil
	})
	return vars, err
}
