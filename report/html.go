package report

import (
	"cmp"
	_ "embed"
	"io"
	"strings"
)

//go:embed page.css
var pageStyle markup

// How much of a long list the page shows.
const (
	htmlFailures = 12 // in full, one a class
	htmlRows     = 300
)

// WriteHTML writes the report as one page that needs nothing else: no script, no
// font, no image, no network. Its drawings are inline SVG with plain attributes,
// so that they are still there where a policy such as Jenkins' strips styles.
//
// It does without html/template, which calls methods by name: that makes the
// linker keep every exported method of the program, 2 MB of them.
func WriteHTML(w io.Writer, r *Report, o Options) error {
	_, err := io.WriteString(w, string(page{newVoice(o.Lang)}.document(r)))
	return err
}

// A page makes the parts of the HTML page, each "" when there is nothing to show.
type page struct{ voice }

func (p page) document(r *Report) markup {
	return "<!doctype html>\n" + el("html"+attr("lang", p.language()),
		el("head", `
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
`,
			el("title", esc(p.outcome(r)+" · goproxy-setup")), "\n",
			el("style", pageStyle), "\n"),
		el("body", el("main",
			p.header(r),
			p.failures(r),
			p.candidates(r),
			p.selection(r),
			p.download(r),
			p.notes(r),
			p.settings(r))))
}

func (p page) language() string {
	if p.voice == "zh" {
		return "zh-CN"
	}
	return "en"
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

func (p page) outcome(r *Report) string { return p.say("outcome " + outcomeKind(r.Outcome)) }

func (p page) header(r *Report) markup {
	lead, got := p.lead(r)
	return el("header"+attr("class", outcomeKind(r.Outcome)),
		el(`p class="tool"`, esc("goproxy-setup "+line(r.Tool.Version, 40)+" "), el("span", esc(line(r.Command, 40)))),
		el("h1", el(`span class="badge"`, esc(p.outcome(r))), " ", esc(lead)),
		opt("p", esc(got)),
		el(`p class="facts"`, esc(dots(p.machine(r), millis(float64(r.DurationMS)), started(r)))),
		p.network(r.ForwardProxy))
}

// lead says how the run ended, and then what it got done if that is not the same.
func (p page) lead(r *Report) (lead, got string) {
	got = p.sentence(strings.Join(achievements(r, p.voice), p.say("semicolon")))
	switch r.Outcome {
	case OK:
		return cmp.Or(got, p.sentence(p.say("summary nothing"))), ""
	case Degraded:
		return p.sentence(cmp.Or(line(r.Why, 300), p.say("degraded plain"))), got
	}
	return p.sentence(reason(r, p.voice)), got
}

func started(r *Report) string {
	if r.Started.IsZero() {
		return ""
	}
	return r.Started.UTC().Format("2006-01-02 15:04:05 UTC")
}

func (p page) network(f *ForwardProxy) markup {
	if f == nil {
		return ""
	}
	proxy := p.comma(line(f.Proxy, 200), line(f.PAC, 200)) + " (" + line(f.Source, 80) + ")"
	return el(`p class="facts"`, esc(p.say("label network")+": "), mono(proxy))
}
