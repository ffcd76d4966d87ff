// Package tunnel connects to servers by the forward proxies of a network: in the
// order that a configuration or a PAC script gives, over to the next when one
// cannot be reached, and with credentials where a proxy asks for them.
//
// net/http has one proxy for a URL and one scheme, Basic, whose password it sends
// unasked. So connections are made here, below an http.Transport that keeps doing
// TLS and HTTP/2. Only plain http to an HTTP proxy stays with it, for proxies
// seldom let CONNECT through to port 80.
package tunnel

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/forward"
)

// Options of a Tunnel.
type Options struct {
	// Ways are the proxies for a URL, best first; nil among them is to connect
	// directly. See forward.Config.Ways.
	Ways func(context.Context, *url.URL) ([]*url.URL, error)
	// Logins are proxies whose user and password are known, for a PAC script names
	// the same ones without.
	Logins []*url.URL
	// Dial opens connections; by default the system does.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// RootCAs are who may sign for proxies that are spoken to by TLS; by default
	// those of the system.
	RootCAs *x509.CertPool
	// Account signs in with the account that runs this process, at proxies whose
	// URL has no user; by default by SSPI on Windows, and not at all elsewhere.
	Account func(scheme, proxy string) (Handshake, error)
	// Now is time.Now by default.
	Now func() time.Time
}

// A Tunnel connects. It remembers which proxies failed and which credentials were
// refused, so one serves a whole process. It is safe for concurrent use.
type Tunnel struct {
	o Options

	mu     sync.Mutex
	bad    map[string]time.Time // proxy → until when it is tried last
	logins map[string]*login
}

// New returns a Tunnel that remembers nothing.
func New(o Options) *Tunnel {
	if o.Dial == nil {
		o.Dial = (&net.Dialer{KeepAlive: 15 * time.Second}).DialContext
	}
	if o.Account == nil {
		o.Account = ownAccount
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Tunnel{o: o, bad: map[string]time.Time{}, logins: map[string]*login{}}
}

const (
	// badFor is how long a proxy that failed is tried last, as in Chromium
	// (net/proxy_resolution/proxy_list.cc); Firefox takes half an hour.
	badFor = 5 * time.Minute
	// reachIn is for connecting to a proxy that has another one behind it: a second
	// SYN, sent after one second, has time to be answered.
	reachIn = 4 * time.Second
	// answerIn is for all that a proxy does before the target can be spoken to
	// (30 s in Chromium's http_proxy_connect_job.cc).
	answerIn = 30 * time.Second
)

// Dial connects to the host of a URL. It returns the error of the only way, or one
// of type *Error for several: *forward.ConnectError for a proxy that refused,
// *SOCKSError, and *net.OpError with Op "proxyconnect" for one that cannot be
// reached.
func (t *Tunnel) Dial(ctx context.Context, u *url.URL) (net.Conn, error) {
	ways, err := t.ways(ctx, u)
	if err != nil {
		return nil, err
	}
	var failed []Failure
	for i, way := range ways {
		c, err := t.dialWay(ctx, way, address(u), i < len(ways)-1)
		if err == nil {
			t.mark(way, false)
			return c, nil
		}
		failed = append(failed, Failure{Way: forward.Name(way), Err: err})
		if ctx.Err() != nil || !leadsOn(err) {
			break
		}
		t.mark(way, true)
	}
	if len(failed) == 1 {
		return nil, failed[0].Err
	}
	return nil, &Error{Failed: failed}
}

// ways puts those that failed of late behind the others, whose order stays.
func (t *Tunnel) ways(ctx context.Context, u *url.URL) ([]*url.URL, error) {
	all, err := t.o.Ways(ctx, u)
	if err != nil {
		return nil, err
	}
	all = t.withLogins(all)
	if len(all) < 2 {
		return all, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var good, bad []*url.URL
	for _, w := range all {
		if t.o.Now().Before(t.bad[key(w)]) {
			bad = append(bad, w)
			continue
		}
		good = append(good, w)
	}
	return append(good, bad...), nil
}

// withLogins gives a login to the proxy of the same scheme, host and port only.
func (t *Tunnel) withLogins(ways []*url.URL) []*url.URL {
	ways = slices.Clone(ways)
	for i, w := range ways {
		for _, l := range t.o.Logins {
			if w != nil && w.User == nil && l.User != nil && w.Scheme == l.Scheme && strings.EqualFold(address(w), address(l)) {
				known := *w
				known.User = l.User
				ways[i] = &known
				break
			}
		}
	}
	return ways
}

func (t *Tunnel) mark(way *url.URL, bad bool) {
	if way == nil {
		return // that a server cannot be reached says nothing of others
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if bad {
		t.bad[key(way)] = t.o.Now().Add(badFor)
		return
	}
	delete(t.bad, key(way))
}

func key(way *url.URL) string {
	if way == nil {
		return ""
	}
	return way.String()
}

// leadsOn reports whether the next way is tried after an error: after those of
// reaching a proxy, not after what a proxy answered, which is its network's policy
// (CanFalloverToNextProxy in Chromium's net/http/proxy_fallback.cc).
func leadsOn(err error) bool {
	var refused *forward.ConnectError
	return !errors.As(err, &refused)
}

func (t *Tunnel) dialWay(ctx context.Context, way *url.URL, target string, another bool) (net.Conn, error) {
	if way == nil {
		return t.o.Dial(ctx, "tcp", target)
	}
	if strings.HasPrefix(way.Scheme, "socks") {
		return t.socks(ctx, way, target, another)
	}
	return t.connect(ctx, way, target, another)
}

// reach connects to a proxy itself.
func (t *Tunnel) reach(ctx context.Context, way *url.URL, another bool) (net.Conn, error) {
	if another {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, reachIn)
		defer cancel()
	}
	c, err := t.o.Dial(ctx, "tcp", address(way))
	if err != nil {
		return nil, unreached(err)
	}
	if way.Scheme != "https" {
		return c, nil
	}
	s := tls.Client(c, &tls.Config{ServerName: way.Hostname(), RootCAs: t.o.RootCAs, MinVersion: tls.VersionTLS12})
	if err := s.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, unreached(err)
	}
	return s, nil
}

// unreached has the form that net/http gives the error of a proxy.
func unreached(err error) error { return &net.OpError{Op: "proxyconnect", Net: "tcp", Err: err} }

// address is where a URL leads, with the port of its scheme.
func address(u *url.URL) string {
	usual := map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), usual))
}

// A Failure is a way that did not lead anywhere.
type Failure struct {
	Way string // redacted, "direct" for none
	Err error
}

// An Error is several ways of which none led anywhere.
type Error struct{ Failed []Failure }

func (e *Error) Error() string {
	var parts []string
	for _, f := range e.Failed {
		parts = append(parts, f.Way+": "+f.Err.Error())
	}
	return strings.Join(parts, "; ")
}

// Unwrap gives the errors of all ways, that of the best one first.
func (e *Error) Unwrap() []error {
	var list []error
	for _, f := range e.Failed {
		list = append(list, f.Err)
	}
	return list
}

// drained is an answer read to its end, for its connection to be used again.
func drained(r *http.Response) bool { return !r.Close && readAll(r.Body) == nil }
