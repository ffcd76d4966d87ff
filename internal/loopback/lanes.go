package loopback

import (
	"context"
	"sync"
	"time"
)

// Lanes are the connections of HTTP/1.1 for parts of slow zips, of all zips
// together. Where lost packets hold each connection back, every one more brings more,
// up to dozens; where the line is full they only take from each other, and on a slow
// line push each other off. What it is shows when some are opened, before any stream is
// given up for them, and when there are more: as long as each lane still brings much of
// what one brought when there were few, there become more still.
type lanes struct {
	mu    sync.Mutex
	cond  *sync.Cond
	line  line
	limit int
	open  int
	first float64   // bytes a second of the slowest part with the first limit
	least float64   // of the slowest part since the limit was set
	sum   float64   // of all of them
	parts int       // how many these are
	pay   bool      // more lanes are known to make the whole faster
	rest  time.Time // there are none to be had before
}

// A line is what is known of the one that all lanes share.
type line int

const (
	unknown line = iota
	sounding
	roomy // for more connections
)

const (
	firstLanes = 8
	laneGrowth = 4
	mostLanes  = 96
	// Each of more lanes brings laneShare of what the slowest of the first ones brought, or
	// they have not paid: of those, some begin before they have lost anything, and are four
	// times as fast. On a full line, with the eight connections of HTTP/2 beside them, 32
	// bring 0.4 of it each and 96 bring 0.15.
	laneShare = 0.5
	// Then they are left alone for a while: each part costs what was on its way of a
	// stream given up.
	laneRest = 5 * time.Minute
	// A part of fewer bytes says nothing of a rate.
	leastJudged = 64 << 10
)

func newLanes() *lanes {
	l := &lanes{limit: firstLanes}
	l.cond = sync.NewCond(&l.mu)
	return l
}

// free reports whether a part could go at once. The first who asks has the line sounded;
// until that is done there are no lanes. An error of sound leaves it unknown.
func (l *lanes) free(sound func() (crowded bool, err error)) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Now().Before(l.rest) {
		return false
	}
	if l.line == unknown {
		l.line = sounding
		l.mu.Unlock()
		crowded, err := sound()
		l.mu.Lock()
		switch {
		case err != nil:
			l.line = unknown
		case crowded:
			l.leave()
		default:
			l.line = roomy
		}
	}
	return l.line == roomy && l.open < l.limit
}

// leave lets the lanes be for a while.
func (l *lanes) leave() {
	l.line, l.pay, l.rest = unknown, false, time.Now().Add(laneRest)
	l.set(firstLanes)
}

// paid reports whether more lanes are known to make the whole faster.
func (l *lanes) paid() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pay
}

// acquire waits for a lane; it is false when the context ended.
func (l *lanes) acquire(ctx context.Context) bool {
	defer context.AfterFunc(ctx, l.wake)()
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.open >= l.limit && ctx.Err() == nil {
		l.cond.Wait()
	}
	if ctx.Err() != nil {
		return false
	}
	l.open++
	return true
}

func (l *lanes) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cond.Broadcast()
}

// release gives back a lane that brought so many bytes in some time, over a line that
// is crowded with what there is or not.
func (l *lanes) release(n int64, took time.Duration, crowded bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.cond.Broadcast()
	full := l.open == l.limit
	l.open--
	if n >= leastJudged {
		rate := float64(n) / max(took, time.Millisecond).Seconds()
		if l.parts == 0 || rate < l.least {
			l.least = rate
		}
		l.sum, l.parts = l.sum+rate, l.parts+1
	}
	mean := l.sum / float64(max(1, l.parts))
	switch judged := l.parts >= firstLanes; {
	case crowded, judged && l.limit > firstLanes && mean < laneShare*l.first:
		l.leave()
		return
	case !judged:
		return
	case l.limit == firstLanes:
		l.first = l.least
	default:
		l.pay = true
	}
	if full && l.limit < mostLanes {
		l.set(min(laneGrowth*l.limit, mostLanes))
	}
}

func (l *lanes) set(limit int) { l.limit, l.sum, l.parts = limit, 0, 0 }
