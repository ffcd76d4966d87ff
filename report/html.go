package report

import (
	"cmp"
	_ "embed"
	"html/template"
	"io"
	"strings"
)

var (
	//go:embed page.html.tmpl
	pageTemplate string
	//go:embed page.css
	pageStyle string
)

// How much of a long list the page shows.
const (
	htmlFailures = 12 // in full, one a class
	htmlRows     = 300
)

// WriteHTML writes the report as one page that needs nothing else: no script, no
// font, no image, no network. Its drawings are inline SVG with plain attributes,
// so that they are still there where a policy such as Jenkins' strips styles.
func WriteHTML(w io.Writer, r *Report, o Options) error {
	v := newVoice(o.Lang)
	t, err := template.New("page").Funcs(template.FuncMap{
		"say": v.say, "count": v.count, "comma": v.comma, "join": strings.Join,
		"ms": millis, "size": size, "rate": rate, "host": hostOf, "listed": v.listed,
		"line": func(s string) string { return line(s, 500) },
	}).Parse(pageTemplate)
	if err != nil {
		return err
	}
	return t.Execute(w, v.page(r))
}

// A page is what page.html.tmpl shows.
type page struct {
	Lang, Title, Outcome, Word    string
	Lead, Got                     string
	Machine, Took, When           string
	Version, Command              string
	Style                         template.CSS
	Network                       string
	Candidates                    []candidate
	Scale                         []tick
	Selection                     *Selection
	Exports                       []Export
	Figures                       []figure
	Waterfall                     *waterfall
	Failures                      []failurePart
	MoreFailures                  []failurePart
	Notes                         []string
	Settings                      []Setting
	Variables                     []Setting
	Modules                       []Module
	ExportsCut, SettingsCut, Left int
}

// A candidate is a row of the ranking.
type candidate struct {
	Probe
	Rank    int // 0 for one that is not reachable
	Label   string
	Bars    []segment
	Verdict string
	Remarks []string
	Answer  string // of its checksum database
}

// A segment is a phase of a probe, in units of waterfallWidth.
type segment struct {
	X, W float64
	Kind string // dns, connect, tls, first, sample
	MS   float64
}

// Fill is the colour of a segment.
func (s segment) Fill() string { return fills[s.Kind] }

// A figure is a number of the download.
type figure struct {
	Value, Label string
	Kind         string // "good", "bad" or ""
}

// A failurePart is a failure as the page shows it.
type failurePart struct {
	Class, Host, Subject, Meaning, Advice string
	Evidence, Fix                         string
	Times, Tries                          int
	Tried                                 []string
	TriedMS                               float64
}

