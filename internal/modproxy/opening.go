package modproxy

import (
	"crypto/tls"
	"fmt"
	"net/http/httptrace"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Openings are how long it takes to open connections. What each packet waits for on a
// full line, the first ones of a new connection wait for too, so that none opens as
// quickly any more as the first ones did. Where packets get lost on a line that is not
// full, most do. Measured over 50 ms: 100 to 130 ms with 1 % loss, 200 to 1,000 on a full
// line of 4 Mbit/s.
type openings struct {
	mu       sync.Mutex
	quickest map[string]time.Duration // by scheme, host and step
	late     [Soundings]bool          // of the newest ones, by the order in which they began: late ones end last
	begun    int
}

const (
	// An opening is late from lateFactor times what the quickest one took and lateSlack,
	// which is for a busy processor.
	lateFactor = 1.25
	lateSlack  = 20 * time.Millisecond
)

// Soundings is how many of the newest connections have to be late to tell that a line is
// full. With all of them it is no chance: where 1 % of the packets get lost, one in twenty
// is late.
const Soundings = 4

// begin returns the number of a new one.
func (o *openings) begin() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.late[o.begun%Soundings] = false // before it is known
	o.begun++
	return o.begun - 1
}

// end notes how long one took. The first of a host is not late.
func (o *openings) end(number int, host string, took time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.quickest == nil {
		o.quickest = map[string]time.Duration{}
	}
	best, ok := o.quickest[host]
	if !ok || took < best {
		o.quickest[host] = took
	}
	if o.begun-number <= Soundings {
		o.late[number%Soundings] = ok && took > time.Duration(lateFactor*float64(best))+lateSlack
	}
}

// crowded reports whether all of the newest connections were late.
func (o *openings) crowded() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !slices.Contains(o.late[:], false)
}

// trace follows what is opened for a request of a URL, up to the end of its handshake.
func (o *openings) trace(u *url.URL) *httptrace.ClientTrace {
	var once sync.Once // address families are dialled side by side
	var start time.Time
	var number int
	var steps atomic.Int32 // behind a forward proxy with TLS there are two handshakes
	done := func(err error) {
		if err == nil && !start.IsZero() {
			o.end(number, fmt.Sprintf("%s://%s %d", u.Scheme, u.Host, steps.Add(1)), time.Since(start))
		}
	}
	t := &httptrace.ClientTrace{ConnectStart: func(string, string) {
		once.Do(func() { start, number = time.Now(), o.begin() })
	}}
	if u.Scheme == "https" {
		t.TLSHandshakeDone = func(_ tls.ConnectionState, err error) { done(err) }
	} else {
		t.ConnectDone = func(_, _ string, err error) { done(err) }
	}
	return t
}

// Crowded reports whether the line is so full that new connections have to wait: the
// newest ones, Soundings of them, all had to.
func (c *Client) Crowded() bool { return c.openings.crowded() }
