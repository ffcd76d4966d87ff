package loopback

import (
	"context"
	"testing"
	"time"
)

func TestLanes(t *testing.T) {
	t.Parallel()
	rate := 100.0
	l := newLanes(func() float64 { return rate })
	take := func(n int) {
		t.Helper()
		for range n {
			if !l.free() || !l.acquire(t.Context()) {
				t.Fatalf("no lane after %d", l.open)
			}
		}
	}
	take(firstLanes)
	if l.free() {
		t.Error("more lanes than at first")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if l.acquire(ended) {
		t.Error("a lane for nobody")
	}
	release := func(n int64) { l.release(n, time.Second) }
	rate = 120 // not enough to show that they help
	release(100_000)
	take(1)
	if l.free() || l.paid() {
		t.Error("more lanes that bring nothing")
	}
	rate = 130
	release(100_000)
	take(1 + (laneGrowth-1)*firstLanes)
	if l.free() || l.paid() {
		t.Error("they grow twice, or have paid at once")
	}
	rate = 1e9
	for range firstLanes {
		release(1000) // too small to say anything
		take(1)
	}
	if l.limit != laneGrowth*firstLanes || l.paid() {
		t.Errorf("limit %d, paid %v before anything came", l.limit, l.paid())
	}
	for range firstLanes - 1 {
		release(80_000)
		take(1)
	}
	release(80_000)
	if l.limit != mostLanes || l.paid() {
		t.Errorf("limit %d, paid %v: want the most, that have yet to pay", l.limit, l.paid())
	}
	take(mostLanes - l.open)
	for range firstLanes {
		release(80_000)
		take(1)
	}
	if l.limit != mostLanes || !l.paid() {
		t.Errorf("limit %d, paid %v: want the most, that have paid", l.limit, l.paid())
	}
	for range 4 * firstLanes {
		release(leastJudged)
		l.open++
	}
	for l.limit == mostLanes && l.parts < 1000 {
		l.release(leastJudged, 4*time.Second)
		l.open++
	}
	if l.limit != firstLanes || l.paid() {
		t.Errorf("limit %d, paid %v: want the first, since each brings a quarter", l.limit, l.paid())
	}
	l.open = firstLanes - 1
	if !l.free() {
		t.Error("no lane is free, but one is")
	}
	l.open = firstLanes
	for range lanesTried {
		l.release(leastJudged, 4*time.Second)
		l.open++
	}
	if l.open--; l.free() {
		t.Error("they are tried on and on")
	}
}
