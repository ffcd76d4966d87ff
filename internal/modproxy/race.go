package modproxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/sumdb/dirhash"
)

// A Measurement is what one candidate did in a race.
type Measurement struct {
	Candidate
	Err        error         // why it does not count as reachable; nil after a bit-exact .mod
	ZipErr     error         // why the zip sample did not come, though the .mod did
	Phases     PhaseTimes    // of the first request
	Latency    time.Duration // first byte of the .mod since the start, redirects included
	Total      time.Duration // until .mod and zip sample were in; 0 when the race was over before
	Throughput int64         // bytes per second of the zip sample, 0 when none was asked for
	Hops       []string      // hosts of the redirects to the zip, the last one serves it
	SumDB      Answer        // does it carry the checksum database
	NotFound   Answer        // does it say 404 or 410 for what does not exist
}

// Reachable reports whether the candidate gave a bit-exact answer.
func (m Measurement) Reachable() bool { return m.Err == nil }

// PhaseTimes are the parts of a request.
type PhaseTimes struct{ DNS, Connect, TLS, FirstByte time.Duration }

// settled clears the marks of phases that began and did not end.
func (p PhaseTimes) settled() PhaseTimes {
	return PhaseTimes{max(p.DNS, 0), max(p.Connect, 0), max(p.TLS, 0), max(p.FirstByte, 0)}
}

// An Answer is yes, no, or unknown when there was none in time.
type Answer int

const (
	AnswerUnknown Answer = iota
	Yes
	No
)

// Limits of a race.
const (
	sampleBytes = 64 << 10 // tells 20 KB/s from a good line, and costs a good line nothing
	modLimit    = 16 << 20 // as cmd/go's limit for go.mod
)

// A RaceOptions value says what to ask and for how long.
type RaceOptions struct {
	Sample Sample
	Budget time.Duration // of the whole race
	SumDB  string        // name of the checksum database; empty when none is used
	// Brief asks a lone candidate all at once and for no zip: there is nothing to
	// choose, and each round trip is one that the job waits for.
	Brief bool
	// Asked is called each time a lone candidate is about to get the request for its
	// .mod; may be nil.
	// What is asked of it from then on comes behind that, and if it is too much for
	// the candidate, that is not what the measurement says.
	Asked func()
}

// Race measures all candidates at once: first the .mod of the sample, checked
// against its hash, then the beginning of its zip. It ends when no candidate can
// be better than the leader beyond what is noise and there is one to fall back on
// (decided), or with the budget. A candidate that is cut off then has a *TimeoutError of the phase it was in.
// The result has the order of the candidates.
func (c *Client) Race(ctx context.Context, candidates []Candidate, o RaceOptions) []Measurement {
	ctx, cancel := context.WithTimeout(ctx, o.Budget)
	defer cancel()
	start := time.Now()
	runs := make([]*run, len(candidates))
	finish := make(chan time.Duration, len(candidates))
	proven := make(chan struct{}, len(candidates))
	var wg sync.WaitGroup
	o.Brief = o.Brief && len(candidates) == 1
	for i, cand := range candidates {
		r := &run{client: c, o: o, start: start, finish: finish, proven: proven, m: Measurement{Candidate: cand}}
		runs[i] = r
		wg.Go(func() { r.measure(ctx) })
	}
	all := make(chan struct{})
	go func() { wg.Wait(); close(all) }()
	decided(start, finish, proven, all)
	cancel()
	<-all
	ms := make([]Measurement, len(runs))
	for i, r := range runs {
		r.mu.Lock() // a lost dial may still report to the trace
		ms[i] = r.m
		ms[i].Phases = r.m.Phases.settled()
		r.mu.Unlock()
	}
	return ms
}

// decided returns when nobody can beat the leader any more, and somebody else has
// given a right answer too: a winner alone would leave nothing to fail over to. For
// that second one it waits as long again as the leader took, within bounds.
func decided(start time.Time, finish <-chan time.Duration, proven <-chan struct{}, all <-chan struct{}) {
	var leader time.Duration
	select {
	case leader = <-finish:
	case <-all:
		return
	}
	select {
	case <-time.After(leader + margin(leader) - time.Since(start)):
	case <-all:
		return
	}
	enough := time.After(min(max(leader, leastSecond), mostSecond))
	for range 2 { // the leader's own, and one more
		select {
		case <-proven:
		case <-enough:
			return
		case <-all:
			return
		}
	}
}

const (
	leastSecond = 100 * time.Millisecond
	mostSecond  = 400 * time.Millisecond
)

// margin is how much slower than t still counts as equal: measurements of one
// proxy differ by so much from run to run.
func margin(t time.Duration) time.Duration { return t/4 + 15*time.Millisecond }

// run is one candidate's part of a race.
type run struct {
	client *Client
	o      RaceOptions
	start  time.Time
	finish chan<- time.Duration
	proven chan<- struct{}

	mu sync.Mutex // the zip, the database and the 404 are asked side by side
	m  Measurement
}

