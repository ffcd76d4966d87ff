package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// cases calls check with the bytes of every case in every language of a format.
func cases(t *testing.T, format string, check func(t *testing.T, r *Report, out []byte)) {
	t.Helper()
	f, ok := FormatNamed(format)
	if !ok {
		t.Fatalf("no format %q", format)
	}
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		r := readCase(t, file)
		for _, lang := range []string{"en", "zh"} {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".json")+"/"+lang, func(t *testing.T) {
				t.Parallel()
				check(t, r, render(t, f, r, Options{Lang: lang}))
			})
		}
	}
}

// TestNoFormatOrders is the promise of clean and inert: whatever a server said,
// no format moves the cursor, colours, turns the reading direction, or gives an
// order to a CI system when it is printed to a log.
func TestNoFormatOrders(t *testing.T) {
	t.Parallel()
	order := regexp.MustCompile(`(?m)^[ \t]*::|##\w*\[`)
	for _, f := range Formats {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			cases(t, f.Name, func(t *testing.T, _ *Report, out []byte) {
				if m := order.FindIndex(out); m != nil {
					t.Errorf("an order: %q", around(out, m[0]))
				}
				if !utf8.Valid(out) {
					t.Error("not UTF-8")
				}
				if f.Name == "json" { // keeps all text; encoding/json escapes what is below a blank
					return
				}
				if i := bytes.IndexFunc(out, func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) }); i >= 0 {
					t.Errorf("a control character: %q", around(out, i))
				}
			})
		})
	}
}

func around(b []byte, i int) []byte { return b[max(i-30, 0):min(i+30, len(b))] }

// junitAllowed are the attributes and children, in order, of Jenkins' schema as
// far as we use them; "!" marks what it requires.
var junitAllowed = map[string]struct{ attrs, children string }{
	"testsuites": {"name time tests failures errors", "testsuite"},
	"testsuite":  {"name! tests! failures! errors! skipped time timestamp", "properties testcase"},
	"properties": {"", "property"},
	"property":   {"name! value!", ""},
	"testcase":   {"name! classname time", "skipped failure system-out"},
	"skipped":    {"type message", ""},
	"failure":    {"type message", ""},
	"system-out": {"", ""},
}

func TestJUnitFollowsTheSchema(t *testing.T) {
	t.Parallel()
	cases(t, "junit", func(t *testing.T, r *Report, out []byte) {
		d := xml.NewDecoder(bytes.NewReader(out))
		var open []string
		last := map[int]string{}
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			switch e := token.(type) {
			case xml.StartElement:
				checkAttributes(t, e)
				name := e.Name.Local
				if len(open) > 0 {
					order := strings.Fields(junitAllowed[open[len(open)-1]].children)
					at := slices.Index(order, name)
					if at < 0 || at < slices.Index(order, last[len(open)]) {
						t.Errorf("<%s> in <%s> after <%s>", name, open[len(open)-1], last[len(open)])
					}
				}
				last[len(open)] = name
				open = append(open, name)
				delete(last, len(open))
			case xml.EndElement:
				open = open[:len(open)-1]
			}
		}
		if failed := bytes.Contains(out, []byte("<failure")); failed != (r.Outcome == Failed) {
			t.Errorf("outcome %s, but a failed case: %v", r.Outcome, failed)
		}
	})
}

func checkAttributes(t *testing.T, e xml.StartElement) {
	t.Helper()
	allowed := strings.Fields(junitAllowed[e.Name.Local].attrs)
	has := map[string]string{}
	for _, a := range e.Attr {
		has[a.Name.Local] = a.Value
		if !slices.Contains(allowed, a.Name.Local) && !slices.Contains(allowed, a.Name.Local+"!") {
			t.Errorf("<%s> has %s", e.Name.Local, a.Name.Local)
		}
	}
	for _, a := range allowed {
		name, required := strings.CutSuffix(a, "!")
		if _, ok := has[name]; required && !ok {
			t.Errorf("<%s> lacks %s", e.Name.Local, name)
		}
	}
	if v, ok := has["time"]; ok && !regexp.MustCompile(`^\d+\.\d{3}$`).MatchString(v) {
		t.Errorf("<%s> has time %q", e.Name.Local, v)
	}
}

func TestJUnitCountsAndNamesAreRight(t *testing.T) {
	t.Parallel()
	cases(t, "junit", func(t *testing.T, _ *Report, out []byte) {
		var all junitSuites
		if err := xml.Unmarshal(out, &all); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		tests := 0
		for _, s := range all.Suites {
			failed, skipped := 0, 0
			for _, c := range s.Cases {
				if key := c.Class + "\n" + c.Name; seen[key] {
					t.Errorf("two cases %q", key)
				} else {
					seen[key] = true
				}
				if c.Failure != nil {
					failed++
				}
				if c.Skipped != nil {
					skipped++
				}
			}
			tests += len(s.Cases)
			if s.Tests != len(s.Cases) || s.Failures != failed || s.Skipped != skipped {
				t.Errorf("%s says %d/%d/%d, has %d/%d/%d", s.Name, s.Tests, s.Failures, s.Skipped, len(s.Cases), failed, skipped)
			}
		}
		if all.Tests != tests || tests == 0 {
			t.Errorf("%d tests counted, %d found", all.Tests, tests)
		}
	})
}

