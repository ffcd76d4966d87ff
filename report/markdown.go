package report

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// maxMarkdown is what a summary may have in bytes. GitHub drops one over 1 MiB
// and so does Buildkite; other steps write to the same page, and people read it.
const maxMarkdown = 64 << 10

// How much of a long report the summary shows before it is measured in bytes.
const (
	markdownProbes   = 20
	markdownFailures = 8   // in full, one a class
	markdownRows     = 100 // of a folded table
	markdownEvidence = 12  // lines a failure
)

// WriteMarkdown writes the report as GitHub Flavored Markdown for the summary of
// a job: the outcome and the failures first, long lists folded. Foreign text
// stands in code only, so it can neither end a fence nor open an element.
func WriteMarkdown(w io.Writer, r *Report, o Options) error {
	m := &markdown{voice: newVoice(o.Lang)}
	m.add(m.headline(r))
	m.failures(r)
	m.add(m.candidates(r))
	m.add(m.selection(r))
	m.add(m.download(r))
	m.add(m.notes(r))
	m.add(m.settings(r))
	m.add(m.slowest(r))
	if m.left > 0 {
		m.WriteString("\n" + m.count("markdown left out", m.left) + "\n")
	}
	_, err := w.Write(m.Bytes())
	return err
}

type markdown struct {
	bytes.Buffer
	voice
	left int // sections that did not fit
}

// add appends a section if it still fits, with room for the closing remark.
func (m *markdown) add(section string) bool {
	if section == "" {
		return true
	}
	if m.Len()+len(section)+200 > maxMarkdown {
		m.left++
		return false
	}
	if m.Len() > 0 {
		m.WriteString("\n")
	}
	m.WriteString(section)
	return true
}

func (m *markdown) headline(r *Report) string {
	mark := map[Outcome]string{OK: "✅", Degraded: "⚠️"}[r.Outcome]
	if mark == "" {
		mark = "❌"
	}
	facts := distinct([]string{prose(m.machine(r)), millis(float64(r.DurationMS))})
	return fmt.Sprintf("### %s goproxy-setup\n\n%s\n\n%s\n", mark, prose(Summary(r, string(m.voice))), strings.Join(facts, " · "))
}

func (m *markdown) failures(r *Report) {
	full, rest := leading(r.Failures, markdownFailures)
	for i, f := range full {
		if !m.add(m.failure(r, f)) {
			m.left--
			rest = slices.Concat(full[i:], rest)
			break
		}
	}
	if len(rest) == 0 {
		return
	}
	if !m.add(m.moreFailures(rest, markdownRows)) {
		m.left--
		m.add(m.moreFailures(rest, 10))
	}
}

