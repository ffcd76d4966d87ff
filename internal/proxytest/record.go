package proxytest

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Request is what the server saw and did about one request. It is recorded
// when the request arrives and completed when the answer has ended.
type Request struct {
	Time   time.Time     // of arrival
	Took   time.Duration // until the answer ended
	Done   bool          // the answer has ended
	Method string
	Host   string
	Base   string      // faults of the base URL: "/503x2/cut@zip"
	Path   string      // what follows, unescaped: "example.com/m/@v/v1.0.0.zip"
	Query  string      // raw
	Header http.Header // of the request
	Fault  string      // faults that changed this answer: "/cut@zip", empty for a good one
	Status int         // 0 when no header was sent
	Bytes  int64       // of the body
	Conn   int         // connection it came by, counted from 1
	Proto  string      // "HTTP/1.1", "HTTP/2.0"
}

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

// Requests returns everything seen so far in order of arrival.
func (r *recorder) Requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]Request, len(r.requests))
	for i, q := range r.requests {
		list[i] = *q
	}
	return list
}

// Paths returns the Path of every request in order of arrival.
func (r *recorder) Paths() []string {
	var list []string
	for _, q := range r.Requests() {
		list = append(list, q.Path)
	}
	return list
}

// Count tells how many requests had a Path that matches the glob, where *
// stands for any text. A glob that begins with / is held against Base and
// Path together.
func (r *recorder) Count(glob string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count(glob)
}

func (r *recorder) count(glob string) int {
	n := 0
	for _, q := range r.requests {
		name := q.Path
		if strings.HasPrefix(glob, "/") {
			name = q.Base + "/" + q.Path
		}
		if match(glob, name) {
			n++
		}
	}
	return n
}

// Wait returns as soon as n requests that match the glob have arrived. After
// ten seconds it fails the test and returns false.
func (r *recorder) Wait(glob string, n int) bool {
	late := false
	timer := time.AfterFunc(10*time.Second, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		late = true
		r.cond.Broadcast()
	})
	defer timer.Stop()
	r.mu.Lock()
	for r.count(glob) < n && !late && !r.closed {
		r.cond.Wait()
	}
	got := r.count(glob)
	r.mu.Unlock()
	if got < n {
		r.fail("saw %d requests of %q, waited for %d", got, glob, n)
	}
	return got >= n
}

// InFlightMax is the highest number of requests that were open at once.
func (r *recorder) InFlightMax() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.max
}

// Conns is the number of connections accepted so far.
func (r *recorder) Conns() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conns
}

// Forget drops what was recorded, for the next round of a benchmark.
// Counts in faults (503x2) go on.
func (r *recorder) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests, r.max = nil, r.inFlight
}

// MustNotSee fails the test if a request, past or yet to come, holds one of
// the texts in its URL or header. Case and the ! of escaped paths are ignored.
func (r *recorder) MustNotSee(texts ...string) {
	r.mu.Lock()
	r.forbidden = append(r.forbidden, texts...)
	past := slices.Clone(r.requests)
	r.mu.Unlock()
	for _, q := range past {
		r.check(q, texts)
	}
}

func (r *recorder) check(q *Request, texts []string) {
	for _, text := range texts {
		if where := leak(q, text); where != "" {
			r.fail("request of %s/%s shows %q in %s", q.Base, q.Path, text, where)
		}
	}
}

// leak names the part of a request that holds the text.
func leak(q *Request, text string) string {
	text = plain(text)
	if strings.Contains(plain(q.Host+q.Base+"/"+q.Path+"?"+q.Query), text) {
		return "its URL"
	}
	for name, values := range q.Header {
		if strings.Contains(plain(name+": "+strings.Join(values, ", ")), text) {
			return "header " + name
		}
	}
	return ""
}

func plain(s string) string {
	return strings.ToLower(strings.ReplaceAll(s, "!", ""))
}

// match reports whether s matches the glob, where * stands for any text.
func match(glob, s string) bool {
	parts := strings.Split(glob, "*")
	if len(parts) == 1 {
		return glob == s
	}
	s, ok := strings.CutPrefix(s, parts[0])
	for _, p := range parts[1 : len(parts)-1] {
		var found bool
		_, s, found = strings.Cut(s, p)
		ok = ok && found
	}
	return ok && strings.HasSuffix(s, parts[len(parts)-1])
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

// A countWriter remembers the status and counts the body.
type countWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *countWriter) WriteHeader(code int) {
	if w.status == 0 {
		w.status = code
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *countWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom keeps the short way from a file to a socket open.
func (w *countWriter) ReadFrom(src io.Reader) (int64, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := io.Copy(w.ResponseWriter, src)
	w.bytes += n
	return n, err
}

func (w *countWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
