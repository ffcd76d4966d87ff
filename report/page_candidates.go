package report

import "strings"

// candidates shows the ranking, each with the phases of its probe as a bar.
func (p page) candidates(r *Report) markup {
	probes, _ := shown(ranked(r.Probes))
	if len(probes) == 0 {
		return ""
	}
	longest := 1.0
	for _, c := range probes {
		longest = max(longest, spent(c))
	}
	scale := ticks(longest)
	rows := make([]markup, len(probes))
	for i, c := range probes {
		rows[i] = p.candidate(c, i+1, longest, scale)
	}
	return p.section("heading candidates",
		el(`ul class="legend"`,
			entry("dns", "DNS"), entry("connect", p.say("phase connect")), entry("tls", "TLS"),
			entry("first", p.say("phase first")), entry("sample", p.say("phase sample"))),
		el(`ol class="chart probes"`, rows...),
		axis(`div class="axis"`, scale))
}

func (p page) candidate(c Probe, rank int, longest float64, scale []tick) markup {
	kind, place, pill := "", "–", markup("")
	track := el(`p class="verdict"`, esc(p.verdict(c)))
	var numbers markup
	switch {
	case c.Selected:
		kind = "selected"
		pill = el(`span class="pill good"`, esc(p.say("probe selected")))
	case !c.Reachable:
		kind = "down"
	}
	if c.Reachable {
		place = itoa(rank)
		track = drawing("svg", "14", millis(c.TotalMS), scale, each(segments(c, longest), segment.rect))
		numbers = el("span", el("b", esc(millis(c.TotalMS)))) + " " + el("span", esc(rate(c.ThroughputBPS))) + " " +
			el("span", esc(p.say("probe sumdb", p.yes(c.SumDB))))
	}
	return el("li"+attr("class", kind),
		el(`div class="name"`, el(`span class="rank"`, esc(place)), " ", what(c.label(), esc(c.label())), " ", pill),
		el(`div class="track"`, track),
		el(`div class="numbers"`, numbers),
		opt(`div class="remarks"`, esc(strings.Join(p.remarks(c), " · "))))
}

// spent is how long a probe took as far as its phases tell.
func spent(p Probe) float64 {
	f := p.Phases
	return max(moment(f.DNSMS)+moment(f.ConnectMS)+moment(f.TLSMS)+moment(f.FirstByteMS), moment(p.TotalMS), moment(p.LatencyMS))
}

// A segment is a phase of a probe, in units of waterfallWidth.
type segment struct {
	X, W float64
	Kind string // dns, connect, tls, first, sample
	MS   float64
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

func (s segment) rect() markup {
	return el(rect(s.Kind, fills[s.Kind], s.X, 1, s.W, 12), el("title", esc(millis(s.MS))))
}
