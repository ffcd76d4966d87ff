package report

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"strings"
)

// How much of a long report the text shows; the JSON form has all of it.
const (
	textProbes   = 20
	textFailures = 5  // in full, one a class
	textMore     = 20 // on one line each
	textEvidence = 8  // lines a failure
)

// Widths of columns: the longest label and two blanks, the rank of a candidate.
const (
	textLabel = 10
	probeRank = 5
)

// WriteText writes the report for people who read a terminal or the log of a
// job: what was found, chosen and done from top to bottom, failures last.
func WriteText(w io.Writer, r *Report, o Options) error {
	t := &text{voice: newVoice(o.Lang), width: o.Width, color: o.Color}
	if t.width <= 0 {
		t.width = 100
	}
	t.width = max(t.width, 72)
	t.title(r)
	t.candidates(r)
	t.selection(r)
	t.exports(r)
	t.download(r)
	t.notes(r)
	t.failures(r)
	t.end(r)
	_, err := w.Write(t.Bytes())
	return err
}

type text struct {
	bytes.Buffer
	voice
	width int
	color bool
}

// A style is the parameter of an ANSI colour sequence.
type style string

const (
	plain style = ""
	bold  style = "1"
	dim   style = "2"
	red   style = "1;31"
	green style = "32"
	amber style = "33"
)

