package loopback

import (
	"context"
	"testing"
	"time"
)

// TestLanes: there become more lanes as long as each brings what it did before.
func TestLanes(t *testing.T) {
	t.Parallel()
	l := newLanes()
	take := func(n int) {
		t.Helper()
		for range n {
			if !l.acquire(t.Context()) {
				t.Fatalf("no lane after %d", l.open)
			}
		}
	}
	bring := func(parts int, n int64) {
		t.Helper()
		for range parts {
			l.release(n, time.Second, false)
			take(1)
		}
	}
	sound := func() (bool, error) { return false, nil }
	want := func(when string, limit int, paid, free bool) {
		t.Helper()
		if l.limit != limit || l.paid() != paid || l.free(sound) != free {
			t.Errorf("%s: limit %d, paid %v, free %v; want %d, %v, %v", when, l.limit, l.paid(), l.free(sound), limit, paid, free)
		}
	}
	const steady = 400_000
	want("at first", firstLanes, false, true)
	take(firstLanes)
	want("all are in use", firstLanes, false, false)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if l.acquire(ended) {
		t.Error("a lane for nobody")
	}
	bring(firstLanes, leastJudged-1)
	want("parts too small to say anything", firstLanes, false, false)
	bring(firstLanes-1, 4*steady)
	bring(1, steady)
	want("the first ones are known", 32, false, true)
	take(32 - firstLanes)
	bring(firstLanes, 0.6*steady)
	want("each of more still brings it", mostLanes, true, true)
	take(mostLanes - 32)
	bring(10*firstLanes, steady)
	want("the most", mostLanes, true, false)
	for l.limit == mostLanes && l.parts < 1000 {
		l.release(leastJudged, time.Second, false)
		l.open++
	}
	l.open = 0
	want("they take from each other", firstLanes, false, false)
	l.rest = time.Time{}
	take(1)
	bring(2*firstLanes, steady)
	want("never more than are asked for", firstLanes, false, true)
	l.release(steady, time.Second, true)
	want("the line is crowded", firstLanes, false, false)
}

// TestLanesSound: there are no lanes before the line is known to have room for them.
func TestLanesSound(t *testing.T) {
	t.Parallel()
	l := newLanes()
	if l.free(func() (bool, error) { return false, context.Canceled }) {
		t.Error("the sounding was broken off")
	}
	if l.free(func() (bool, error) {
		if l.free(nil) {
			t.Error("the line is being sounded")
		}
		return false, nil
	}) != true {
		t.Error("the line has room")
	}
	l.leave()
	if l.free(nil) {
		t.Error("they are left alone")
	}
	l.rest = time.Time{}
	if l.free(func() (bool, error) { return true, nil }) || l.free(nil) {
		t.Error("the line is crowded")
	}
}