func TestCodeQualityKeepsEveryFailure(t *testing.T) {
	t.Parallel()
	cases(t, "codequality", func(t *testing.T, r *Report, out []byte) {
		var list []finding
		if err := json.Unmarshal(out, &list); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, f := range list {
			if seen[f.Fingerprint] || f.Description == "" || f.Location.Lines.Begin < 1 || filepath.IsAbs(f.Location.Path) || strings.HasPrefix(f.Location.Path, "..") {
				t.Errorf("GitLab would drop %+v", f)
			}
			seen[f.Fingerprint] = true
			if !slices.Contains([]string{"info", "minor", "major", "critical", "blocker"}, f.Severity) {
				t.Errorf("severity %q", f.Severity)
			}
		}
		if len(list) != len(r.Failures) {
			t.Errorf("%d findings for %d failures", len(list), len(r.Failures))
		}
	})
}

func TestSARIFResultsHaveTheirRules(t *testing.T) {
	t.Parallel()
	cases(t, "sarif", func(t *testing.T, r *Report, out []byte) {
		var log sarifLog
		if err := json.Unmarshal(out, &log); err != nil {
			t.Fatal(err)
		}
		run := log.Runs[0]
		if len(run.Results) != len(r.Failures) {
			t.Errorf("%d results for %d failures", len(run.Results), len(r.Failures))
		}
		for _, res := range run.Results {
			if rule := run.Tool.Driver.Rules[res.RuleIndex]; rule.ID != res.RuleID || rule.Short.Text == "" {
				t.Errorf("result of %q points to rule %q", res.RuleID, rule.ID)
			}
		}
	})
}

func TestOpenMetricsParses(t *testing.T) {
	t.Parallel()
	sample := regexp.MustCompile(`^(goproxy_setup_[a-z0-9_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? -?[0-9.]+(?:e[+-]\d+)?$`)
	cases(t, "openmetrics", func(t *testing.T, _ *Report, out []byte) {
		body, ok := strings.CutSuffix(string(out), "# EOF\n")
		if !ok {
			t.Fatal("no # EOF at the end")
		}
		seen := map[string]bool{}
		family := ""
		for l := range strings.Lines(body) {
			l = strings.TrimSuffix(l, "\n")
			if rest, ok := strings.CutPrefix(l, "# HELP "); ok {
				family, _, _ = strings.Cut(rest, " ")
				if seen["family "+family] {
					t.Errorf("family %s twice", family)
				}
				seen["family "+family] = true
				continue
			}
			if strings.HasPrefix(l, "# TYPE ") {
				continue
			}
			m := sample.FindStringSubmatch(l)
			if m == nil || m[1] != family {
				t.Fatalf("in family %s: %q", family, l)
			}
			if seen[m[1]+m[2]] {
				t.Errorf("series %s%s twice", m[1], m[2])
			}
			seen[m[1]+m[2]] = true
		}
	})
}

func TestAnnotationsAreFewAndShort(t *testing.T) {
	t.Parallel()
	cases(t, "annotations", func(t *testing.T, r *Report, out []byte) {
		var list []Annotation
		if err := json.Unmarshal(out, &list); err != nil {
			t.Fatal(err)
		}
		if len(list) > maxAnnotations || (len(list) == 0) != (r.Outcome == OK) {
			t.Errorf("%d annotations for outcome %s", len(list), r.Outcome)
		}
		for _, a := range list {
			if len([]rune(a.Message)) > 2000 || a.Message == "" || strings.Contains(a.Title, "=") {
				t.Errorf("a bad annotation: %+v", a)
			}
		}
	})
}

func TestAnnotationsPutIntegrityFirst(t *testing.T) {
	t.Parallel()
	r := &Report{Outcome: Failed, Failures: []Failure{
		{Class: Unknown, Count: 500}, {Class: DNSFailure, Host: "a.example", Count: 2}, {Class: ConnectTimeout, Host: "b.example", Count: 9},
		{Class: ChecksumMismatch, Module: "example.com/m", Version: "v1.0.0"},
	}}
	var got []string
	for _, a := range Annotations(r, "en") {
		got = append(got, strings.TrimPrefix(a.Title, "goproxy-setup: "))
	}
	if want := []string{"checksum-mismatch", "connect-timeout", "dns-failure"}; !slices.Equal(got, want) {
		t.Errorf("annotations %v, want %v", got, want)
	}
}

func TestAnnotationOfAFailureWithoutRecord(t *testing.T) {
	t.Parallel()
	got := Annotations(&Report{Outcome: Failed, Why: "interrupted"}, "en")
	if len(got) != 1 || got[0].Level != "error" || got[0].Message != "Failed: interrupted." {
		t.Errorf("annotations %+v", got)
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	one := []Module{{Dir: "srv"}}
	for _, c := range []struct {
		name     string
		modules  []Module
		class    Class
		evidence string
		file     string
		line     int
	}{
		{"a line of go.mod", nil, GoModInvalid, "go: errors parsing go.mod:\n\tgo.mod:17:2: bad version", "go.mod", 17},
		{"a Windows path", nil, GoModInvalid, `tools\go.mod:3: unknown directive`, "tools/go.mod", 3},
		{"never outside", nil, GoModInvalid, "../go.mod:3: unknown directive", "go.mod", 0},
		{"an absolute path is no file of the repository", one, GoModInvalid, "/home/runner/go.mod:3: x", "srv/go.mod", 0},
		{"the only module", one, VersionNotFound, "unknown revision", "srv/go.mod", 0},
		{"integrity is about go.sum", nil, ChecksumMismatch, "checksum mismatch", "go.sum", 0},
		{"a network has no file", one, DNSFailure, "no such host", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := &Report{Modules: c.modules}
			file, line := r.place(Failure{Class: c.class, Evidence: strings.Split(c.evidence, "\n")})
			if file != c.file || line != c.line {
				t.Errorf("place = %q, %d, want %q, %d", file, line, c.file, c.line)
			}
		})
	}
}
