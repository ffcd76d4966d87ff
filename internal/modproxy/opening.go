package modproxy

import (
	"crypto/tls"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"
)

// Openings are how long it takes to open connections. What each packet waits for on a
// full line, the first ones of a new connection wait for too, so that none opens as
// quickly any more as the first ones did. Where packets get lost on a line that is not
// full, most do. Measured over 50 ms: 100 to 130 ms with 1 % loss, 650 ms and more on a
// full line of 4 Mbit/s.
type openings struct {
	mu       sync.Mutex
	quickest map[string]time.Duration // by scheme and host
	late     [newest]bool             // the newest ones
	n        int                      // how many there were
}

const (
	// An opening is late from lateFactor times what the quickest one took and lateSlack,
	// which is for a busy processor.
	lateFactor = 1.25
	lateSlack  = 20 * time.Millisecond
	// With lateEnough of the newest it is no chance: where 1 % of the packets get lost, one
	// in twenty is late.
	newest     = 4
	lateEnough = 3
)

// add notes how long a connection took, the first one of a host included.
func (o *openings) add(host string, took time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.quickest == nil {
		o.quickest = map[string]time.Duration{}
	}
	best, ok := o.quickest[host]
	if !ok || took < best {
		o.quickest[host] = took
	}
	o.late[o.n%newest] = ok && took > time.Duration(lateFactor*float64(best))+lateSlack
	o.n++
}

// crowded reports whether most of the newest connections were late.
func (o *openings) crowded() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	late := 0
	for _, l := range o.late {
		if l {
			late++
		}
	}
	return late >= lateEnough
}

// trace follows what is opened for a request of a URL, up to the end of its handshake.
func (o *openings) trace(u *url.URL) *httptrace.ClientTrace {
	var begin sync.Once // address families are dialled side by side
	var start time.Time
	done := func(err error) {
		if err == nil {
			o.add(u.Scheme+"://"+u.Host, time.Since(start))
		}
	}
	t := &httptrace.ClientTrace{ConnectStart: func(string, string) { begin.Do(func() { start = time.Now() }) }}
	if u.Scheme == "https" {
		t.TLSHandshakeDone = func(_ tls.ConnectionState, err error) { done(err) }
	} else {
		t.ConnectDone = func(_, _ string, err error) { done(err) }
	}
	return t
}

// Crowded reports whether the line is so full that new connections have to wait.
func (c *Client) Crowded() bool { return c.openings.crowded() }
