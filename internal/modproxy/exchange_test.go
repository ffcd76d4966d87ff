package modproxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/golden"
	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// noStall is a time-out that never comes.
const noStall = time.Minute

// patiently tries with longer and longer time-outs until one is long enough for a busy
// machine to do what comes before a stall.
func patiently(try func(stall time.Duration) (enough bool)) {
	for _, stall := range []time.Duration{400 * time.Millisecond, 2 * time.Second, 10 * time.Second} {
		if try(stall) {
			return
		}
	}
}

const zipPath = "example.com/m/@v/v1.0.0.zip"

// A rig is a module proxy with a client that trusts it.
type rig struct {
	*proxytest.Server
	client *Client
}

func newRig(t *testing.T, https bool) rig {
	t.Helper()
	srv := proxytest.NewWith(t, proxytest.Config{TLS: https}, proxytest.Module("example.com/m@v1.0.0", "-- m.go --\npackage m\n"))
	c := NewClient(Options{RootCAs: srv.CA})
	t.Cleanup(c.Close)
	return rig{srv, c}
}

func (r rig) try(t *testing.T, base string) Try {
	t.Helper()
	return Try{URL: parseURL(t, r.URL+base+"/"+zipPath), Stall: noStall}
}

func parseURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// read is what callers do with an answer.
func read(resp *http.Response) error {
	if err := CheckStatus(resp); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, resp.Body)
	return err
}

func never(error) (Try, bool) { return Try{}, false }

// TestDo reads testdata/do.txt: a faulty base URL in each case, and what one attempt
// at a file below it gives over each protocol.
func TestDo(t *testing.T) {
	t.Parallel()
	plain, secure := newRig(t, false), newRig(t, true)
	golden.Run(t, "testdata/do.txt", func(t *testing.T, in []string) []string {
		base, stalls, _ := strings.Cut(in[0], " stalls in phase ")
		out := make([]string, 3)
		var wg sync.WaitGroup
		for i, p := range []struct {
			name  string
			rig   rig
			http1 bool
		}{{"http  ", plain, false}, {"https ", secure, true}, {"http/2", secure, false}} {
			try := p.rig.try(t, base)
			try.HTTP1 = p.http1
			wg.Go(func() {
				patiently(func(stall time.Duration) bool {
					if stalls != "" {
						try.Stall = stall
					}
					err := p.rig.client.Do(t.Context(), try, read, never)
					out[i] = p.name + " " + p.rig.says(err)
					var timeout *TimeoutError
					return !errors.As(err, &timeout) || string(timeout.Phase) == stalls
				})
			})
		}
		wg.Wait()
		return out
	})
}

// says tells what an error is, by types where it has one.
func (r rig) says(err error) string {
	var (
		timeout *TimeoutError
		status  *StatusError
		content *ContentError
		hash    *HashError
		of      *url.Error
	)
	switch {
	case err == nil:
		return "whole"
	case errors.As(err, &hash):
		return fmt.Sprintf("%.3s… is not %.3s…, %s", hash.Got, hash.Want, hash.FailureClass())
	case errors.As(err, &timeout):
		return fmt.Sprintf("stalls in phase %s, %s", timeout.Phase, timeout.FailureClass())
	case errors.As(err, &status):
		s := fmt.Sprintf("status %s, %s", strings.ReplaceAll(status.Status(), "\n", `\n`), status.FailureClass())
		if status.RetryAfter > 0 {
			s += fmt.Sprintf(", ask again after %v", status.RetryAfter.Round(time.Minute))
		}
		return s
	case errors.As(err, &content):
		return strings.NewReplacer(r.URL, "$proxy", r.StorageURL, "$storage", strings.Replace(r.StorageURL, "https:", "http:", 1), "$insecure").
			Replace(content.Reason) + ", " + string(content.FailureClass())
	case errors.Is(err, syscall.ECONNRESET), strings.Contains(err.Error(), "forcibly closed"):
		return "connection reset"
	case errors.As(err, &of):
		err = of.Err
	}
	return strings.ReplaceAll(streamID.ReplaceAllString(err.Error(), ""), r.URL, "$proxy")
}

var streamID = regexp.MustCompile(` stream ID [0-9]+;`)

