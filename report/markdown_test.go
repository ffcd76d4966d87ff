package report

import (
	"regexp"
	"strings"
	"testing"
)

// checkMarkdown finds what foreign text could do to a page: fill it, end a code
// block, open an element, or add a cell to a table.
func checkMarkdown(t *testing.T, out string) {
	t.Helper()
	if len(out) > maxMarkdown {
		t.Errorf("%d bytes, want at most %d", len(out), maxMarkdown)
	}
	ours := regexp.MustCompile(`</?(?:code|details|summary)>`)
	spans := regexp.MustCompile("`[^`\n]*`")
	bar, cells, open := "", 0, 0
	for l := range strings.Lines(out) {
		l = strings.TrimSuffix(l, "\n")
		run := longestRun(l, '`')
		switch {
		case bar != "" && l == bar:
			bar = ""
		case bar != "":
			if strings.HasPrefix(strings.TrimLeft(l, " "), bar) {
				t.Fatalf("a line ends its fence: %q", l)
			}
		case strings.HasPrefix(l, "```"):
			bar = l[:run]
		default:
			l = spans.ReplaceAllString(l, "")
			open += strings.Count(l, "<details>") - strings.Count(l, "</details>")
			if rest := ours.ReplaceAllString(l, ""); strings.ContainsAny(rest, "<>`") {
				t.Fatalf("markup in %q", rest)
			}
			if !strings.HasPrefix(l, "|") {
				cells = 0
				continue
			}
			if n := strings.Count(l, "|"); cells != 0 && n != cells {
				t.Fatalf("%d cell borders, want %d: %q", n, cells, l)
			} else {
				cells = n
			}
		}
	}
	if bar != "" {
		t.Errorf("fence %q is open at the end", bar)
	}
	if open != 0 {
		t.Error("details are open at the end")
	}
}

func TestMarkdownIsClosed(t *testing.T) {
	t.Parallel()
	cases(t, "markdown", func(t *testing.T, _ *Report, out []byte) { checkMarkdown(t, string(out)) })
}

// TestMarkdownStaysSmall fills every list with long text.
func TestMarkdownStaysSmall(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("[*<|`_&", 3000)
	r := &Report{Outcome: Failed, Why: long, Selection: &Selection{GOPROXY: long, Why: long}}
	for range 300 {
		r.Failures = append(r.Failures, Failure{Class: DNSFailure, Host: long, Module: long, Evidence: []string{long, long}, Advice: Text{EN: long}, Fix: long})
		r.Probes = append(r.Probes, Probe{Name: long, URL: long, Evidence: long})
		r.Settings = append(r.Settings, Setting{long, long, long})
		r.Exports = append(r.Exports, Export{long, long, long})
		r.Attempts = append(r.Attempts, Attempt{Path: long, Upstream: long, Error: long})
		r.Notes = append(r.Notes, long)
	}
	f, _ := FormatNamed("markdown")
	out := string(render(t, f, r, Options{}))
	checkMarkdown(t, out)
	if !strings.Contains(out, "left out") {
		t.Error("does not say that something was left out")
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{"plain", "`a`", "a|b", `a\|b`, "```\nx", "</details>", "\n\n# x", "1. x", "- x", "::error::x", "$x$", "`` ` ``", "<b>", "&lt;", "\x1b[31m", "词"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		r := &Report{
			Outcome: Failed, Why: a, Tool: Tool{b}, Runner: Runner{OS: a, CI: b}, Notes: []string{a, b},
			Settings:  []Setting{{a, b, a}},
			Probes:    []Probe{{Name: a, URL: b, Class: Class(a), Evidence: b}, {Name: b, URL: a, Reachable: true, ZipHost: b}},
			Selection: &Selection{GOPROXY: a, Why: b}, Exports: []Export{{a, b, a}},
			Attempts: []Attempt{{Path: a, Upstream: b, Class: Class(a)}},
			Failures: []Failure{{Class: Class(a), Module: b, Version: a, Host: b, Evidence: []string{a, b}, Attempts: []int{0}, Advice: Text{EN: a}, Fix: b}},
		}
		m, _ := FormatNamed("markdown")
		checkMarkdown(t, string(render(t, m, r, Options{})))
	})
}
