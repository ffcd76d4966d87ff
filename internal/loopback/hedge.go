package loopback

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// A second request is started when the first has no header after three times
// what is usual, and at least so long. To the same upstream, over another
// connection, it takes more patience.
const (
	hedgeOther = 300 * time.Millisecond
	hedgeSame  = time.Second
)

// hedgeBudget keeps second requests rare whatever happens: a few, and one in
// twenty of all.
type hedgeBudget struct {
	mu           sync.Mutex
	files, spent int
}

func (b *hedgeBudget) file() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.files++
}

func (b *hedgeBudget) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.spent >= 8+b.files/20 {
		return false
	}
	b.spent++
	return true
}

// second returns whom to ask when the first of group is late, and after how long.
// A private upstream is never helped out by another one.
func second(group []*Upstream) (others []*Upstream, delay time.Duration) {
	first := group[0]
	usual := 3 * first.health.median()
	if len(group) == 1 || first.Private || group[1].Private {
		return group[:1], max(hedgeSame, usual)
	}
	return append(append([]*Upstream{}, group[1:]...), first), max(hedgeOther, usual)
}

type outcome struct {
	t   *transfer
	err error
}

// fetch gets a file from one group, with a second transfer beside the first when
// that one is late. The first that succeeds ends the other.
func (f *fetcher) fetch(ctx context.Context, o order, group []*Upstream) (*content, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f.hedges.file()
	done := make(chan outcome, 2)
	start := func(t *transfer) { go func() { done <- outcome{t, t.run(ctx)} }() }
	race := new(atomic.Pointer[transfer])
	first := f.transfer(o, group, race, false)
	start(first)
	running := 1
	others, delay := second(group)
	timer := time.NewTimer(delay)
	defer timer.Stop()
	var failed error
	for {
		select {
		case <-timer.C:
			if running == 1 && failed == nil && !first.answered.Load() && f.hedges.take() {
				f.record.hedged()
				start(f.transfer(o, others, race, true))
				running++
			}
		case o := <-done:
			running--
			if o.err == nil {
				f.losers.Go(func() { f.discard(done, running) })
				return &content{sink: o.t.sink, from: o.t.leg.up, saved: o.t.plan.saved() && !o.t.hedge}, nil
			}
			if !errors.Is(o.err, errSecond) && (failed == nil || o.t == first) {
				failed = o.err
			}
			if running == 0 {
				return nil, failed
			}
		}
	}
}

// discard waits for a transfer that lost and drops what it got after all.
func (f *fetcher) discard(done <-chan outcome, running int) {
	for range running {
		if o := <-done; o.err == nil {
			o.t.sink.drop()
		}
	}
}
