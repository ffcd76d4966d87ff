package loopback

import (
	"context"
	"testing"
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
	rate = 120 // not enough to show that they help
	l.release()
	take(1)
	if l.free() {
		t.Error("more lanes that bring nothing")
	}
	rate = 130
	l.release()
	take(1 + (laneGrowth-1)*firstLanes)
	if l.free() {
		t.Error("they grow twice")
	}
	for l.open > 1 {
		rate *= 2
		l.release()
	}
	if want := min(laneGrowth*laneGrowth*firstLanes, mostLanes); l.limit != want {
		t.Errorf("limit %d, want %d: the rate counts only when all lanes are in use", l.limit, want)
	}
	rate = 1e9
	take(l.limit - 1)
	l.release()
	if l.limit != mostLanes {
		t.Errorf("limit %d, want the most", l.limit)
	}
}
