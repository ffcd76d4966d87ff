package loopback

import (
	"context"
	"sync"
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
	was   float64 // rate when the limit was set
}

const (
	firstLanes = 8
	mostLanes  = 96
	// Once all lanes are open and the whole is laneGain times as fast as with the limit
	// before, there may be laneGrowth times as many.
	laneGrowth = 4
	laneGain   = 1.3
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
	return l.open < l.limit
}

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

// release gives a lane back, and adds some when all that were open have paid.
func (l *lanes) release() {
	rate := l.rate()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.open+1 == l.limit && rate >= laneGain*l.was {
		l.limit, l.was = min(laneGrowth*l.limit, mostLanes), rate
	}
	l.cond.Broadcast()
}
