package tunnel

import (
	"context"
	"net"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/proxy"

	"github.com/goproxy-setup/goproxy-setup/internal/forward"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// A SOCKSError is a SOCKS5 proxy that did not connect.
type SOCKSError struct {
	Proxy string // redacted
	Err   error
}

func (e *SOCKSError) Error() string { return "forward proxy " + e.Proxy + ": " + e.Err.Error() }
func (e *SOCKSError) Unwrap() error { return e.Err }

// FailureClass tells wanted credentials by the texts of golang.org/x/net/proxy,
// which has no types for them.
func (e *SOCKSError) FailureClass() report.Class {
	if text := e.Err.Error(); strings.Contains(text, "authentication") || strings.Contains(text, "username/password") {
		return report.ForwardProxyAuth
	}
	return report.ForwardProxyFailure
}

// socks connects by SOCKS5; the proxy resolves the name. User and password are sent
// if it asks for them (RFC 1929).
func (t *Tunnel) socks(ctx context.Context, way *url.URL, target string, another bool) (net.Conn, error) {
	c, err := t.reach(ctx, way, another)
	if err != nil {
		return nil, err
	}
	var auth *proxy.Auth
	if way.User != nil {
		auth = &proxy.Auth{User: way.User.Username()}
		auth.Password, _ = way.User.Password()
	}
	d, err := proxy.SOCKS5("tcp", address(way), auth, reached{c})
	if err != nil {
		c.Close()
		return nil, &SOCKSError{Proxy: forward.Name(way), Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	through, err := d.(proxy.ContextDialer).DialContext(ctx, "tcp", target)
	if err != nil {
		c.Close()
		return nil, &SOCKSError{Proxy: forward.Name(way), Err: err}
	}
	through.SetDeadline(time.Time{})
	return through, nil
}

// reached is a dialer with a connection that is there.
type reached struct{ net.Conn }

func (r reached) Dial(_, _ string) (net.Conn, error) { return r.Conn, nil }

func (r reached) DialContext(context.Context, string, string) (net.Conn, error) { return r.Conn, nil }
