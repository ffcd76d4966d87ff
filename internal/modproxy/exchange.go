package modproxy

import (
	"context"
	"errors"
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
	Shared bool          // over a connection that is there, if there is one: a new one costs round trips
	Fast   bool          // over the connection that brings it soonest, as far as is known
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
			r.Header = c.header(upcoming)
			return nil
		},
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	get := &http.Request{Method: http.MethodGet, URL: first.URL, Host: first.URL.Host, Header: c.header(first)}
	req := &retryablehttp.Request{Request: get.WithContext(ctx)}
	req.SetResponseHandler(func(r *http.Response) error {
		defer r.Body.Close() // before the retry client drains it, which a stalled body would hang
		return handle(r)
	})
	_, err := rc.Do(req)
	if ctx.Err() != nil {
		x.watch = nil // whatever an earlier attempt died of
	}
	return x.explain(err)
}

// header returns the header of a try with the login of its host. net/http leaves
// the login behind when it follows a redirect to another host.
func (c *Client) header(t Try) http.Header {
	h := t.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	if user := c.netrc.login(t.URL); user != nil {
		password, _ := user.Password()
		r := http.Request{Header: h}
		r.SetBasicAuth(user.Username(), password)
	}
	return h
}

// exchange is the transport of one Do. It has no CloseIdleConnections on purpose:
// the retry client would call it after each failed file and so empty the pool that
// all files share.
type exchange struct {
	client *Client
	try    Try
	watch  *watch // of the current request, nil when it may take for ever
}

func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	x.watch = nil
	c := x.client
	pick := c.h2.idlest
	switch {
	case x.try.Shared:
		pick = c.h2.dialled
	case x.try.Fast:
		pick = func(host string) *shard { s, _ := c.h2.fastest(host); return s }
	}
	var over atomic.Pointer[conn]
	var rt http.RoundTripper = picking{c.h2, pick, over.Store}
	if x.try.HTTP1 {
		rt = c.h1
	}
	if x.try.Stall == 0 {
		return rt.RoundTrip(req)
	}
	c.answers.Add(1)
	ctx, w := startWatch(req.Context(), Redact(req.URL), x.try.Stall, func() time.Duration {
		return max(c.turn(), c.h2.turn(req.URL.Host, over.Load()))
	})
	x.watch = w
	ctx = httptrace.WithClientTrace(httptrace.WithClientTrace(ctx, w.trace()), c.openings.trace(req.URL))
	resp, err := rt.RoundTrip(req.WithContext(ctx))
	if err != nil {
		w.end()
		c.answers.Add(-1)
		return nil, err
	}
	w.enter(PhaseBody)
	w.pause()
	resp.Body = &watchedBody{resp.Body, w, &c.meter, sync.OnceFunc(func() { c.answers.Add(-1) })}
	return resp, nil
}

// explain replaces the "context canceled" of a request that we ended ourselves,
// and takes out of other errors what net/http leaves in: user names and queries.
func (x *exchange) explain(err error) error {
	if x.watch != nil && errors.Is(err, context.Canceled) {
		if stall := x.watch.stalled(); stall != nil {
			return stall
		}
	}
	var of *url.Error
	if !errors.As(err, &of) {
		return err
	}
	host := ""
	if u, perr := url.Parse(of.URL); perr == nil {
		host = u.Hostname()
	}
	of.URL = redactText(of.URL)
	of.Err = describeCertificate(host, of.Err)
	return err
}

// checkRedirect follows what cmd/go follows (src/cmd/go/internal/web/http.go):
// ten hops, never from https to http. net/http drops credentials at a new host.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return &ContentError{URL: Redact(via[0].URL), Reason: "redirects more than ten times"}
	}
	if from := via[len(via)-1].URL; from.Scheme == "https" && req.URL.Scheme == "http" {
		return &ContentError{URL: Redact(from), Reason: "redirects from https to http: " + Redact(req.URL)}
	}
	return nil
}
