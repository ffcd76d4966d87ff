package loopback

import (
	"context"
	"math"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/modcache"
)

// fetchAhead gets files before go asks, in order, many at a time. What go asks
// for itself does not wait behind them. An error here is none: the file is asked
// for again when go wants it, and only then counts.
func (f *fetcher) fetchAhead(ctx context.Context, files []File, groups [][]*Upstream) {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { f.limiter.wake() }, // its protocol bounds how many
	})
	var wg sync.WaitGroup
	for _, file := range files {
		if f.stock.wanted(file.Path()) {
			continue
		}
		most := anyNumber
		if file.Kind == KindZip {
			most = f.zipsAtOnce()
		}
		if !f.limiter.acquire(ctx, most) {
			break
		}
		wg.Go(func() {
			defer f.limiter.release()
			claim := f.claimOf(file)
			defer claim.Release()
			_, _ = f.share(ctx, order{file, true, claim}, groups) // what came is in the stock
		})
	}
	wg.Wait()
}

// claimOf takes the place of a zip in the module cache, when it can be checked before go
// sees it. From then on a go command that wants it waits.
func (f *fetcher) claimOf(file File) *modcache.Claim {
	if f.cache == nil || file.Kind != KindZip || len(f.sums.Zip(file.Module, file.Version)) == 0 {
		return nil
	}
	return f.cache.Claim(file.Module, file.Version)
}

// zipsAtOnce returns what bounds how many files are fetched ahead at once when the
// next one is a zip. As many as there may be would fill a slow line so that each waits
// for the others until it counts as stalled. How fast the line is shows when it has
// been filled for a while.
func (f *fetcher) zipsAtOnce() func() int {
	if f.filled.IsZero() {
		f.filled = time.Now().Add(untilFilled)
	}
	return func() int {
		if time.Now().Before(f.filled) {
			return zipsAtFirst
		}
		return max(leastAhead, f.client.AtOnce())
	}
}

// Measured at 1 Gbit/s and 200 ms, medium graph: 64 zips for two seconds, and then what
// the rate bears, cost nearly half a second; these numbers cost nothing.
const (
	zipsAtFirst = 128
	untilFilled = 5 * time.Second
)

func anyNumber() int { return math.MaxInt }

// A limiter bounds how many files are fetched ahead at once. The bound halves
// when an upstream says that it is too much, and comes back slowly.
type limiter struct {
	most func() int // may change when the protocol becomes known

	mu     sync.Mutex
	cond   *sync.Cond
	limit  int // 0 is the most
	open   int
	good   int // answers since the bound was last moved
	halved time.Time
}

func newLimiter(most func() int) *limiter {
	l := &limiter{most: most}
	l.cond = sync.NewCond(&l.mu)
	return l
}

// acquire waits for a place, and until fewer than most are taken. It is false when
// the context ended.
func (l *limiter) acquire(ctx context.Context, most func() int) bool {
	stop := context.AfterFunc(ctx, l.wake)
	defer stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.open >= min(l.bound(), most()) && ctx.Err() == nil {
		l.cond.Wait()
	}
	if ctx.Err() != nil {
		return false
	}
	l.open++
	return true
}

// wake has those who wait look at the bound again.
func (l *limiter) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cond.Broadcast()
}

func (l *limiter) bound() int {
	if most := l.most(); l.limit == 0 || l.limit > most {
		return most
	}
	return l.limit
}

func (l *limiter) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	l.cond.Broadcast()
}

// Numbers of the limiter: never below a few, halved once for one wave of
// refusals, one more place after so many good answers.
const (
	leastAhead  = 8
	oneWave     = 500 * time.Millisecond
	growthAfter = 4
)

// refused is told that an upstream answered 429 or 503.
func (l *limiter) refused(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.halved) < oneWave {
		return
	}
	l.limit = max(leastAhead, min(l.bound(), max(l.open, 1))/2)
	l.halved, l.good = now, 0
}

// served is told that an upstream answered as it should.
func (l *limiter) served() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limit == 0 {
		return
	}
	if l.good++; l.good >= growthAfter {
		l.limit++
		l.good = 0
		l.cond.Broadcast()
	}
}
