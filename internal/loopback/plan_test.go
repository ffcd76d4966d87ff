package loopback

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
)

// fault makes an error from a word of a case below.
func fault(word string) error {
	status := func(code int, detail string) error {
		return &modproxy.StatusError{URL: "http://u", StatusCode: code, Detail: detail}
	}
	switch word {
	case "cut":
		return io.ErrUnexpectedEOF
	case "503":
		return status(503, "")
	case "429/5s":
		return &modproxy.StatusError{StatusCode: 429, RetryAfter: 5 * time.Second}
	case "429/1h":
		return &modproxy.StatusError{StatusCode: 429, RetryAfter: time.Hour}
	case "403":
		return status(403, "")
	case "404":
		return status(404, "unknown revision v9")
	case "404/outage":
		return status(404, "dial tcp 1.2.3.4:443: i/o timeout")
	case "hash":
		return &modproxy.HashError{Size: smallDiffers + 1}
	case "hash/small":
		return &modproxy.HashError{Size: smallDiffers}
	case "cert":
		return &tls.CertificateVerificationError{Err: errors.New("unknown authority")}
	}
	panic(word)
}

// TestPlan: what happens to each attempt in turn, and who is asked next, after
// how long. Waits are the ceilings of the backoff.
func TestPlan(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		upstreams string // "A B", a P in front of a name makes it private
		attempts  int
		faults    string
		asked     string // upstream and wait of each attempt
		answer    string // upstream whose error is the answer
	}{
		"lone one, longer and longer":        {"A", 6, "cut cut cut cut cut cut", "A A+100ms A+200ms A+400ms A+800ms A+1.6s", "A"},
		"the other one at once":              {"A B", 4, "503 503 503 503", "A B A+100ms B+100ms", "A"},
		"404 is asked of all, once":          {"A B", 9, "404 404", "A B", "A"},
		"404 here and broken there":          {"A B", 4, "404 503 503 503", "A B B+100ms B+200ms", "B"},
		"403 is final for one":               {"A B", 9, "403 cut 404", "A B B+100ms", "A"},
		"403 of a private one is the answer": {"PA B", 9, "403", "PA", "PA"},
		"untrusted certificate":              {"A B", 9, "cert 404", "A B", "A"},
		"Retry-After while alone":            {"A", 9, "429/5s 404", "A A+5s", "A"},
		"Retry-After beyond the budget":      {"A", 9, "429/1h", "A", "A"},
		"Retry-After with another":           {"A B", 4, "429/5s cut cut cut", "A B B+100ms B+200ms", "A"},
		"a 404 that quotes an outage":        {"A", 9, "404/outage 404/outage 404/outage", "A A+100ms A+200ms", "A"},
		"other content, then good":           {"A B", 9, "hash", "A B", "A"},
		"other content everywhere":           {"A B", 9, "hash hash hash hash hash hash", "A B A+100ms B+100ms A+200ms B+200ms", "A"},
		"other content, of a large file":     {"A", 9, "hash hash hash", "A A+100ms A+200ms", "A"},
		"other content, of a small file":     {"A", 9, strings.Repeat("hash/small ", 8), "A A+100ms A+200ms A+400ms A+800ms A+1.6s A+2s A+2s", "A"},
		"other content, then broken":         {"A B", 4, "hash 503 hash hash", "A B A+100ms B+100ms", "A"},
		"one attempt is no retry":            {"A B", 1, "cut", "A", "A"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Unix(0, 0)
			p := &plan{attempts: tt.attempts, deadline: now.Add(20 * time.Second), jitter: func(d time.Duration) time.Duration { return d }}
			for _, n := range strings.Fields(tt.upstreams) {
				p.legs = append(p.legs, &leg{up: &Upstream{URL: &url.URL{Host: n}, Private: n[0] == 'P'}})
			}
			l := p.first(now)
			asked := l.up.URL.Host
			for _, word := range strings.Fields(tt.faults) {
				if l == nil {
					t.Fatalf("the plan ended after %s, before %s", asked, word)
				}
				next, wait := p.after(now, l, fault(word))
				if l = next; next == nil {
					continue
				}
				now = now.Add(wait)
				asked += " " + next.up.URL.Host
				if wait > 0 {
					asked += fmt.Sprintf("+%v", wait)
				}
			}
			if asked != tt.asked {
				t.Errorf("asked %s, want %s", asked, tt.asked)
			}
			if got := p.outcome().up.URL.Host; got != tt.answer {
				t.Errorf("the answer is that of %s, want %s", got, tt.answer)
			}
		})
	}
}