func (t *text) paint(s style, text string) string {
	if !t.color || s == plain || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// room is how many columns there are beside the label.
func (t *text) room() int { return t.width - textLabel }

// row writes lines beside a label.
func (t *text) row(label string, s style, lines ...string) {
	for i, l := range lines {
		head := strings.Repeat(" ", textLabel)
		if i == 0 {
			head = padRight(t.say(label), textLabel)
		}
		l = inert(head + l)
		if head = strings.TrimRight(head, " "); head != "" {
			l = t.paint(dim, head) + t.paint(s, l[len(head):])
		} else {
			l = t.paint(s, l)
		}
		t.WriteString(strings.TrimRight(l, " ") + "\n")
	}
}

// prose writes a sentence beside a label, over as many lines as it needs.
func (t *text) prose(label string, s style, sentence string) {
	if sentence != "" {
		t.row(label, s, wrap(sentence, t.room())...)
	}
}

// hang writes items after head, on further lines below the first.
func (t *text) hang(label string, s style, head string, items []string) {
	rows := layout(items, max(t.room()-columns(head), 24))
	for i := range rows {
		rows[i] = head + rows[i]
		head = strings.Repeat(" ", columns(head))
	}
	t.row(label, s, rows...)
}

// layout puts items on lines of n columns, two blanks between them; an item is
// broken only if it is longer than a line.
func layout(items []string, n int) []string {
	var all []string
	used := ""
	for _, item := range items {
		switch {
		case used == "":
			used = item
		case columns(used)+2+columns(item) <= n:
			used += "  " + item
		default:
			all = append(all, wrap(used, n)...)
			used = item
		}
	}
	return append(all, wrap(used, n)...)
}

func (t *text) title(r *Report) {
	head := line("goproxy-setup "+line(r.Tool.Version, 40)+" "+line(r.Command, 40), 90)
	machine := t.machine(r)
	if machine != "" {
		machine = t.say("colon") + machine
	}
	t.WriteString(t.paint(bold, head) + fit(machine, max(t.width-columns(head), 20)) + "\n")
}

// machine says where and with which go the job runs, as far as it is known.
func (v voice) machine(r *Report) string {
	place := line(r.Runner.OS, 20) + "/" + line(r.Runner.Arch, 20)
	version := line(r.Go.Version, 60)
	switch {
	case place == "/":
		place = version
	case version != "":
		place = v.say("runner go", version, place)
	}
	ci := strings.TrimSpace(line(r.Runner.CI, 40) + " " + line(r.Runner.CIVersion, 40))
	host := ""
	if ci != "" && ci != "shell" {
		host = v.say("runner hosted")
		if r.Runner.SelfHosted {
			host = v.say("runner self-hosted")
		}
	}
	box := ""
	if r.Runner.Container {
		box = v.say("runner container")
	}
	return v.comma(place, ci, host, box)
}

func (t *text) candidates(r *Report) {
	if p := r.ForwardProxy; p != nil {
		t.prose("label network", plain, t.comma(line(p.Proxy, 200), line(p.PAC, 200))+" ("+line(p.Source, 80)+")")
	}
	probes := ranked(r.Probes)
	if len(probes) == 0 {
		return
	}
	more := max(len(probes)-textProbes, 0)
	probes = probes[:len(probes)-more]
	name := 0
	for _, p := range probes {
		name = max(name, columns(p.label()))
	}
	name = min(name, t.room()-probeRank-2-t.cells())
	label := "label candidates"
	for i, p := range probes {
		rank, s := padLeft(itoa(i+1), 2)+"   ", plain
		switch {
		case p.Selected:
			rank, s = padLeft(itoa(i+1), 2)+" > ", green
		case !p.Reachable:
			rank, s = " -   ", amber
		}
		head := rank + padRight(fit(p.label(), name), name) + "  "
		t.hang(label, s, head, t.measured(p))
		label = ""
	}
	if more > 0 {
		t.row(label, dim, t.count("more", more))
	}
}

// narrow leaves out the total time of a probe, so that names stay whole.
func (t *text) narrow() bool { return t.width < 92 }

// cells is the width of what measured begins with.
func (t *text) cells() int {
	n := 7 + 2 + 8 + 2 + columns(t.say("probe sumdb", t.say("unknown")))
	if !t.narrow() {
		n += 2 + columns(t.say("probe total", "999 ms"))
	}
	return n
}

// measured is the part of a candidate's line after its name.
func (t *text) measured(p Probe) []string {
	if !p.Reachable {
		return []string{t.verdict(p)}
	}
	cells := []string{padLeft(millis(p.LatencyMS), 7)}
	if !t.narrow() {
		total := ""
		if p.TotalMS > 0 {
			total = t.say("probe total", padLeft(millis(p.TotalMS), 6))
		}
		cells = append(cells, padRight(total, columns(t.say("probe total", "999 ms"))))
	}
	cells = append(cells, padLeft(rate(p.ThroughputBPS), 8), t.say("probe sumdb", t.yes(p.SumDB)))
	return append([]string{strings.Join(cells, "  ")}, t.remarks(p)...)
}

// verdict says why a candidate cannot be used.
func (v voice) verdict(p Probe) string {
	class, evidence := line(string(p.Class), 60), line(p.Evidence, 300)
	switch {
	case class == "" && evidence == "":
		return v.say("probe unreachable")
	case evidence == "":
		return class
	case class == "":
		return evidence
	}
	return class + ": " + evidence
}

// remarks are what else is worth knowing of a candidate that answers.
func (v voice) remarks(p Probe) []string {
	var out []string
	if p.NotFound == "wrong" {
		out = append(out, v.say("probe not found"))
	}
	if p.ZipHost != "" {
		out = append(out, v.say("probe zips", line(p.ZipHost, 100)))
	}
	return out
}

// yes translates the answers of a probe that are words.
func (v voice) yes(s string) string {
	switch s {
	case "yes":
		return v.say("yes")
	case "no":
		return v.say("no")
	}
	return v.say("unknown")
}

func (t *text) selection(r *Report) {
	s := r.Selection
	if s == nil {
		return
	}
	label := "label selected"
	if !exported(r, s.GOPROXY) {
		t.prose(label, plain, line(s.GOPROXY, 1000))
		label = ""
	}
	t.prose(label, plain, cmp.Or(line(s.Why, 500), site(s.Selected)))
}

// exported tells whether a value is among the exports.
func exported(r *Report, value string) bool {
	return slices.ContainsFunc(r.Exports, func(e Export) bool { return e.Value == value })
}

// exports shows each value once, and where it went.
func (t *text) exports(r *Report) {
	var to, known []string
	for _, e := range r.Exports {
		to = append(to, line(e.To, 200))
	}
	label := "label exports"
	for _, place := range distinct(to) {
		var items []string
		for _, e := range r.Exports {
			if line(e.To, 200) != place {
				continue
			}
			name, value := line(e.Name, 80), line(e.Value, 500)
			if item := strings.ToUpper(name) + "=" + value; slices.Contains(known, item) {
				items = append(items, name)
			} else {
				items, known = append(items, name+"="+value), append(known, item)
			}
		}
		t.row(label, plain, layout(append(items, "-> "+place), t.room())...)
		label = ""
	}
}

func (t *text) download(r *Report) {
	if r.Download == nil {
		return
	}
	got, pain := t.downloaded(r.Download)
	t.prose("label download", plain, got+t.say("semicolon")+pain)
}

// downloaded says what came, and what it took.
func (v voice) downloaded(d *Download) (got, pain string) {
	ms := float64(d.DurationMS)
	got = v.say("in time", v.comma(v.count("modules", d.Modules), v.count("files", d.Fetched), size(d.Bytes)), millis(ms))
	some := func(key string, n int) string {
		if n <= 0 {
			return ""
		}
		return v.count(key, n)
	}
	pain = v.comma(
		some("retries", d.Retries), some("failovers", d.Failovers), some("resumes", d.Resumes),
		some("hedges", d.Hedges), some("integrity", d.Integrity), some("saved", d.Saved))
	if pain == "" {
		pain = v.say("no retries")
	}
	return got, pain
}

func (t *text) notes(r *Report) {
	for i, n := range r.Notes {
		if i == textMore {
			t.row("label note", dim, t.count("more", len(r.Notes)-i))
			return
		}
		t.prose("label note", plain, line(n, 500))
	}
}

func (t *text) failures(r *Report) {
	full, rest := leading(r.Failures, textFailures)
	for i, f := range full {
		t.WriteString("\n")
		t.failure(r, f, i+1, len(r.Failures))
	}
	if len(rest) == 0 {
		return
	}
	t.WriteString("\n")
	label := "label more"
	for _, f := range rest[:min(len(rest), textMore)] {
		t.row(label, plain, fit(t.comma(t.headline(f), f.subject()), t.room()))
		label = ""
	}
	if len(rest) > textMore {
		t.row("", dim, t.count("more", len(rest)-textMore))
	}
}

// headline names a failure: class, place, how often.
func (v voice) headline(f Failure) string {
	head := f.Class.slug()
	if f.Host != "" {
		head = v.say("failure at", head, line(f.Host, 200))
	}
	if f.times() > 1 {
		head = v.comma(head, v.count("times", f.times()))
	}
	return head
}

func (t *text) failure(r *Report, f Failure, i, n int) {
	head := t.headline(f)
	if n > 1 {
		head = t.say("failure n", i, n) + "  " + head
	}
	t.row("label failure", red, wrap(head, t.room())...)
	t.prose("label module", plain, f.subject())
	t.prose("", plain, t.meaning(f.Class))
	t.row("label evidence", plain, t.quoted(f.Evidence)...)
	t.tried(r, f)
	t.prose("label advice", plain, line(f.Advice.In(string(t.voice)), 1000))
	t.row("label fix", bold, lines(f.Fix, 60, 500)...)
}

// quoted are the words of other programs, marked so that they are not taken for
// ours.
func (t *text) quoted(evidence []string) []string {
	var out []string
	for _, l := range lines(strings.Join(evidence, "\n"), textEvidence, 400) {
		for _, part := range wrap(l, t.room()-2) {
			out = append(out, "| "+part)
		}
	}
	return out
}

func (t *text) tried(r *Report, f Failure) {
	groups, n, ms := r.tried(f)
	if n == 0 {
		return
	}
	if more := len(groups) - 6; more > 0 {
		groups = append(groups[:6], t.count("more", more))
	}
	t.prose("label attempts", plain, t.say("attempts in", itoa(n), millis(ms))+t.say("colon")+t.comma(groups...))
}

// end is the last line: how it ended, after how long, and why.
func (t *text) end(r *Report) {
	if len(r.Failures) > 0 || r.Outcome == Failed {
		t.WriteString("\n")
	}
	switch r.Outcome {
	case OK:
		done := t.say("done")
		if r.DurationMS > 0 {
			done = t.say("done in", millis(float64(r.DurationMS)))
		}
		t.prose("outcome ok", green, done)
	case Degraded:
		t.prose("outcome degraded", amber, t.after(r, cmp.Or(line(r.Why, 300), t.say("degraded plain"))))
	default:
		t.prose("outcome failed", red, t.after(r, reason(r, t.voice)))
	}
}

// after puts the time before what happened; a log that was explained has none.
func (v voice) after(r *Report, what string) string {
	if r.DurationMS <= 0 {
		return what
	}
	return v.say("ended in", millis(float64(r.DurationMS)), what)
}
