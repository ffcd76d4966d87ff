package modproxy

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync"
	"time"
)

// A pool spreads requests over several transports, so that one host is reached
// over several HTTP/2 connections: a single one is held back by its receive
// window from 100 ms round trip on, and by every lost packet. With HTTP/1.1 each
// request has a connection anyway.
type pool struct {
	shards []*shard

	mu    sync.Mutex
	multi map[string]bool // host → speaks HTTP/2
}

// A shard is one transport.
type shard struct {
	transport
	open  int              // requests under way, under pool.mu
	conns map[string]*conn // by host
}

// A conn is what a shard has of a host. The first request dials; the others wait for
// that connection instead of dialling one each, as net/http would.
type conn struct {
	gate  chan struct{} // closed when it is there
	open  int           // requests under way, under pool.mu
	meter meter         // of the bodies that come over it
}

func newPool(n int, next func() transport) *pool {
	p := &pool{multi: map[string]bool{}}
	for range n {
		p.shards = append(p.shards, &shard{transport: next(), conns: map[string]*conn{}})
	}
	return p
}

// picking sends a request over the shard that pick names, and tells over which
// connection it goes.
type picking struct {
	*pool
	pick func(host string) *shard
	over func(*conn)
}

func (p picking) RoundTrip(req *http.Request) (*http.Response, error) {
	s, c, first := p.enter(req.URL.Host, p.pick)
	p.over(c)
	resp, err := p.send(s, c, first, req)
	if err != nil {
		p.leave(s, c)
		return nil, err
	}
	resp.Body = &counted{resp.Body, req.URL.Host, c, sync.OnceFunc(func() { p.leave(s, c) })}
	return resp, nil
}

func (p *pool) send(s *shard, c *conn, first bool, req *http.Request) (*http.Response, error) {
	if !first {
		select {
		case <-c.gate:
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
		return s.RoundTrip(req)
	}
	open := sync.OnceFunc(func() { close(c.gate) })
	trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		p.learn(req.URL.Host, i)
		open()
	}}
	resp, err := s.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil {
		p.reset(s, req.URL.Host) // the next request dials again, alone
	}
	open()
	return resp, err
}

// counted is a body whose request is under way until it is closed: it is bodies
// that fill a connection.
type counted struct {
	io.ReadCloser
	host string
	conn *conn
	done func()
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.conn.meter.add(time.Now(), n)
	return n, err
}

func (c *counted) Close() error {
	defer c.done()
	return c.ReadCloser.Close()
}

// idlest returns the shard with the fewest requests.
func (p *pool) idlest(string) *shard {
	return slices.MinFunc(p.shards, func(a, b *shard) int { return a.open - b.open })
}

// dialled returns a shard that has a connection to the host, else the idlest: for
// requests that are too small for a connection of their own.
func (p *pool) dialled(host string) *shard {
	for _, s := range p.shards {
		if s.conns[host] != nil && p.multi[host] {
			return s
		}
	}
	return p.idlest(host)
}

// enter takes the shard that pick names. first is true for the request that has to
// open the gate of its host.
func (p *pool) enter(host string, pick func(string) *shard) (s *shard, c *conn, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s = pick(host)
	c, ok := s.conns[host]
	if !ok {
		c = &conn{gate: make(chan struct{})}
		s.conns[host] = c
	}
	s.open++
	c.open++
	return s, c, !ok
}

func (p *pool) leave(s *shard, c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.open--
	c.open--
}

func (p *pool) reset(s *shard, host string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(s.conns, host)
}

func (p *pool) learn(host string, i httptrace.GotConnInfo) {
	t, ok := i.Conn.(*tls.Conn)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.multi[host] = ok && t.ConnectionState().NegotiatedProtocol == "h2"
}

func (p *pool) multiplexed(host string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.multi[host]
}

// turn is how long one answer of a host may have to wait for the others of its
// connection, which may have less than its share of the line.
func (p *pool) turn(host string, c *conn) time.Duration {
	if c == nil || !p.multiplexed(host) {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return turn(c.open, c.meter.rate(time.Now(), meterSlots))
}

func (p *pool) close() {
	for _, s := range p.shards {
		s.CloseIdleConnections()
	}
}