// TestDoPhases: how far an attempt had come is part of the error.
func TestDoPhases(t *testing.T) {
	t.Parallel()
	mute, hole := proxytest.Mute(t), proxytest.BlackHole(t)
	hanging := newRig(t, true)
	for name, tt := range map[string]struct {
		url  string
		want Phase
	}{
		"no connection":   {hole, PhaseConnect},
		"no handshake":    {strings.Replace(mute, "http:", "https:", 1), PhaseTLS},
		"no header":       {mute, PhaseHeader},
		"no header of h2": {hanging.URL + "/hang", PhaseHeader},
		"no more body":    {hanging.URL + "/stall", PhaseBody},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.url == mute && hole == mute {
				t.Skip("this system has no black hole")
			}
			c := NewClient(Options{RootCAs: hanging.CA})
			defer c.Close()
			u := parseURL(t, tt.url+"/"+zipPath)
			u.User, u.RawQuery = url.UserPassword("u", secret), "token="+secret
			var err error
			var timeout *TimeoutError
			patiently(func(stall time.Duration) bool {
				err = c.Do(t.Context(), Try{URL: u, Stall: stall}, read, never)
				return !errors.As(err, &timeout) || timeout.Phase == tt.want && timeout.After == stall
			})
			if timeout == nil || timeout.Phase != tt.want || !timeout.Timeout() {
				t.Fatalf("error %#v, want a time-out in phase %s", err, tt.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("a secret is in %s", err)
			}
		})
	}
}

// TestDoTries: next is told each error and says what comes then.
func TestDoTries(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	second, third := r.try(t, "/cutx1"), r.try(t, "/cutx1")
	third.URL = parseURL(t, r.StorageURL+"/cutx1/"+zipPath)
	third.Header, third.HTTP1, third.Wait = http.Header{"Range": {"bytes=10-"}}, true, time.Millisecond
	tries := []Try{second, third}
	var said []string
	var statuses []int
	err := r.client.Do(t.Context(), r.try(t, "/503x1"), func(resp *http.Response) error {
		statuses = append(statuses, resp.StatusCode)
		if resp.StatusCode == http.StatusPartialContent {
			return nil
		}
		return read(resp)
	}, func(err error) (Try, bool) {
		said = append(said, r.says(err))
		next := tries[0]
		tries = tries[1:]
		return next, true
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{503, 200, 206}; !slices.Equal(statuses, want) {
		t.Errorf("handle saw %v, want %v", statuses, want)
	}
	if len(said) != 2 || !strings.HasPrefix(said[0], "status 503") || !strings.HasPrefix(said[1], "stream error") {
		t.Errorf("next was told %q, want a status and a cut body", said)
	}
	var got []string
	for _, q := range r.Requests() {
		got = append(got, strings.Join([]string{"https://" + q.Host, q.Proto, q.Header.Get("Range")}, " "))
	}
	if want := []string{r.URL + " HTTP/2.0 ", r.URL + " HTTP/2.0 ", r.StorageURL + " HTTP/1.1 bytes=10-"}; !slices.Equal(got, want) {
		t.Errorf("requests %q, want %q", got, want)
	}
}

// TestDoKeepsHandlesError: what handle returns comes out as it is, also when the
// body was not read and the time-out runs out meanwhile.
func TestDoKeepsHandlesError(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	own := errors.New("hash differs")
	var err error
	patiently(func(stall time.Duration) (whole bool) {
		try := r.try(t, "")
		try.Stall = stall
		err = r.client.Do(t.Context(), try, func(resp *http.Response) error {
			if err := read(resp); err != nil {
				return err
			}
			whole = true
			select { // longer than Stall: the reader's own time does not count
			case <-resp.Request.Context().Done():
				t.Error("the attempt was ended while its body was being checked")
			case <-time.After(stall * 3 / 2):
			}
			return own
		}, never)
		return whole
	})
	if err != own {
		t.Errorf("error %v, want %v", err, own)
	}
}

// TestDoCancel: a cancelled context ends an attempt and a wait at once, and next is
// not asked any more.
func TestDoCancel(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	for name, tt := range map[string]struct {
		base  string
		stall time.Duration
		asked int // how often next is asked before
	}{
		"waiting for an answer":   {"/hang", noStall, 0},
		"reading a body":          {"/stall", noStall, 0},
		"waiting to try again":    {"/503", noStall, 1},
		"waiting after a stall":   {"/hang", 50 * time.Millisecond, 1},
		"waiting, without limits": {"/503", 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			try := r.try(t, tt.base)
			try.Stall = tt.stall
			asked := 0
			if tt.asked == 0 {
				seen := r.Count(tt.base + "/*")
				go func() { r.Wait(tt.base+"/*", seen+1); cancel() }()
			}
			err := r.client.Do(ctx, try, read, func(error) (Try, bool) {
				asked++
				cancel()
				try.Wait = time.Hour
				return try, true
			})
			if !errors.Is(err, context.Canceled) || asked != tt.asked {
				t.Errorf("error %v after asking %d times, want %v after %d", err, asked, context.Canceled, tt.asked)
			}
		})
	}
}

// TestDoDeadline: a deadline is told from our own time-out.
func TestDoDeadline(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := r.client.Do(ctx, r.try(t, "/hang"), read, never)
	var timeout *TimeoutError
	if !errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) {
		t.Errorf("error %v, want %v", err, context.DeadlineExceeded)
	}
}

