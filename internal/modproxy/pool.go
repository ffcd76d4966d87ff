package modproxy

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptrace"
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
	s, gate, first := p.enter(req.URL.Host)
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

// enter picks the shard with the fewest requests. first is true for the request
// that has to open the gate of its host.
func (p *pool) enter(host string) (s *shard, gate chan struct{}, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s = p.shards[0]
	for _, o := range p.shards {
		if o.open < s.open {
			s = o
		}
	}
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

func (p *pool) close() {
	for _, s := range p.shards {
		s.CloseIdleConnections()
	}
}
