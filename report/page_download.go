package report

import (
	"cmp"
	"strings"
)

func (p page) download(r *Report) markup {
	if r.Download == nil && len(r.Attempts) == 0 {
		return ""
	}
	return p.section("heading download", p.figures(r.Download), p.waterfall(newWaterfall(r.Attempts)))
}

// figures are the numbers of the download, those that always mean something and
// those that are not 0.
func (p page) figures(d *Download) markup {
	if d == nil {
		return ""
	}
	return el(`dl class="figures"`,
		figure("", itoa(d.Modules), p.say("figure modules")),
		figure("", itoa(d.Fetched), p.say("figure files")),
		figure("", size(d.Bytes), p.say("figure bytes")),
		figure("", millis(float64(d.DurationMS)), p.say("figure time")),
		figure("", d.rate(), p.say("figure rate")),
		figure("", positive(d.Attempts), p.say("figure requests")),
		figure("", positive(d.Retries), p.say("figure retries")),
		figure("", positive(d.Failovers), p.say("figure failovers")),
		figure("", positive(d.Resumes), p.say("figure resumes")),
		figure("", positive(d.Hedges), p.say("figure hedges")),
		figure("", positive(d.Unused), p.say("figure unused")),
		figure("bad", positive(d.Integrity), p.say("figure integrity")),
		figure("good", positive(d.Saved), p.say("figure saved")))
}

func figure(kind, value, label string) markup {
	if value == "" {
		return ""
	}
	return el("div"+attr("class", kind), el("dt", esc(label)), el("dd", esc(value)))
}

func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return itoa(n)
}

// rate is the mean over the whole download, "" if it took no time.
func (d *Download) rate() string {
	if d.DurationMS <= 0 {
		return ""
	}
	return rate(int64(float64(d.Bytes) / float64(d.DurationMS) * 1000))
}

func (p page) waterfall(w *waterfall) markup {
	if w == nil {
		return ""
	}
	return el(`ul class="legend"`,
		entry("info", ".info"), entry("mod", ".mod"), entry("zip", ".zip"), entry("other", p.say("bar other")),
		entry("ahead", p.say("bar ahead")), entry("hedge", p.say("bar hedge")), entry("resume", p.say("bar resume")),
		entry("bad", p.say("bar bad"))) +
		p.load(w) +
		el(`ol class="chart waterfall"`, each(w.Rows, func(l moduleLine) markup { return p.module(l, w.Ticks) })) +
		axis(`div class="axis waterfall"`, w.Ticks) +
		p.restOf(w)
}

// load is what came in over time, for a download with more modules than rows.
func (p page) load(w *waterfall) markup {
	if w.Load == nil {
		return ""
	}
	label := p.say("load", w.Modules, rate(w.Load.rate()))
	shape := func(b bar) markup { return leaf(b.rect()) }
	return el(`p class="facts"`, esc(label)) +
		drawing(`svg class="load"`, "112", label, w.Ticks, each(w.Load.Bars, shape), each(w.Load.Bad, shape)) +
		axis(`div class="axis full"`, w.Ticks) +
		el(`p class="facts"`, esc(p.say("waterfall some", len(w.Rows))))
}

// rate is the peak in bytes a second.
func (l *load) rate() int64 { return int64(min(l.Peak, 1<<62)) }

// module is a bar for the attempts of a module, over a table of them.
func (p page) module(l moduleLine, scale []tick) markup {
	open := markup("li")
	if l.Trouble.Failed > 0 {
		open = `li class="lost"`
	}
	return el(open, el("details",
		el("summary",
			el(`div class="name"`, what(l.Module+" "+l.Version, esc(l.Module+" "), el("i", esc(l.Version)))),
			el(`div class="track"`, drawing("svg", "14", millis(l.Took), scale, each(l.Bars, titled))),
			el(`div class="pills"`, p.pills(l.Trouble)),
			el(`div class="numbers"`, el("span", el("b", esc(millis(l.Took)))), " ", el("span", esc(size(l.Bytes))))),
		scroll(p.attempts(l.Attempts))))
}

func (p page) pills(t trouble) markup {
	lost := markup("")
	if t.Failed > 0 {
		lost = el(`span class="pill bad"`, esc(p.say("bar bad"))) + " "
	}
	return lost + p.pill("retries", t.Retries) + p.pill("failovers", t.Failovers) +
		p.pill("resumes", t.Resumes) + p.pill("pill hedges", t.Hedges)
}

func (b bar) rect() markup {
	return rect(strings.TrimSpace(b.Kind+" "+b.Mark), b.fill(), b.X, b.Y, b.W, b.H)
}

// titled is a bar that says more when pointed at.
func titled(b bar) markup { return el(b.rect(), el("title", esc(b.tip()))) }

func (b bar) tip() string {
	a := b.Attempt
	return dots(line(a.Path, 200), hostOf(a.Upstream), a.end(), millis(a.DurationMS), size(a.Bytes), line(a.Error, 200))
}

// maxListed bounds the attempts that are listed for one module.
const maxListed = 30

func (p page) attempts(all []Attempt) markup {
	listed := all[:min(len(all), maxListed)]
	return p.table(
		p.heads("heading file", "heading upstream", "heading start", "heading time", "heading bytes", "heading result"),
		each(listed, p.attempt)) + p.more(len(all)-len(listed))
}

func (p page) attempt(a Attempt) markup {
	open := markup("tr")
	if a.Class != "" {
		open = `tr class="bad"`
	}
	return el(open,
		el("td", mono(a.file())),
		el("td", esc(hostOf(a.Upstream))),
		amount(millis(a.StartMS)),
		amount(millis(a.DurationMS)),
		amount(size(a.Bytes)),
		el("td", esc(p.result(a))))
}

// file is what was asked for, without the module where that is known.
func (a Attempt) file() string {
	_, version, kind := splitFile(a.Path)
	if kind == "other" {
		return line(a.Path, 200)
	}
	return version + "." + kind
}

// result is how an attempt ended, in words.
func (p page) result(a Attempt) string {
	s := a.end()
	if a.Status != 0 && a.Class != "" {
		s += " " + a.Class.slug()
	}
	if a.Error != "" {
		s += ": " + line(a.Error, 200)
	}
	if mark := p.mark(a); mark != "" {
		s += " (" + mark + ")"
	}
	return s
}

// mark says in a word what was special about an attempt.
func (p page) mark(a Attempt) string {
	switch {
	case a.Hedge:
		return p.say("bar hedge")
	case a.Resume:
		return p.say("bar resume")
	case a.Ahead:
		return p.say("bar ahead")
	}
	return ""
}

// restOf lists the modules without a bar.
func (p page) restOf(w *waterfall) markup {
	if len(w.Rest) == 0 {
		return ""
	}
	return el("details",
		el("summary", esc(p.count("waterfall rest", len(w.Rest)))),
		scroll(p.table(
			p.heads("heading module", "heading upstream", "heading start", "heading time", "heading bytes"),
			each(w.Rest, restRow))),
		p.more(w.More))
}

func restRow(l moduleLine) markup {
	return el("tr",
		el("td", mono(l.Module+" "+l.Version)),
		el("td", esc(l.place())),
		amount(millis(l.Start)),
		amount(millis(l.Took)),
		amount(size(l.Bytes)))
}

// place is the host that served the last attempt of a module.
func (l moduleLine) place() string {
	return hostOf(cmp.Or(l.Attempts[len(l.Attempts)-1].Upstream, "-"))
}