// TestDoKeepsConnections: the retry client drops idle connections after an error,
// but not those of others.
func TestDoKeepsConnections(t *testing.T) {
	t.Parallel()
	for _, https := range []bool{false, true} {
		r := newRig(t, https)
		for _, base := range []string{"", "/404", "/503", "", "/text=a_b/410", ""} {
			r.client.Do(t.Context(), r.try(t, base), func(resp *http.Response) error {
				err := read(resp)
				io.Copy(io.Discard, resp.Body)
				return err
			}, never)
		}
		if n := r.Conns(); n != 1 {
			t.Errorf("https %t: %d connections for six requests in turn, want 1", https, n)
		}
	}
}

// TestDoRedirect: the Range goes along to the storage host, the credentials do not.
func TestDoRedirect(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	try := r.try(t, "/redirect=once")
	try.URL.User = url.UserPassword("u", "p")
	try.Header = http.Header{"Range": {"bytes=0-9"}}
	var host string
	err := r.client.Do(t.Context(), try, func(resp *http.Response) error {
		host = resp.Request.URL.Host
		return nil
	}, never)
	if err != nil {
		t.Fatal(err)
	}
	if "https://"+host != r.StorageURL {
		t.Errorf("answered by %s, want %s", host, r.StorageURL)
	}
	for i, q := range r.Requests() {
		if auth := q.Header.Get("Authorization") != ""; auth != (i == 0) {
			t.Errorf("request %d has credentials: %t", i, auth)
		}
		if got := q.Header.Get("Range"); got != "bytes=0-9" {
			t.Errorf("request %d has Range %q", i, got)
		}
	}
}

// TestDoSecrets: no error has credentials or the signature of a link.
func TestDoSecrets(t *testing.T) {
	t.Parallel()
	for _, host := range []string{strings.TrimPrefix(proxytest.Refused(t), "http://"), "127.0.0.1:99999", ""} {
		u := &url.URL{Scheme: "http", Host: host, User: url.User(secret), RawQuery: "X-Goog-Signature=" + secret}
		c := NewClient(Options{})
		err := c.Do(t.Context(), Try{URL: u, Stall: noStall}, read, never)
		c.Close()
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("host %q: error %v", host, err)
		}
	}
	r := newRig(t, true)
	try := r.try(t, "/redirect=once/503")
	err := r.client.Do(t.Context(), try, read, never)
	var status *StatusError
	if !errors.As(err, &status) || !strings.HasSuffix(status.URL, zipPath+"?"+hidden) {
		t.Errorf("error %v, want the URL of the storage without its signature", err)
	}
}

