package loopback

import (
	"slices"
	"sync"
	"time"
)

// health is what all files together have learned about one upstream: whether it
// is worth asking now, and how fast it answers. It is safe for concurrent use.
type health struct {
	mu      sync.Mutex
	faults  int           // in a row
	pause   time.Duration // of the breaker, when it opens next
	until   time.Time     // the breaker is open before
	spent   bool          // a file used up all its attempts, and nothing has come since
	latency [64]time.Duration
	n       int  // samples taken
	etags   bool // the last answer had a validator that allows continuing it
}

// The breaker opens after three faults in a row, for a time that doubles. A lone
// upstream is asked all the same.
const (
	breakerFaults = 3
	firstPause    = 500 * time.Millisecond
	mostPause     = 10 * time.Second
)

// good notes an answer of the right kind, 404 included, and its time to the header.
func (h *health) good(header time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults, h.pause, h.until, h.spent = 0, 0, time.Time{}, false
	h.latency[h.n%len(h.latency)] = header
	h.n++
}

// validates notes whether an answer can be continued.
func (h *health) validates(strong bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.etags = strong
}

// farAway is how long the quickest answer over a long path takes.
const farAway = 30 * time.Millisecond

// distant reports whether a big zip is better had in parts from the start: a stream
// over a long path needs ten round trips to get up to speed and is held back by its
// window then, and one that is left alone takes seconds to get what others have left: at
// 100 Mbit/s over 50 ms a download ended half a second later. The parts need a validator.
func (h *health) distant() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.n >= enough && h.etags && h.quickest() >= farAway
}

// path is the time to the header of the quickest answer of late: what the path takes,
// where others wait for their turn too. It is 0 while too few were seen.
func (h *health) path() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.n < enough {
		return 0
	}
	return h.quickest()
}

func (h *health) quickest() time.Duration { return slices.Min(h.latency[:min(h.n, len(h.latency))]) }

// bad notes a fault that says something about the upstream as a whole.
func (h *health) bad(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.faults++; h.faults < breakerFaults {
		return
	}
	h.pause = min(max(2*h.pause, firstPause), mostPause)
	h.until = now.Add(h.pause)
}

// exhausted notes that a file was given up for faults of this upstream.
func (h *health) exhausted() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.spent = true
}

// open reports whether the upstream should be left alone when there is another.
func (h *health) open(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return now.Before(h.until)
}

// trial is called when the upstream is asked. If its breaker has just run out,
// everybody else waits for the result of this one request.
func (h *health) trial(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.faults >= breakerFaults && !now.Before(h.until) {
		h.until = now.Add(h.pause)
	}
}

func (h *health) isSpent() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.spent
}

// enough samples for a median that means something.
const enough = 8

// median is the usual time to a header, 0 while too few were seen.
func (h *health) median() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.n < enough {
		return 0
	}
	s := slices.Clone(h.latency[:min(h.n, len(h.latency))])
	slices.Sort(s)
	return s[len(s)/2]
}

// preferred orders a group for a new file: the given order, but with one in front
// that answers more than twice as fast as the first. Less is noise.
func preferred(group []*Upstream) []*Upstream {
	best := -1
	for i, u := range group {
		m := u.health.median()
		if m == 0 || u.Private {
			continue
		}
		if first := group[max(best, 0)].health.median(); first > 2*m {
			best = i
		}
	}
	if best <= 0 || group[0].Private {
		return group
	}
	out := []*Upstream{group[best]}
	return append(append(out, group[:best]...), group[best+1:]...)
}
