package loopback

import (
	"context"
	"sync"
	"time"
)

// Lanes are the connections of HTTP/1.1 for parts of slow zips, of all zips
// together. Where lost packets hold each connection back, every one more brings more,
// up to dozens; where the line is full they only take from each other, and on a slow
// line push each other off. So they begin few, and become more as long as that makes
// the whole faster.
type lanes struct {
	rate func() float64 // bytes a second of all answers, of late

	mu    sync.Mutex
	cond  *sync.Cond
	limit int
	open  int
	was   float64   // rate when the limit was set
	first float64   // what one lane brought a second with the first limit
	sum   float64   // what parts brought a second since the limit was set
	parts int       // how many
	rest  time.Time // there are none to be had before
}

const (
	firstLanes = 8
	mostLanes  = 96
	// Once all lanes are open and the whole is laneGain times as fast as with the limit
	// before, there may be laneGrowth times as many.
	laneGrowth = 4
	laneGain   = 1.3
	// More lanes are worth it as long as each brings laneShare of what one of the first
	// ones brought. On a full line it is 0.4, with the eight connections of HTTP/2 beside
	// them.
	laneShare = 0.5
	// When the first ones have brought nothing in so many parts, they are left alone for
	// a while: on a full line each part costs what was on its way of a stream given up.
	lanesTried = 2 * firstLanes
	laneRest   = time.Minute
)

func newLanes(rate func() float64) *lanes {
	l := &lanes{rate: rate, limit: firstLanes}
	l.cond = sync.NewCond(&l.mu)
	return l
}

// free reports whether a part could go at once.
func (l *lanes) free() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open < l.limit && !time.Now().Before(l.rest)
}

// paid reports whether more lanes are known to make the whole faster.
func (l *lanes) paid() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.limit > firstLanes && l.judged() && l.steady()
}

// judged reports whether enough parts came since the limit was set.
func (l *lanes) judged() bool { return l.parts >= firstLanes }

// steady reports whether a lane still brings what it did when there were few.
func (l *lanes) steady() bool { return l.sum/float64(l.parts) >= laneShare*l.first }

// acquire waits for a lane; it is false when the context ended.
func (l *lanes) acquire(ctx context.Context) bool {
	defer context.AfterFunc(ctx, l.wake)()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.was == 0 {
		l.was = l.rate()
	}
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

// release gives back a lane that brought so many bytes in some time. When all are in
// use there become more if the last ones have paid, and few again if they have not.
func (l *lanes) release(n int64, took time.Duration) {
	rate := l.rate()
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.cond.Broadcast()
	l.open--
	if n >= leastJudged {
		l.sum, l.parts = l.sum+float64(n)/took.Seconds(), l.parts+1
	}
	switch {
	case l.limit == firstLanes && l.parts > 0:
		l.first = l.sum / float64(l.parts)
	case !l.judged():
		return
	case !l.steady():
		l.set(firstLanes, rate)
		return
	}
	switch {
	case l.open+1 == l.limit && rate >= laneGain*l.was:
		l.set(min(laneGrowth*l.limit, mostLanes), rate)
	case l.limit == firstLanes && l.parts >= lanesTried:
		l.set(firstLanes, rate)
		l.rest = time.Now().Add(laneRest)
	}
}

// leastJudged is what a part has at least whose rate says something.
const leastJudged = 64 << 10

func (l *lanes) set(limit int, rate float64) {
	l.limit, l.was, l.sum, l.parts = limit, rate, 0, 0
}