// TestVia: every request goes by what the transport was put behind.
func TestVia(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused as it should")
	c := NewClient(Options{Via: func(*http.Transport) http.RoundTripper { return failing{refused} }})
	defer c.Close()
	for _, http1 := range []bool{false, true} {
		err := c.Do(t.Context(), Try{URL: parseURL(t, "https://proxy.example.test/"+zipPath), Stall: noStall, HTTP1: http1}, read, never)
		if !errors.Is(err, refused) {
			t.Errorf("error %v, want %v", err, refused)
		}
	}
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// TestDeadConnection: a connection of HTTP/2 that a router on the way has forgotten is
// not asked again and again.
func TestDeadConnection(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	relay := newRelay(t, strings.TrimPrefix(r.URL, "https://"))
	for _, s := range r.client.h2.shards {
		s.HTTP2 = &http.HTTP2Config{SendPingTimeout: 300 * time.Millisecond, PingTimeout: 300 * time.Millisecond}
	}
	try := Try{URL: parseURL(t, "https://"+relay.addr+"/"+zipPath), Stall: noStall}
	if err := r.client.Do(t.Context(), try, read, never); err != nil {
		t.Fatal(err)
	}
	relay.freeze()
	failed := 0
	err := r.client.Do(t.Context(), try, read, func(error) (Try, bool) {
		failed++
		return try, failed < 3
	})
	if err != nil || failed != 1 {
		t.Errorf("error %v after %d failed attempts, want none after 1", err, failed)
	}
}

func TestPingsByDefault(t *testing.T) {
	t.Parallel()
	for _, s := range NewClient(Options{}).h2.shards {
		if s.HTTP2 == nil || s.HTTP2.SendPingTimeout <= 0 || s.HTTP2.PingTimeout <= 0 {
			t.Fatalf("HTTP2 is %+v", s.HTTP2)
		}
	}
}

// A relay passes connections on until it freezes those that there are.
type relay struct {
	addr string
	mu   sync.Mutex
	stop chan struct{}
}

func newRelay(t *testing.T, to string) *relay {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{addr: l.Addr().String(), stop: make(chan struct{})}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				c.Close()
				return
			}
			t.Cleanup(func() { c.Close(); server.Close() })
			stop := r.frozen()
			wg.Go(func() { pipe(server, c, stop) })
			wg.Go(func() { pipe(c, server, stop) })
		}
	})
	return r
}

func (r *relay) frozen() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stop
}

func (r *relay) freeze() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.stop)
	r.stop = make(chan struct{})
}

// pipe copies until one side ends. Once frozen it reads on and passes nothing.
func pipe(to, from net.Conn, frozen <-chan struct{}) {
	defer from.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		select {
		case <-frozen:
		default:
			to.Write(buf[:n])
		}
	}
}

// TestWatch: each phase and each read has the limit for itself, what a reader does
// between them does not count, and late traces of a lost dial change nothing.
func TestWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, w := startWatch(t.Context(), "https://a.example", 5*time.Second, func() time.Duration { return 0 })
		trace := w.trace()
		trace.DNSStart(httptrace.DNSStartInfo{})
		for _, enter := range []func(){
			func() { trace.TLSHandshakeStart() },
			func() { trace.TLSHandshakeDone(tls.ConnectionState{}, nil) },
			func() { w.enter(PhaseBody) },
		} {
			time.Sleep(4 * time.Second)
			enter()
		}
		time.Sleep(4 * time.Second)
		w.pause()
		time.Sleep(time.Hour)
		if w.stalled() != nil || ctx.Err() != nil {
			t.Fatalf("ended by %v", w.stalled())
		}
		w.enter(PhaseBody)
		time.Sleep(6 * time.Second)
		if s := w.stalled(); s == nil || s.Phase != PhaseBody || ctx.Err() == nil {
			t.Errorf("after 6 s without a byte: %v, %v", s, ctx.Err())
		}
	})
	synctest.Test(t, func(t *testing.T) {
		_, w := startWatch(t.Context(), "https://a.example", 5*time.Second, func() time.Duration { return 0 })
		trace := w.trace()
		trace.DNSStart(httptrace.DNSStartInfo{})
		w.end()
		trace.TLSHandshakeStart()
		time.Sleep(time.Hour)
		if s := w.stalled(); s != nil {
			t.Errorf("an attempt that had ended is told as %v", s)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var full atomic.Int64
		full.Store(int64(20 * time.Second))
		_, w := startWatch(t.Context(), "https://a.example", 5*time.Second, func() time.Duration { return time.Duration(full.Load()) })
		w.enter(PhaseBody)
		time.Sleep(19 * time.Second)
		w.enter(PhaseBody)
		time.Sleep(19 * time.Second)
		if s := w.stalled(); s != nil {
			t.Errorf("an answer that waits for its turn is told as %v", s)
		}
		full.Store(0)
		time.Sleep(2 * time.Second)
		if s := w.stalled(); s == nil || s.After != 20*time.Second {
			t.Errorf("a line that has come to rest is told as %v", s)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		_, w := startWatch(t.Context(), "https://a.example", 5*time.Second, func() time.Duration { return 0 })
		w.trace().DNSStart(httptrace.DNSStartInfo{})
		time.Sleep(6 * time.Second)
		if s := w.stalled(); s == nil || s.FailureClass() != report.DNSFailure {
			t.Errorf("a silent resolver is told as %v", s)
		}
	})
}
