package modproxy

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync"
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

// A shard is one transport. The first request to a host dials; the others wait
// for that connection instead of dialling one each, as net/http would.
type shard struct {
	transport
	open  int // requests under way, under pool.mu
	gates map[string]chan struct{}
}

func newPool(n int, next func() transport) *pool {
	p := &pool{multi: map[string]bool{}}
	for range n {
		p.shards = append(p.shards, &shard{transport: next(), gates: map[string]chan struct{}{}})
	}
	return p
}

func (p *pool) RoundTrip(req *http.Request) (*http.Response, error) {
	return p.roundTrip(req, p.idlest)
}

// sharing is a pool for requests that are too small for a connection of their own.
type sharing struct{ *pool }

func (p sharing) RoundTrip(req *http.Request) (*http.Response, error) {
	return p.roundTrip(req, p.dialled)
}

func (p *pool) roundTrip(req *http.Request, pick func(host string) *shard) (*http.Response, error) {
	s, gate, first := p.enter(req.URL.Host, pick)
	resp, err := p.send(s, gate, first, req)
	if err != nil {
		p.leave(s)
		return nil, err
	}
	resp.Body = &counted{resp.Body, sync.OnceFunc(func() { p.leave(s) })}
	return resp, nil
}

func (p *pool) send(s *shard, gate chan struct{}, first bool, req *http.Request) (*http.Response, error) {
	if !first {
		select {
		case <-gate:
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
		return s.RoundTrip(req)
	}
	open := sync.OnceFunc(func() { close(gate) })
	trace := &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) {
		p.learn(req.URL.Host, c)
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
	done func()
}

func (c *counted) Close() error {
	defer c.done()
	return c.ReadCloser.Close()
}

// idlest returns the shard with the fewest requests.
func (p *pool) idlest(string) *shard {
	return slices.MinFunc(p.shards, func(a, b *shard) int { return a.open - b.open })
}

// dialled returns a shard that has a connection to the host, else the idlest.
func (p *pool) dialled(host string) *shard {
	for _, s := range p.shards {
		if s.gates[host] != nil && p.multi[host] {
			return s
		}
	}
	return p.idlest(host)
}

// enter takes the shard that pick names. first is true for the request that has to
// open the gate of its host.
func (p *pool) enter(host string, pick func(string) *shard) (s *shard, gate chan struct{}, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s = pick(host)
	s.open++
	gate, ok := s.gates[host]
	if !ok {
		gate = make(chan struct{})
		s.gates[host] = gate
	}
	return s, gate, !ok
}

func (p *pool) leave(s *shard) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.open--
}

func (p *pool) reset(s *shard, host string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(s.gates, host)
}

func (p *pool) learn(host string, c httptrace.GotConnInfo) {
	t, ok := c.Conn.(*tls.Conn)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.multi[host] = ok && t.ConnectionState().NegotiatedProtocol == "h2"
}

func (p *pool) multiplexed(host string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.multi[host]
}

func (p *pool) sharers() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	open := 0
	for _, s := range p.shards {
		open += s.open
	}
	return max(1, open/len(p.shards))
}

func (p *pool) close() {
	for _, s := range p.shards {
		s.CloseIdleConnections()
	}
}