func (r *run) measure(ctx context.Context) {
	if r.o.Brief {
		r.brief(ctx)
		return
	}
	if err := r.mod(ctx); err != nil {
		r.m.Err = r.late(ctx, err)
		return
	}
	r.proven <- struct{}{}
	var wg sync.WaitGroup
	wg.Go(func() { r.zip(ctx) })
	wg.Go(func() { r.sumdb(ctx) })
	wg.Go(func() { r.notFound(ctx) })
	wg.Wait()
}

func (r *run) brief(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { r.sumdb(ctx) })
	wg.Go(func() { r.notFound(ctx) })
	defer wg.Wait()
	if err := r.mod(ctx); err != nil {
		r.m.Err = r.late(ctx, err)
		cancel()
		return
	}
	r.m.Total = time.Since(r.start)
	r.finish <- r.m.Total
}

// late says in which phase a candidate was when the race ended without it.
func (r *run) late(ctx context.Context, err error) error {
	if ctx.Err() == nil || !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	phase := PhaseHeader
	switch p := r.m.Phases; {
	case p.FirstByte > 0:
		phase = PhaseBody
	case p.DNS < 0:
		phase = PhaseDNS
	case p.Connect < 0:
		phase = PhaseConnect
	case p.TLS < 0:
		phase = PhaseTLS
	}
	return &TimeoutError{URL: Redact(r.m.URL), Phase: phase, After: time.Since(r.start), Late: ctx.Err() == context.Canceled}
}

// mod asks for the .mod, and once more beside that when half the time is over: a
// lost answer never comes.
func (r *run) mod(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- r.askMod(ctx) }()
	late := time.NewTimer(r.o.Budget / 2)
	defer late.Stop()
	select {
	case err := <-first:
		return err
	case <-late.C:
	}
	go func() { second <- r.askMod(ctx) }()
	select {
	case err := <-first:
		if err == nil || <-second == nil {
			return nil
		}
		return err
	case err := <-second:
		if err == nil {
			return nil
		}
		return <-first
	}
}

