package modproxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// A Try is one request of an exchange.
type Try struct {
	URL    *url.URL
	Header http.Header
	Wait   time.Duration // before the request is sent
	Stall  time.Duration // the attempt ends when nothing comes for so long; 0 is never
	HTTP1  bool          // over a connection of its own protocol, for servers that break HTTP/2
}

// Do gets one file over as many attempts as next allows. After each attempt
// that failed, next is told its error and says what to try then; handle reads
// an answer, whatever its status, and an error of it is an attempt that failed.
// handle need not close the body.
//
// The error is that of the last attempt: of type *TimeoutError when it stalled,
// what handle returned, or what net/http gives.
func (c *Client) Do(ctx context.Context, first Try, handle func(*http.Response) error, next func(error) (Try, bool)) error {
	x := &exchange{client: c, try: first}
	var upcoming Try
	rc := retryablehttp.Client{
		HTTPClient: &http.Client{Transport: x, CheckRedirect: checkRedirect},
		RetryMax:   math.MaxInt32, // next decides
		CheckRetry: func(ctx context.Context, _ *http.Response, err error) (retry bool, _ error) {
			if err == nil || ctx.Err() != nil {
				return false, ctx.Err() // asked before and after handle when all is well
			}
			upcoming, retry = next(x.explain(err))
			return retry, nil
		},
		Backoff: func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return upcoming.Wait },
		PrepareRetry: func(r *http.Request) error {
			x.try = upcoming
			r.URL, r.Host = upcoming.URL, upcoming.URL.Host
			r.Header = upcoming.header()
			return nil
		},
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, first.URL.String(), nil)
	if err != nil {
		return fmt.Errorf("GET %s: %w", first.URL.Redacted(), err)
	}
	req.Header = first.header()
	req.SetResponseHandler(func(r *http.Response) error {
		defer r.Body.Close() // before the retry client drains it, which a stalled body would hang
		return handle(r)
	})
	_, err = rc.Do(req)
	return x.explain(err)
}

func (t Try) header() http.Header {
	if t.Header == nil {
		return http.Header{}
	}
	return t.Header
}

// exchange is the transport of one Do. It ends attempts that stall, and says so
// by type. It has no CloseIdleConnections on purpose: the retry client would
// call it after each failed file and so empty the pool that all files share.
type exchange struct {
	client *Client
	try    Try

	mu    sync.Mutex
	stall *TimeoutError // why the current attempt was ended by us
}

func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	x.setStall(nil)
	var rt http.RoundTripper = x.client.h2
	if x.try.HTTP1 {
		rt = x.client.h1
	}
	if x.try.Stall == 0 {
		return rt.RoundTrip(req)
	}
	ctx, cancel := context.WithCancel(req.Context())
	var phase atomic.Value
	phase.Store(PhaseConnect)
	timer := time.AfterFunc(x.try.Stall, func() {
		x.setStall(&TimeoutError{URL: req.URL.Redacted(), Phase: phase.Load().(Phase), After: x.try.Stall})
		cancel()
	})
	resp, err := rt.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, tracePhase(&phase))))
	if err != nil {
		timer.Stop()
		cancel()
		return nil, err
	}
	phase.Store(PhaseBody)
	timer.Reset(x.try.Stall)
	resp.Body = &watchedBody{resp.Body, timer, x.try.Stall, cancel}
	return resp, nil
}

func (x *exchange) setStall(e *TimeoutError) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.stall = e
}

// explain replaces the "context canceled" of an attempt that we ended ourselves.
func (x *exchange) explain(err error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err != nil && x.stall != nil && errors.Is(err, context.Canceled) {
		return x.stall
	}
	return err
}

// watchedBody ends the attempt when no byte comes for as long as stall.
type watchedBody struct {
	io.ReadCloser
	timer  *time.Timer
	stall  time.Duration
	cancel context.CancelFunc
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.timer.Reset(b.stall)
	}
	return n, err
}

func (b *watchedBody) Close() error {
	b.timer.Stop()
	err := b.ReadCloser.Close()
	b.cancel()
	return err
}

// tracePhase follows how far an attempt has come. Address families are dialled
// side by side, so phases are those of the first that gets there.
func tracePhase(phase *atomic.Value) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { phase.Store(PhaseDNS) },
		DNSDone:           func(httptrace.DNSDoneInfo) { phase.Store(PhaseConnect) },
		TLSHandshakeStart: func() { phase.Store(PhaseTLS) },
		TLSHandshakeDone:  func(tls.ConnectionState, error) { phase.Store(PhaseHeader) },
		GotConn:           func(httptrace.GotConnInfo) { phase.Store(PhaseHeader) },
	}
}

// checkRedirect follows what cmd/go follows (src/cmd/go/internal/web/http.go):
// ten hops, never from https to http. net/http drops credentials at a new host.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return &ContentError{URL: via[0].URL.Redacted(), Reason: "redirects more than ten times"}
	}
	if from := via[len(via)-1].URL; from.Scheme == "https" && req.URL.Scheme == "http" {
		return &ContentError{URL: from.Redacted(), Reason: "redirects from https to http: " + req.URL.Redacted()}
	}
	return nil
}