// TestPlanProgress: the time for retries runs from the last bytes, but not for ever
// when they were in vain.
func TestPlanProgress(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kept bool
		made int // attempts of a minute each
	}{{true, 9}, {false, 1 + mostLost}} {
		now := time.Unix(0, 0)
		p := &plan{attempts: 9, retryFor: 20 * time.Second, deadline: now.Add(20 * time.Second), legs: []*leg{{up: &Upstream{}}}}
		for l := p.first(now); l != nil; {
			now = now.Add(time.Minute)
			p.progress(now, tt.kept)
			l, _ = p.after(now, l, fault("cut"))
		}
		if p.made != tt.made {
			t.Errorf("kept %v: %d attempts, want %d", tt.kept, p.made, tt.made)
		}
	}
}

func TestPlanAgreed(t *testing.T) {
	t.Parallel()
	for states, want := range map[*[]legState]bool{
		{differs, differs}: true, {differs, missing}: true, {differs, refused}: true,
		{differs, usable}: false, {missing, missing}: false,
	} {
		p := &plan{}
		for _, s := range *states {
			p.legs = append(p.legs, &leg{state: s})
		}
		if p.agreed() != want {
			t.Errorf("agreed for %v is %v", *states, !want)
		}
	}
	p := &plan{legs: []*leg{{state: differs}, {err: fault("hash")}}}
	if !p.agreed() {
		t.Error("the last attempt of the second one is forgotten")
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	var h health
	for i := range breakerFaults {
		if h.open(now) {
			t.Fatalf("open after %d faults", i)
		}
		h.bad(now)
	}
	if !h.open(now) || h.open(now.Add(firstPause)) {
		t.Error("after three faults it is open, and for a while only")
	}
	now = now.Add(firstPause)
	h.trial(now)
	if !h.open(now) {
		t.Error("one trial, not two")
	}
	h.bad(now)
	if !h.open(now.Add(firstPause)) {
		t.Error("the second pause is longer")
	}
	h.good(time.Millisecond)
	if h.open(now) {
		t.Error("closed by one good answer")
	}
}

func TestPreferred(t *testing.T) {
	t.Parallel()
	up := func(name string, private bool, header time.Duration) *Upstream {
		u := &Upstream{URL: &url.URL{Host: name}, Private: private}
		for range enough {
			if header > 0 {
				u.health.good(header)
			}
		}
		return u
	}
	for name, tt := range map[string]struct {
		group []*Upstream
		want  string
	}{
		"nothing is known":         {[]*Upstream{up("A", false, 0), up("B", false, 0)}, "AB"},
		"less than twice is noise": {[]*Upstream{up("A", false, 100), up("B", false, 60)}, "AB"},
		"much faster goes first":   {[]*Upstream{up("A", false, 100), up("B", false, 90), up("C", false, 10)}, "CAB"},
		"private keeps its place":  {[]*Upstream{up("A", true, 100), up("B", false, 10)}, "AB"},
	} {
		got := ""
		for _, u := range preferred(tt.group) {
			got += u.URL.Host
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(func() int { return 16 })
		for range 16 {
			if !l.acquire(t.Context(), anyNumber) {
				t.Fatal("no place")
			}
		}
		l.refused(time.Now())
		l.refused(time.Now()) // of the same wave
		if l.bound() != 8 {
			t.Errorf("bound %d after one wave of refusals, want 8", l.bound())
		}
		got := make(chan bool)
		go func() { got <- l.acquire(t.Context(), anyNumber) }()
		for range 8 {
			l.release()
		}
		synctest.Wait()
		select {
		case <-got:
			t.Fatal("a place although eight are taken")
		default:
		}
		l.release()
		if !<-got {
			t.Error("no place although one is free")
		}
		for range growthAfter {
			l.served()
		}
		if l.bound() != 9 {
			t.Errorf("bound %d after good answers, want 9", l.bound())
		}
	})
}
