package proxytest

import (
	"errors"
	"net/http"
	"sync"
	"time"
)

// A recorder keeps every request of a server.
type recorder struct {
	mu        sync.Mutex
	cond      sync.Cond // something changed
	requests  []*Request
	forbidden []string
	conns     int
	inFlight  int
	max       int
	closed    bool
	errs      []error
	fail      func(format string, args ...any)
}

// begin records the arrival of a request, or returns nil after close.
func (r *recorder) begin(h *http.Request, c *conn, base []string, path string) *Request {
	q := &Request{
		Time: time.Now(), Method: h.Method, Host: h.Host,
		Base: join(base), Path: path, Query: h.URL.RawQuery,
		Header: h.Header.Clone(), Conn: c.id, Proto: h.Proto,
	}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.requests = append(r.requests, q)
	r.inFlight++
	r.max = max(r.max, r.inFlight)
	forbidden := r.forbidden
	r.cond.Broadcast()
	r.mu.Unlock()
	r.check(q, forbidden)
	return q
}

// fired notes a fault that changes the answer.
func (r *recorder) fired(q *Request, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	q.Fault += "/" + text
}

func (r *recorder) end(q *Request, w *countWriter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	q.Took, q.Done, q.Status, q.Bytes = time.Since(q.Time), true, w.status, w.bytes
	r.inFlight--
	r.cond.Broadcast()
}

func (r *recorder) newConn() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns++
	return r.conns
}

// close waits for the open requests and lets no new one in.
func (r *recorder) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.cond.Broadcast()
	for r.inFlight > 0 {
		r.cond.Wait()
	}
}

func (r *recorder) keep(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
}

func (r *recorder) err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.errs...)
}
