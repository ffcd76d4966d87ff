package tunnel

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// A transport sends requests by the forward proxies of their own URL, which a
// redirect changes.
type transport struct {
	*http.Transport
	t *Tunnel
}

// Wrap makes connections of a transport go by the tunnel. Its DialContext and Proxy
// are replaced; it must not be used for requests on its own any more.
func (t *Tunnel) Wrap(tr *http.Transport) http.RoundTripper {
	tr.Proxy = func(r *http.Request) (*url.URL, error) {
		w, _ := r.Context().Value(routeKey{}).(route)
		return w.absolute, nil
	}
	tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		w, _ := ctx.Value(routeKey{}).(route)
		switch {
		case w.absolute != nil: // addr is the proxy's
			return t.o.Dial(ctx, network, addr)
		case w.fixed:
			return t.dialWay(ctx, w.way, addr, false)
		}
		return t.Dial(ctx, w.url)
	}
	return &transport{tr, t}
}

type routeKey struct{}

// A route is how the connection for a request is made.
type route struct {
	url      *url.URL // by its ways
	fixed    bool     // by one way
	way      *url.URL
	absolute *url.URL // by net/http, with the URL of the server in the request line
}

func (r route) send(tr *http.Transport, req *http.Request) (*http.Response, error) {
	return tr.RoundTrip(req.WithContext(context.WithValue(req.Context(), routeKey{}, r)))
}

// RoundTrip sends a request. What net/http says of it holds.
func (tr *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme == "https" {
		return route{url: req.URL}.send(tr.Transport, req)
	}
	ways, err := tr.t.ways(req.Context(), req.URL)
	if err != nil {
		return nil, err
	}
	var last error
	for _, way := range ways {
		resp, err := tr.plain(req, way)
		var op *net.OpError
		if err == nil || !errors.As(err, &op) || op.Op != "dial" && op.Op != "proxyconnect" || req.Context().Err() != nil || req.Body != nil {
			return resp, err // answered, or lost later on: then it is for others to repeat it
		}
		tr.t.mark(way, true)
		last = err
	}
	return nil, last
}

// plain sends a request of plain http by one way.
func (tr *transport) plain(req *http.Request, way *url.URL) (*http.Response, error) {
	if way == nil || strings.HasPrefix(way.Scheme, "socks") {
		return route{fixed: true, way: way}.send(tr.Transport, req)
	}
	bare := *way
	bare.User = nil // net/http would send it unasked
	l := tr.t.login(way)
	switch l.plainBy() {
	case plainConnect:
		return route{fixed: true, way: way}.send(tr.Transport, req)
	case plainBasic:
		return route{absolute: &bare}.send(tr.Transport, withBasic(req, way))
	}
	resp, err := route{absolute: &bare}.send(tr.Transport, req)
	if err != nil || resp.StatusCode != http.StatusProxyAuthRequired || req.Body != nil {
		return resp, err
	}
	return tr.answerPlain(req, resp, way, l)
}

// answerPlain answers a challenge to a request of plain http: Basic in its header,
// all else by CONNECT, for it signs in connections.
func (tr *transport) answerPlain(req *http.Request, resp *http.Response, way *url.URL, l *login) (*http.Response, error) {
	offers := challenges(resp.Header.Values("Proxy-Authenticate"))
	list := tr.t.schemes(way, offers)
	if len(list) == 0 || l.closed(tr.t.o.Now()) {
		return resp, nil
	}
	if readAll(resp.Body) != nil {
		return resp, nil
	}
	resp.Body.Close()
	if list[0].name != "basic" {
		l.setPlain(plainConnect)
		return route{fixed: true, way: way}.send(tr.Transport, req)
	}
	bare := *way
	bare.User = nil
	unlock := l.lock()
	defer unlock()
	if l.closed(tr.t.o.Now()) {
		return resp, nil // another request learnt it meanwhile
	}
	again, err := route{absolute: &bare}.send(tr.Transport, withBasic(req, way))
	if err == nil && again.StatusCode == http.StatusProxyAuthRequired {
		l.refused(tr.t.o.Now())
		return again, nil
	}
	if err == nil {
		l.accepted()
		l.setPlain(plainBasic)
	}
	return again, err
}

func withBasic(req *http.Request, way *url.URL) *http.Request {
	r := req.Clone(req.Context())
	r.Header.Set("Proxy-Authorization", basic(way.User))
	return r
}

func basic(u *url.Userinfo) string {
	password, _ := u.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password))
}

// readAll reads what is short; a long one costs more than a new connection.
func readAll(r io.Reader) error {
	n, err := io.Copy(io.Discard, io.LimitReader(r, maxBody+1))
	if err == nil && n > maxBody {
		err = errors.New("the body is too long")
	}
	return err
}

const maxBody = 256 << 10 // error pages of proxies have pictures in them
