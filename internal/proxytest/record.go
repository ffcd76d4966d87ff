package proxytest

import (
	"net/http"
	"strings"
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