func (r *run) askMod(ctx context.Context) error {
	path, err := r.o.Sample.file(".mod")
	if err != nil {
		return err
	}
	ctx = httptrace.WithClientTrace(ctx, r.trace())
	return r.get(ctx, path, nil, func(resp *http.Response) error {
		latency := time.Since(r.start)
		if err := CheckStatus(resp); err != nil {
			return err
		}
		data, err := io.ReadAll(io.LimitReader(resp.Body, modLimit))
		if err != nil {
			return fmt.Errorf("read %s: %w", Redact(resp.Request.URL), err)
		}
		got, err := ModHash(data)
		if err != nil {
			return err
		}
		switch want := r.o.Sample.ModHash; {
		case got == want:
		case modfile.ModulePath(data) == r.o.Sample.Module.Path:
			return &HashError{URL: Redact(resp.Request.URL), Got: got, Want: want, Size: int64(len(data)), Header: resp.Header}
		default:
			return &ContentError{URL: Redact(resp.Request.URL), Reason: "is not the go.mod file that go.sum knows", Detail: Beginning(data)}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.m.Latency = latency
		return nil
	})
}

func (r *run) zip(ctx context.Context) {
	path, err := r.o.Sample.file(".zip")
	if err != nil {
		return
	}
	began := time.Now()
	var n int64
	var hops []string
	header := http.Header{"Range": {fmt.Sprintf("bytes=0-%d", sampleBytes-1)}}
	err = r.get(ctx, path, header, func(resp *http.Response) error {
		if resp.StatusCode != http.StatusPartialContent {
			if err := CheckStatus(resp); err != nil {
				return err
			}
		}
		hops = hopHosts(resp)
		data, err := io.ReadAll(io.LimitReader(resp.Body, sampleBytes))
		if err != nil {
			return fmt.Errorf("read %s: %w", Redact(resp.Request.URL), err)
		}
		if !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
			return &ContentError{URL: Redact(resp.Request.URL), Reason: "is no zip file", Detail: Beginning(data)}
		}
		n = int64(len(data))
		return nil
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.fault(ctx, err)
		return
	}
	r.m.Total = time.Since(r.start)
	r.m.Throughput = int64(float64(n) / max(time.Since(began).Seconds(), 1e-6))
	r.m.Hops = hops
	r.finish <- r.m.Total
}

// fault notes what went wrong with the zip. Wrong content rules the candidate
// out; a lost connection only costs it the race.
func (r *run) fault(ctx context.Context, err error) {
	var content *ContentError
	var status *StatusError
	switch {
	case ctx.Err() != nil: // the race is over, which says nothing about the candidate
	case errors.As(err, &content), errors.As(err, &status):
		r.m.Err = err
	default:
		r.m.ZipErr = err
	}
}

func (r *run) sumdb(ctx context.Context) {
	if r.o.SumDB != "" {
		r.ask(ctx, "sumdb/"+r.o.SumDB+"/supported", &r.m.SumDB, Yes, No)
	}
}

// notFound asks for a version that the module's path rules out, so that no
// server has to look for it.
func (r *run) notFound(ctx context.Context) {
	s := r.o.Sample
	s.Module.Version = "v99.99.99"
	if path, err := s.file(".mod"); err == nil {
		r.ask(ctx, path, &r.m.NotFound, No, Yes)
	}
}

// ask sets answer by the status: found for 200, missing for 404 and 410.
func (r *run) ask(ctx context.Context, path string, answer *Answer, found, missing Answer) {
	err := r.get(ctx, path, nil, CheckStatus)
	r.mu.Lock()
	defer r.mu.Unlock()
	var status *StatusError
	switch {
	case err == nil:
		*answer = found
	case errors.As(err, &status) && status.NotFound():
		*answer = missing
	}
}

func (r *run) get(ctx context.Context, path string, header http.Header, handle func(*http.Response) error) error {
	return r.client.again(ctx, Try{URL: r.m.Base(path), Header: header, Shared: !r.o.Brief}, handle)
}

// again is Do with more attempts: a lost answer is no reason to drop the best
// candidate, and three lost ones none to drop the only one. When the context ends meanwhile, the error is that of the first time.
func (c *Client) again(ctx context.Context, try Try, handle func(*http.Response) error) error {
	var first error
	tries := 1
	err := c.Do(ctx, try, handle, func(err error) (Try, bool) {
		if tries >= attemptsFor(err) {
			return Try{}, false
		}
		if first == nil {
			first = err
		}
		try.Wait = min(firstAgain<<(tries-1), mostAgain)
		if status := (*StatusError)(nil); errors.As(err, &status) {
			try.Wait = max(try.Wait, min(status.RetryAfter, time.Second))
		}
		tries++
		return try, true
	})
	if err != nil && first != nil && ctx.Err() != nil {
		return first
	}
	return err
}

// The waits between attempts of a race: all of them are half its usual budget.
const (
	firstAgain = 10 * time.Millisecond
	mostAgain  = 250 * time.Millisecond
)

// attemptsFor is how often what failed so is asked for: a connection that was cut may
// do the next time, what could not be connected to or refuses hardly will.
func attemptsFor(err error) int {
	var status *StatusError
	var content *ContentError
	var hash *HashError
	var dial *net.OpError
	switch {
	case errors.As(err, &status) && status.StatusCode == http.StatusTooManyRequests:
		return 2
	case errors.As(err, &status) && status.StatusCode < 500:
		return 1
	case errors.As(err, &status):
		return 4
	case errors.As(err, &content), errors.As(err, &hash): // one of the servers behind a name may be at fault
		return 5
	case errors.As(err, &dial) && dial.Op == "read", errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET),
		strings.Contains(err.Error(), "stream error: "): // RST_STREAM, whose type net/http keeps to itself
		return 8
	}
	return 2
}

// trace fills Phases; a phase that has begun and not ended is negative.
func (r *run) trace() *httptrace.ClientTrace {
	var dns, connect, handshake, sent time.Time
	begin := func(t *time.Time, d *time.Duration) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if *t = time.Now(); *d == 0 {
			*d = -1
		}
	}
	end := func(t *time.Time, d *time.Duration) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if *d <= 0 && !t.IsZero() {
			*d = time.Since(*t)
		}
	}
	p := &r.m.Phases
	return &httptrace.ClientTrace{
		GetConn: func(string) {
			if r.o.Brief && r.o.Asked != nil {
				r.o.Asked()
			}
		},
		DNSStart:     func(httptrace.DNSStartInfo) { begin(&dns, &p.DNS) },
		DNSDone:      func(httptrace.DNSDoneInfo) { end(&dns, &p.DNS) },
		ConnectStart: func(_, _ string) { begin(&connect, &p.Connect) },
		ConnectDone: func(_, _ string, err error) {
			if err == nil { // there may be another address
				end(&connect, &p.Connect)
			}
		},
		TLSHandshakeStart:    func() { begin(&handshake, &p.TLS) },
		TLSHandshakeDone:     func(_ tls.ConnectionState, _ error) { end(&handshake, &p.TLS) },
		GotConn:              func(httptrace.GotConnInfo) { begin(&sent, new(time.Duration)) }, // the answer may be told of before the request
		WroteRequest:         func(httptrace.WroteRequestInfo) { begin(&sent, new(time.Duration)) },
		GotFirstResponseByte: func() { end(&sent, &p.FirstByte) },
	}
}

func hopHosts(resp *http.Response) []string {
	var hosts []string
	for req := resp.Request; req != nil && req.Response != nil; req = req.Response.Request {
		hosts = append([]string{req.URL.Host}, hosts...)
	}
	return hosts
}

// ModHash returns the h1 hash of a go.mod file, as go.sum has it.
func ModHash(data []byte) (string, error) {
	return dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	})
}
