package modproxy

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/golden"
)

// TestChoose reads testdata/choose.txt; the head of that file says how to write a case.
func TestChoose(t *testing.T) {
	t.Parallel()
	golden.Run(t, "testdata/choose.txt", func(t *testing.T, in []string) []string {
		ms, p := parseCase(t, in)
		c, err := Choose(ms, p)
		if err != nil {
			if !errors.Is(err, ErrNoneReachable) {
				t.Errorf("error %v of type %T", err, err)
			}
			return []string{"error   " + err.Error()}
		}
		checkChoice(t, p, c)
		out := []string{"GOPROXY " + c.List.String()}
		if c.GOSUMDB != "" {
			out = append(out, "GOSUMDB "+c.GOSUMDB)
		}
		if c.Winner != nil {
			out = append(out, "winner  "+c.Winner.Name)
		}
		out = append(out, "why     "+c.Why.EN)
		if c.Note.EN != "" {
			out = append(out, "note    "+c.Note.EN)
		}
		return out
	})
}

// checkChoice is what holds for every choice.
func checkChoice(t *testing.T, p Policy, c Choice) {
	t.Helper()
	if strings.Contains(c.Why.EN+c.Why.ZH+c.Note.EN+c.Note.ZH, "s3cr3t") {
		t.Errorf("a password is in %q, %q", c.Why, c.Note)
	}
	if strings.Contains(c.GOSUMDB, "off") {
		t.Errorf("GOSUMDB=%s", c.GOSUMDB)
	}
	again, err := ParseList(c.List.String())
	if err != nil || again.String() != c.List.String() {
		t.Errorf("go reads %s as %s, %v", c.List, again, err)
	}
	if p.Fixed != nil && c.List.String() != p.Fixed.String() {
		t.Errorf("GOPROXY=%s is touched: %s", p.Fixed, c.List)
	}
}

// parseCase reads measurements and policy.
func parseCase(t *testing.T, in []string) (ms []Measurement, p Policy) {
	t.Helper()
	p.GOSUMDB = SumGolang
	for _, line := range in {
		key, rest, _ := strings.Cut(line, " ")
		switch rest = strings.TrimSpace(rest); key {
		case "candidate":
			ms = append(ms, parseMeasurement(t, strings.Fields(rest)))
		case "fixed":
			p.Fixed, p.FixedSource = parseList(t, rest), "environment"
		case "local":
			p.Local = parseList(t, rest)
		case "tail":
			p.Tail = rest
		case "unproven":
			p.Unproven = true
		case "GOSUMDB":
			p.GOSUMDB = rest
		case "database":
			p.SumDB = answers[rest]
		case "alias":
			p.AliasDB = answers[rest]
		default:
			t.Fatalf("unknown line %q", line)
		}
	}
	return ms, p
}

var answers = map[string]Answer{"yes": Yes, "no": No}

func parseList(t *testing.T, s string) List {
	t.Helper()
	l, err := ParseList(s)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// parseMeasurement reads NAME URL and then words: "110ms" is the time of the whole
// race, "latency=50ms" that of a candidate that did not finish it, "database=no".
func parseMeasurement(t *testing.T, words []string) Measurement {
	t.Helper()
	u, err := url.Parse(words[1])
	if err != nil {
		t.Fatal(err)
	}
	m := Measurement{Candidate: Candidate{Name: words[0], URL: u, Private: u.User != nil}, SumDB: Yes, NotFound: Yes}
	for _, w := range words[2:] {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "latency":
			m.Latency = duration(t, value)
		case "database":
			m.SumDB = answers[value]
		case "refused":
			m.Err = &url.Error{Op: "Get", URL: Redact(u), Err: syscall.ECONNREFUSED}
		case "late":
			m.Err = &TimeoutError{URL: Redact(u), Phase: PhaseHeader, After: time.Millisecond, Late: true}
		case "mute":
			m.Err = &TimeoutError{URL: Redact(u), Phase: PhaseHeader, After: time.Second}
		case "404":
			m.Err = &StatusError{URL: Redact(u), StatusCode: 404}
		default:
			m.Total = duration(t, key)
			m.Latency = m.Total / 2
		}
	}
	if m.Err != nil {
		m.SumDB, m.NotFound = AnswerUnknown, AnswerUnknown
	}
	return m
}

func duration(t *testing.T, s string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestChooseSteady repeats a choice with times that differ as they do from run to run.
func TestChooseSteady(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	base := map[string]time.Duration{"a": 130 * time.Millisecond, "b": 120 * time.Millisecond, "c": 400 * time.Millisecond, "d": 125 * time.Millisecond}
	for range 200 {
		var ms []Measurement
		for _, name := range []string{"a", "b", "c", "d"} {
			noise := 0.95 + 0.1*r.Float64()
			ms = append(ms, Measurement{
				Candidate: Candidate{Name: name, URL: &url.URL{Scheme: "https", Host: name + ".example"}},
				Total:     time.Duration(float64(base[name]) * noise),
			})
		}
		c, err := Choose(ms, Policy{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := c.List.String(), "https://a.example|https://b.example|https://d.example,direct"; got != want {
			t.Fatalf("seed %d: %s, want %s: equals keep their order", seed, got, want)
		}
	}
}

// TestChoosePure: what is passed in stays as it was.
func TestChoosePure(t *testing.T) {
	t.Parallel()
	ms, p := parseCase(t, []string{
		"candidate b https://b.example 200ms",
		"candidate a https://a.example 100ms",
		"local file:///x|file:///y",
	})
	before := fmt.Sprintf("%v %v", ms, p)
	first, err := Choose(ms, p)
	if err != nil {
		t.Fatal(err)
	}
	if after := fmt.Sprintf("%v %v", ms, p); after != before {
		t.Errorf("%s became %s", before, after)
	}
	if again, _ := Choose(slices.Clone(ms), p); again.List.String() != first.List.String() {
		t.Errorf("%s, then %s", first.List, again.List)
	}
}
