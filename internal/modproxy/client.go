package modproxy

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// A Client sends requests to module proxies. Everything that asks one shares
// it: connections are reused, and the forward proxy is handled in one place.
type Client struct {
	h2 *pool
	h1 transport // for servers that go on breaking HTTP/2

	netrc Netrc

	meter    meter
	openings openings
	answers  atomic.Int64 // that are under way and have a time-out
}

// Options of a Client. The zero value asks directly and trusts the system's CAs.
type Options struct {
	// Via puts a transport behind the network's forward proxies (internal/tunnel);
	// nil connects directly.
	Via     func(*http.Transport) http.RoundTripper
	RootCAs *x509.CertPool
	// Netrc has the logins of module proxies, which go would send itself.
	Netrc Netrc
}

// connections is how many HTTP/2 connections one host gets. Measured: from four
// on a cold download is bound by the line, eight help at 200 ms round trip.
const connections = 8

// pingAfter is how long a connection of HTTP/2 may be silent before it is asked for
// a sign of life, pingFor how long it has for that: on a slow line what is on its way comes
// first. All requests share it, so a dead one would cost each file its own time-out, again
// and again; both together are less than the shortest time-out for a last upstream
// (internal/loopback, stallLate).
const (
	pingAfter = 3500 * time.Millisecond
	pingFor   = 6 * time.Second
)

// NewClient returns a client with empty connection pools.
func NewClient(o Options) *Client {
	h1 := newTransport(o)
	h1.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{} // non-nil: no HTTP/2
	return &Client{netrc: o.Netrc, h1: h1, h2: newPool(connections, func() transport {
		t := newTransport(o)
		t.ForceAttemptHTTP2 = true
		t.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingFor}
		return t
	})}
}

// Multiplexed reports whether a host is known to speak HTTP/2, so that many
// requests cost few connections.
func (c *Client) Multiplexed(host string) bool { return c.h2.multiplexed(host) }

// turn is how long an answer may have to wait for all others on its line.
func (c *Client) turn() time.Duration {
	return turn(int(c.answers.Load()), c.meter.rate(time.Now(), meterSlots))
}

// AtOnce is how many answers come side by side without one of them having to wait
// for long, at the rate at which answers came of late.
func (c *Client) AtOnce() int { return atOnce(shortTurn, c.meter.rate(time.Now(), meterSlots)) }

// Rate is how fast answers come in, all together, in bytes a second over the last two.
func (c *Client) Rate() float64 { return c.meter.rate(time.Now(), meterSlots/2) }

// shortTurn is well below the shortest time-out for an answer in which no byte comes
// (internal/loopback, stallSoon).
const shortTurn = time.Second

// A transport is one of net/http with what stands before it.
type transport struct {
	*http.Transport
	via http.RoundTripper
}

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) { return t.via.RoundTrip(req) }

func newTransport(o Options) transport {
	t := &http.Transport{
		DialContext:            (&net.Dialer{KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12},
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 1 << 20,
		DisableCompression:     true, // lengths and ranges are those of the file
	}
	if o.Via == nil {
		return transport{t, t}
	}
	return transport{t, o.Via(t)}
}

// Private reports whether a module proxy is asked with credentials, from its URL
// or from .netrc: it may have modules that nobody else may be asked for.
func (c *Client) Private(u *url.URL) bool { return u.User != nil || c.netrc.login(u) != nil }

// Close drops all idle connections.
func (c *Client) Close() {
	c.h2.close()
	c.h1.CloseIdleConnections()
}
