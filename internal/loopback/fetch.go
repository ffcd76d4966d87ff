package loopback

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/modcache"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
)

// A fetcher gets files for the server and ahead of it. Concurrent requests for
// one file share its transfer.
type fetcher struct {
	client   *modproxy.Client
	record   *Record
	sums     Sums
	dir      string
	attempts int
	retryFor time.Duration
	pace     pace
	limiter  *limiter
	lanes    *lanes
	filled   time.Time // when zips fetched ahead have filled the line; fetchAhead's own
	stock    *stock
	cache    *modcache.Cache // where zips fetched ahead are put, nil when that is left to go
	hedges   hedgeBudget
	losers   sync.WaitGroup // second transfers that are being ended

	mu      sync.Mutex
	flights map[string]*flight // by file and first upstream
}

// A flight is a file under way for one or more readers.
type flight struct {
	readers int
	done    chan struct{}
	content *content
	err     error
}

// A content is a file for as many readers as wanted it while it was under way.
// The last one to release it removes it.
type content struct {
	*sink
	from    *Upstream
	saved   bool // plain go would have failed on it
	readers atomic.Int32
}

func (c *content) release() {
	if c.readers.Add(-1) == 0 {
		c.drop()
	}
}

// get returns a file that go asks for. The caller releases it.
func (f *fetcher) get(ctx context.Context, file File, groups [][]*Upstream) (*content, error) {
	return f.share(ctx, order{File: file}, groups)
}

// An order is a file, and what for.
type order struct {
	File
	ahead bool            // go has not asked for it
	claim *modcache.Claim // to put it in the module cache
}

// errTaken is the error of an order ahead whose file go has asked for.
var errTaken = errors.New("go has it")

// share gets a file from the stock or the groups, once for all who want it at the same
// time. Each of them has a reading of its own; that of an order ahead goes to the stock.
// No file is in neither place while one of them looks for it: f.mu is held.
func (f *fetcher) share(ctx context.Context, o order, groups [][]*Upstream) (*content, error) {
	key := o.Path() + " " + groups[0][0].String()
	f.mu.Lock()
	if !o.ahead {
		if r, ok := f.stock.take(o.Path()); ok {
			f.mu.Unlock()
			return r.content, r.err
		}
	} else if f.flights[key] != nil || f.stock.wanted(o.Path()) {
		f.mu.Unlock()
		return nil, errTaken
	}
	if fl, ok := f.flights[key]; ok {
		fl.readers++
		f.mu.Unlock()
		<-fl.done
		return fl.content, fl.err
	}
	fl := &flight{readers: 1, done: make(chan struct{})}
	f.flights[key] = fl
	f.mu.Unlock()
	fl.content, fl.err = f.walk(ctx, o, groups)
	f.mu.Lock()
	delete(f.flights, key)
	if fl.content != nil {
		fl.content.readers.Store(int32(fl.readers))
	}
	if o.ahead {
		f.keep(o, fl.content, fl.err)
	}
	f.mu.Unlock()
	close(fl.done)
	return fl.content, fl.err
}

// keep puts what came ahead into the stock, unless the module cache has it already.
func (f *fetcher) keep(o order, c *content, err error) {
	switch {
	case err == nil && c.cached:
		f.record.handed(o.File, c.saved)
		c.release()
	case err == nil:
		f.stock.put(o.Path(), stocked{content: c})
	case errors.Is(err, fs.ErrNotExist):
		f.stock.put(o.Path(), stocked{err: err})
	}
}

// walk asks the groups in order: the next one only after 404 or 410, as ',' in a
// GOPROXY list says.
func (f *fetcher) walk(ctx context.Context, o order, groups [][]*Upstream) (c *content, err error) {
	for _, g := range groups {
		c, err = f.fetch(ctx, o, preferred(g))
		var status *modproxy.StatusError
		if !errors.As(err, &status) || !status.NotFound() {
			break
		}
	}
	return c, err
}

func (f *fetcher) transfer(o order, group []*Upstream, race *atomic.Pointer[transfer], hedge bool) *transfer {
	p := &plan{attempts: f.attempts, retryFor: f.retryFor, deadline: time.Now().Add(f.retryFor)}
	for _, u := range group {
		p.legs = append(p.legs, &leg{up: u})
	}
	if p.hopeless() {
		p.attempts = min(p.attempts, len(p.legs))
	}
	return &transfer{fetcher: f, order: o, plan: p, sink: newSink(f.dir, o), race: race, hedge: hedge}
}