func (m *markdown) failure(r *Report, f Failure) string {
	var b strings.Builder
	fmt.Fprintf(&b, "#### %s", code(f.Class.slug()))
	if f.Host != "" {
		fmt.Fprintf(&b, " · %s", code(line(f.Host, 200)))
	}
	if f.times() > 1 {
		fmt.Fprintf(&b, " · %s", m.count("times", f.times()))
	}
	b.WriteString("\n\n")
	if s := f.subject(); s != "" {
		fmt.Fprintf(&b, "%s\n\n", code(s))
	}
	if meaning := m.meaning(f.Class); meaning != "" {
		fmt.Fprintf(&b, "%s\n\n", prose(meaning))
	}
	if e := lines(strings.Join(f.Evidence, "\n"), markdownEvidence, 400); len(e) > 0 {
		b.WriteString(fence("text", e) + "\n")
	}
	if groups, n, ms := r.tried(f); n > 0 {
		fmt.Fprintf(&b, "%s%s%s\n\n", m.say("attempts in", m.count("requests", n), millis(ms)), m.say("colon"), m.codes(groups, 8))
	}
	if advice := f.Advice.In(string(m.voice)); advice != "" {
		fmt.Fprintf(&b, "**%s**%s%s\n\n", m.say("heading advice"), m.say("colon"), prose(line(advice, 1000)))
	}
	if fix := lines(f.Fix, 60, 500); len(fix) > 0 {
		b.WriteString(fence("", fix))
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// codes lists foreign words, each in code.
func (m *markdown) codes(words []string, limit int) string {
	var out []string
	for _, w := range words[:min(len(words), limit)] {
		out = append(out, code(w))
	}
	if more := len(words) - limit; more > 0 {
		out = append(out, m.count("more", more))
	}
	return m.comma(out...)
}

func (m *markdown) moreFailures(rest []Failure, limit int) string {
	t := table{head: m.heads("heading class", "heading module", "heading host", "heading count")}
	for _, f := range rest[:min(len(rest), limit)] {
		t.row(cell(f.Class.slug()), cell(f.subject()), cell(line(f.Host, 100)), itoa(f.times()))
	}
	return m.folded(m.count("failures more", len(rest)), t.String(), len(rest)-limit)
}

func (m *markdown) candidates(r *Report) string {
	probes := ranked(r.Probes)
	if len(probes) == 0 {
		return ""
	}
	t := table{
		head:  append([]string{""}, m.heads("heading candidate", "heading first byte", "heading total", "heading rate", "heading sumdb", "heading result")...),
		right: map[int]bool{0: true, 2: true, 3: true, 4: true},
	}
	for i, p := range probes[:min(len(probes), markdownProbes)] {
		t.row(m.candidate(i, p)...)
	}
	body := t.String()
	if more := len(probes) - markdownProbes; more > 0 {
		body += "\n" + m.count("more", more) + "\n"
	}
	return "#### " + m.say("heading candidates") + "\n\n" + body
}

func (m *markdown) candidate(i int, p Probe) []string {
	if !p.Reachable {
		return []string{"–", cell(p.label()), "", "", "", "", cell(m.verdict(p))}
	}
	var result []string
	if p.Selected {
		result = append(result, "**"+m.say("probe selected")+"**")
	}
	if p.NotFound == "wrong" {
		result = append(result, m.say("probe not found"))
	}
	if p.ZipHost != "" {
		result = append(result, m.say("probe zips", cell(line(p.ZipHost, 100))))
	}
	total := ""
	if p.TotalMS > 0 {
		total = millis(p.TotalMS)
	}
	return []string{itoa(i + 1), cell(p.label()), millis(p.LatencyMS), total, rate(p.ThroughputBPS), m.yes(p.SumDB), m.comma(result...)}
}

func (m *markdown) selection(r *Report) string {
	var b strings.Builder
	if s := r.Selection; s != nil {
		fmt.Fprintf(&b, "**%s**%s%s  \n%s\n", m.say("heading selected"), m.say("colon"), code(line(s.GOPROXY, 1000)), prose(line(s.Why, 500)))
	}
	if len(r.Exports) == 0 {
		return b.String()
	}
	t := table{head: m.heads("heading variable", "heading value", "heading to")}
	for _, e := range r.Exports[:min(len(r.Exports), markdownRows)] {
		t.row(cell(line(e.Name, 80)), cell(line(e.Value, 500)), cell(line(e.To, 200)))
	}
	return b.String() + "\n" + m.folded(m.count("exports", len(r.Exports)), t.String(), len(r.Exports)-markdownRows)
}

func (m *markdown) download(r *Report) string {
	if r.Download == nil {
		return ""
	}
	got, pain := m.downloaded(r.Download)
	return fmt.Sprintf("**%s**%s%s%s%s\n", m.say("heading download"), m.say("colon"), got, m.say("semicolon"), pain)
}

func (m *markdown) notes(r *Report) string {
	var b strings.Builder
	for _, n := range r.Notes[:min(len(r.Notes), 20)] {
		fmt.Fprintf(&b, "- %s\n", prose(line(n, 500)))
	}
	return b.String()
}

func (m *markdown) settings(r *Report) string {
	if len(r.Settings) == 0 {
		return ""
	}
	t := table{head: m.heads("heading setting", "heading value", "heading source")}
	for _, s := range r.Settings[:min(len(r.Settings), markdownRows)] {
		t.row(cell(line(s.Name, 80)), cell(line(s.Value, 300)), cell(line(s.Source, 100)))
	}
	return m.folded(m.count("settings", len(r.Settings)), t.String(), len(r.Settings)-markdownRows)
}

// slowest shows the attempts that failed, and then those that took longest.
func (m *markdown) slowest(r *Report) string {
	if len(r.Attempts) == 0 {
		return ""
	}
	t := table{
		head:  m.heads("heading file", "heading upstream", "heading start", "heading time", "heading bytes", "heading result"),
		right: map[int]bool{2: true, 3: true, 4: true},
	}
	const limit = 30
	for _, a := range worst(r.Attempts, limit) {
		t.row(cell(line(a.Path, 200)), cell(hostOf(a.Upstream)), millis(a.StartMS), millis(a.DurationMS), size(a.Bytes), cell(a.end()))
	}
	return m.folded(m.count("attempts worst", len(r.Attempts)), t.String(), len(r.Attempts)-limit)
}

// folded hides a table behind a summary line, with a remark on what it lacks.
func (m *markdown) folded(title, body string, missing int) string {
	if missing > 0 {
		body += "\n" + m.count("more", missing) + "\n"
	}
	return "<details><summary>" + title + "</summary>\n\n" + body + "\n</details>\n"
}

func (m *markdown) heads(keys ...string) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = m.say(k)
	}
	return out
}