func (v voice) page(r *Report) *page {
	p := &page{
		Lang:    map[voice]string{"en": "en", "zh": "zh-CN"}[v],
		Title:   "goproxy-setup",
		Outcome: outcomeKind(r.Outcome),
		Got:     v.sentence(strings.Join(achievements(r, v), v.say("semicolon"))),
		Machine: v.machine(r),
		Took:    millis(float64(r.DurationMS)),
		Version: line(r.Tool.Version, 40),
		Command: line(r.Command, 40),
		Style:   template.CSS(pageStyle),
		Exports: r.Exports[:min(len(r.Exports), htmlRows)],
		Notes:   r.Notes[:min(len(r.Notes), htmlRows)],
		Modules: r.Modules[:min(len(r.Modules), htmlRows)],
	}
	p.Word = v.say("outcome " + p.Outcome)
	switch p.Outcome {
	case string(Failed):
		p.Lead = v.sentence(reason(r, v))
	case string(Degraded):
		p.Lead = v.sentence(cmp.Or(line(r.Why, 300), v.say("degraded plain")))
	default:
		p.Lead, p.Got = cmp.Or(p.Got, v.sentence(v.say("summary nothing"))), ""
	}
	if !r.Started.IsZero() {
		p.When = r.Started.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	if f := r.ForwardProxy; f != nil {
		p.Network = v.comma(line(f.Proxy, 200), line(f.PAC, 200)) + " (" + line(f.Source, 80) + ")"
	}
	p.Selection = r.Selection
	p.Settings = r.Settings[:min(len(r.Settings), htmlRows)]
	p.Variables = variables(r.Go)
	p.Candidates, p.Scale = v.candidates(r.Probes)
	p.Figures = v.figures(r.Download)
	p.Waterfall = newWaterfall(r.Attempts)
	full, rest := leading(r.Failures, htmlFailures)
	for _, f := range full {
		p.Failures = append(p.Failures, v.failurePart(r, f))
	}
	for _, f := range rest[:min(len(rest), htmlRows)] {
		p.MoreFailures = append(p.MoreFailures, v.failurePart(r, f))
	}
	p.Left = len(rest) - len(p.MoreFailures)
	p.ExportsCut, p.SettingsCut = len(r.Exports)-len(p.Exports), len(r.Settings)-len(p.Settings)
	return p
}

// outcomeKind is the outcome as the page's style and the catalogue name it; what
// a saved report has instead of one counts as failed.
func outcomeKind(o Outcome) string {
	switch o {
	case OK, Degraded:
		return string(o)
	}
	return string(Failed)
}

// variables are the settings of the go command and the layer each came from.
func variables(g Go) []Setting {
	var out []Setting
	for _, s := range []Setting{
		{Name: "GOPROXY", Value: g.GOPROXY}, {Name: "GOSUMDB", Value: g.GOSUMDB}, {Name: "GOPRIVATE", Value: g.GOPRIVATE},
		{Name: "GONOPROXY", Value: g.GONOPROXY}, {Name: "GONOSUMDB", Value: g.GONOSUMDB}, {Name: "GOFLAGS", Value: g.GOFLAGS},
		{Name: "GOTOOLCHAIN", Value: g.GOTOOLCHAIN}, {Name: "GOMODCACHE", Value: g.GOMODCACHE},
	} {
		if s.Value != "" {
			s.Source = g.Layers[s.Name]
			out = append(out, s)
		}
	}
	return out
}

func (v voice) candidates(probes []Probe) ([]candidate, []tick) {
	probes = ranked(probes)
	probes = probes[:min(len(probes), htmlRows)]
	longest := 1.0
	for _, p := range probes {
		longest = max(longest, spent(p))
	}
	var out []candidate
	for i, p := range probes {
		c := candidate{Probe: p, Label: p.label(), Bars: segments(p, longest), Remarks: v.remarks(p), Answer: v.yes(p.SumDB)}
		if p.Reachable {
			c.Rank = i + 1
		} else {
			c.Verdict = v.verdict(p)
		}
		out = append(out, c)
	}
	return out, ticks(longest)
}

// spent is how long a probe took as far as its phases tell.
func spent(p Probe) float64 {
	f := p.Phases
	return max(moment(f.DNSMS)+moment(f.ConnectMS)+moment(f.TLSMS)+moment(f.FirstByteMS), moment(p.TotalMS), moment(p.LatencyMS))
}

// segments are the phases of a probe one after the other; what is left of its
// total time is the sample.
func segments(p Probe, longest float64) []segment {
	f := p.Phases
	parts := []segment{
		{Kind: "dns", MS: moment(f.DNSMS)}, {Kind: "connect", MS: moment(f.ConnectMS)},
		{Kind: "tls", MS: moment(f.TLSMS)}, {Kind: "first", MS: moment(f.FirstByteMS)},
	}
	sum := 0.0
	for _, s := range parts {
		sum += s.MS
	}
	parts = append(parts, segment{Kind: "sample", MS: max(spent(p)-sum, 0)})
	var out []segment
	at := 0.0
	for _, s := range parts {
		if s.MS <= 0 {
			continue
		}
		s.X, s.W = round1(at/longest*waterfallWidth), round1(s.MS/longest*waterfallWidth)
		at += s.MS
		out = append(out, s)
	}
	return out
}

func (v voice) figures(d *Download) []figure {
	if d == nil {
		return nil
	}
	out := []figure{
		{itoa(d.Modules), v.say("figure modules"), ""},
		{itoa(d.Fetched), v.say("figure files"), ""},
		{size(d.Bytes), v.say("figure bytes"), ""},
		{millis(float64(d.DurationMS)), v.say("figure time"), ""},
	}
	if d.DurationMS > 0 && d.Bytes > 0 {
		out = append(out, figure{rate(int64(float64(d.Bytes) / float64(d.DurationMS) * 1000)), v.say("figure rate"), ""})
	}
	for _, f := range []struct {
		n           int
		label, kind string
	}{
		{d.Attempts, v.say("figure requests"), ""}, {d.Retries, v.say("figure retries"), ""}, {d.Failovers, v.say("figure failovers"), ""},
		{d.Resumes, v.say("figure resumes"), ""}, {d.Hedges, v.say("figure hedges"), ""},
		{d.Unused, v.say("figure unused"), ""}, {d.Integrity, v.say("figure integrity"), "bad"}, {d.Saved, v.say("figure saved"), "good"},
	} {
		if f.n > 0 {
			out = append(out, figure{itoa(f.n), f.label, f.kind})
		}
	}
	return out
}

func (v voice) failurePart(r *Report, f Failure) failurePart {
	part := failurePart{
		Class: f.Class.slug(), Host: line(f.Host, 200), Subject: f.subject(), Meaning: v.meaning(f.Class),
		Advice:   line(f.Advice.In(string(v)), 1000),
		Evidence: strings.Join(lines(strings.Join(f.Evidence, "\n"), 30, 1000), "\n"),
		Fix:      strings.Join(lines(f.Fix, 60, 500), "\n"),
		Times:    f.times(),
	}
	part.Tried, part.Tries, part.TriedMS = r.tried(f)
	part.Tried = part.Tried[:min(len(part.Tried), 20)]
	return part
}

// Rate is the peak in bytes a second.
func (l load) Rate() int64 { return int64(min(l.Peak, 1<<62)) }

// Tip is what a bar says when pointed at.
func (b bar) Tip() string {
	a := b.Attempt
	parts := []string{line(a.Path, 200), hostOf(a.Upstream), a.end(), millis(a.DurationMS), size(a.Bytes)}
	if a.Error != "" {
		parts = append(parts, line(a.Error, 200))
	}
	return strings.Join(parts, " · ")
}

// Place is the host that served the last attempt of a module.
func (l moduleLine) Place() string {
	return hostOf(cmp.Or(l.Attempts[len(l.Attempts)-1].Upstream, "-"))
}

// An attemptRow is an attempt in the table below a module's bar.
type attemptRow struct {
	Attempt
	File, Result string
}

// maxListed bounds the attempts that are listed for one module.
const maxListed = 30

// listed are the attempts of a module with their ends in words.
func (v voice) listed(l moduleLine) []attemptRow {
	var out []attemptRow
	for _, a := range l.Attempts[:min(len(l.Attempts), maxListed)] {
		_, version, kind := splitFile(a.Path)
		row := attemptRow{Attempt: a, File: version + "." + kind, Result: a.end()}
		if kind == "other" {
			row.File = line(a.Path, 200)
		}
		if a.Status != 0 && a.Class != "" {
			row.Result += " " + a.Class.slug()
		}
		if a.Error != "" {
			row.Result += ": " + line(a.Error, 200)
		}
		if mark := v.mark(a); mark != "" {
			row.Result += " (" + mark + ")"
		}
		out = append(out, row)
	}
	return out
}

// mark says in a word what was special about an attempt.
func (v voice) mark(a Attempt) string {
	switch {
	case a.Hedge:
		return v.say("bar hedge")
	case a.Resume:
		return v.say("bar resume")
	case a.Ahead:
		return v.say("bar ahead")
	}
	return ""
}

// Unlisted is how many attempts listed left out.
func (l moduleLine) Unlisted() int { return max(len(l.Attempts)-maxListed, 0) }
