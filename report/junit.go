package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// The types below are the part of JUnit's XML that Jenkins' own schema allows
// (junit-10.xsd of its xunit plugin): no other attribute, children in this order.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Time     string       `xml:"time,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string           `xml:"name,attr"`
		Tests      int              `xml:"tests,attr"`
		Failures   int              `xml:"failures,attr"`
		Errors     int              `xml:"errors,attr"`
		Skipped    int              `xml:"skipped,attr"`
		Time       string           `xml:"time,attr"`
		Timestamp  string           `xml:"timestamp,attr,omitempty"`
		Properties *junitProperties `xml:"properties"`
		Cases      []junitCase      `xml:"testcase"`
	}
	junitProperties struct {
		List []junitProperty `xml:"property"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name      string        `xml:"name,attr"`
		Class     string        `xml:"classname,attr"`
		Time      string        `xml:"time,attr"`
		Skipped   *junitProblem `xml:"skipped"`
		Failure   *junitProblem `xml:"failure"`
		SystemOut string        `xml:"system-out,omitempty"`
	}
	junitProblem struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the report as JUnit XML: a suite for the run, one for the
// candidates, one for the download. Only a failed run has failed cases, because
// Jenkins calls a build unstable for each of them; what a run got over is a
// skipped candidate or the output of a case that passed.
func WriteJUnit(w io.Writer, r *Report, o Options) error {
	v := newVoice(o.Lang)
	all := junitSuites{Name: "goproxy-setup", Time: seconds(float64(r.DurationMS))}
	run, download := v.failureCases(r)
	all.add(r, "run", append([]junitCase{v.runCase(r)}, run...), &junitProperties{properties(r)})
	all.add(r, "probe", v.probeCases(r), nil)
	all.add(r, "download", append(v.modulesCase(r), download...), nil)
	out, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	out = bytes.ReplaceAll(out, []byte("&#xA;"), []byte("\n")) // for people; no attribute has one
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, out)
	return err
}

func (all *junitSuites) add(r *Report, name string, cases []junitCase, properties *junitProperties) {
	if len(cases) == 0 {
		return
	}
	s := junitSuite{Name: "goproxy-setup." + name, Tests: len(cases), Cases: cases, Properties: properties, Time: phaseSeconds(r, name)}
	if !r.Started.IsZero() {
		s.Timestamp = r.Started.UTC().Format("2006-01-02T15:04:05")
	}
	for i := range cases {
		cases[i].Class = s.Name
		if cases[i].Failure != nil {
			s.Failures++
		}
		if cases[i].Skipped != nil {
			s.Skipped++
		}
	}
	all.Suites = append(all.Suites, s)
	all.Tests += s.Tests
	all.Failures += s.Failures
}

// seconds writes milliseconds as the schema wants a time.
func seconds(ms float64) string {
	return fmt.Sprintf("%.3f", min(max(ms, 0), float64(365*24*time.Hour/time.Millisecond))/1000)
}

func phaseSeconds(r *Report, phase string) string {
	switch {
	case phase == "run":
		return seconds(float64(r.DurationMS))
	case phase == "download" && r.Download != nil:
		return seconds(float64(r.Download.DurationMS))
	}
	longest := 0.0
	for _, p := range r.Probes {
		longest = max(longest, p.TotalMS, p.LatencyMS)
	}
	return seconds(longest)
}

func properties(r *Report) []junitProperty {
	var out []junitProperty
	add := func(name, value string) {
		if value = line(value, 500); value != "" {
			out = append(out, junitProperty{name, value})
		}
	}
	add("version", r.Tool.Version)
	add("command", r.Command)
	add("ci", r.Runner.CI)
	add("os", r.Runner.OS)
	add("arch", r.Runner.Arch)
	add("go", r.Go.Version)
	if s := r.Selection; s != nil {
		add("goproxy", s.GOPROXY)
	}
	return out
}

// runCase stands for the run as a whole; it fails only for what no other case
// shows.
func (v voice) runCase(r *Report) junitCase {
	c := junitCase{Name: "setup", Time: seconds(float64(r.DurationMS))}
	if name := line(r.Command, 40); name != "" {
		c.Name = name
	}
	summary := Summary(r, string(v))
	if r.Outcome == Failed && len(r.Failures) == 0 {
		c.Failure = &junitProblem{string(Unknown), summary, summary}
		return c
	}
	c.SystemOut = summary
	return c
}

func (v voice) probeCases(r *Report) []junitCase {
	var out []junitCase
	for _, p := range ranked(r.Probes) {
		c := junitCase{Name: p.label(), Time: seconds(p.TotalMS)}
		if !p.Reachable {
			c.Skipped = &junitProblem{Type: p.Class.slug(), Message: v.verdict(p)}
		}
		out = append(out, c)
	}
	return out
}

func (v voice) modulesCase(r *Report) []junitCase {
	d := r.Download
	if d == nil {
		return nil
	}
	got, pain := v.downloaded(d)
	return []junitCase{{Name: "modules", Time: seconds(float64(d.DurationMS)), SystemOut: got + v.say("semicolon") + pain}}
}

// failureCases are a case for each failure, told apart by whether it is about a
// file that was asked for.
func (v voice) failureCases(r *Report) (run, download []junitCase) {
	seen := map[string]int{}
	for _, f := range r.Failures {
		name := v.comma(f.Class.slug(), f.subject(), line(f.Host, 200))
		if seen[name]++; seen[name] > 1 {
			name += " #" + itoa(seen[name])
		}
		_, _, ms := r.tried(f)
		c := junitCase{Name: name, Time: seconds(ms)}
		if r.Outcome == Failed {
			c.Failure = &junitProblem{f.Class.slug(), v.comma(v.headline(f), v.meaning(f.Class)), v.details(f)}
		} else {
			c.SystemOut = v.details(f)
		}
		if f.Module != "" || len(f.Attempts) > 0 {
			download = append(download, c)
		} else {
			run = append(run, c)
		}
	}
	return run, download
}

// details is a failure in plain text: the evidence, the advice, the fix.
func (v voice) details(f Failure) string {
	out := lines(strings.Join(f.Evidence, "\n"), 50, 1000)
	if advice := line(f.Advice.In(string(v)), 1000); advice != "" {
		out = append(out, "", inert(v.say("annotation advice", advice)))
	}
	if fix := lines(f.Fix, 60, 500); len(fix) > 0 {
		out = append(append(out, ""), fix...)
	}
	return strings.TrimLeft(strings.Join(out, "\n"), "\n")
}