// A table is a table of GitHub Flavored Markdown; its cells are Markdown.
type table struct {
	head  []string
	right map[int]bool // columns with numbers
	rows  strings.Builder
}

func (t *table) row(cells ...string) { t.rows.WriteString("| " + strings.Join(cells, " | ") + " |\n") }

func (t *table) String() string {
	rule := make([]string, len(t.head))
	for i := range rule {
		rule[i] = "---"
		if t.right[i] {
			rule[i] = "--:"
		}
	}
	return "| " + strings.Join(t.head, " | ") + " |\n| " + strings.Join(rule, " | ") + " |\n" + t.rows.String()
}

// fence puts lines into a code block that none of them can end.
func fence(language string, body []string) string {
	longest := 2
	var b strings.Builder
	for _, l := range body {
		longest = max(longest, longestRun(l, '`'))
		b.WriteString(l + "\n")
	}
	bar := strings.Repeat("`", longest+1)
	return bar + language + "\n" + b.String() + bar + "\n"
}

func longestRun(s string, c rune) int {
	longest, run := 0, 0
	for _, r := range s {
		if run++; r != c {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// code shows one line of foreign text as code. Where a code span cannot hold it,
// it is an element with its special characters written as numbers: those are
// text to every Markdown parser.
func code(s string) string {
	switch {
	case s == "":
		return ""
	case !strings.ContainsAny(s, "`\\<>&$#") && !strings.Contains(s, "::"):
		return "`" + s + "`"
	}
	return "<code>" + prose(s) + "</code>"
}

// cell is code for a table, where a bar would end the cell even in a code span.
func cell(s string) string {
	if strings.Contains(s, "|") {
		return "<code>" + prose(s) + "</code>"
	}
	return code(s)
}

// special are the characters that mean something in Markdown or HTML, or make a
// mention, a reference, an emoji or a formula on GitHub.
const special = "\\`*_[]<>#|~$&@"

// lead matches what would begin a list or an underline.
var lead = regexp.MustCompile(`^(?:[-+=]|\d{1,9}[.)])`)

// prose is one line of text in which nothing is markup. Quoted code of the form
// `x` stays code if its inside is harmless.
func prose(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '`' {
			if n := strings.IndexByte(s[i+1:], '`'); n > 0 && !strings.ContainsAny(s[i+1:i+1+n], "`|\\<>&$") {
				b.WriteString(s[i : i+n+2])
				i += n + 1
				continue
			}
		}
		switch c := s[i]; {
		case c == '_' && i > 0 && i+1 < len(s) && wordByte(s[i-1]) && wordByte(s[i+1]): // SSL_CERT_FILE: means nothing there
			b.WriteByte(c)
		case strings.IndexByte(special, c) >= 0, c == ':' && strings.HasPrefix(s[i:], "://"), c == ':' && strings.HasPrefix(s[i:], "::"):
			fmt.Fprintf(&b, "&#%d;", c)
		case i == 0 && lead.MatchString(s):
			fmt.Fprintf(&b, "&#%d;", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
