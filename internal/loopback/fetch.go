package loopback

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
)

// A fetcher gets files for the server. Concurrent requests for one file share
// its transfer.
type fetcher struct {
	client   *modproxy.Client
	record   *Record
	sums     Sums
	dir      string
	attempts int
	retryFor time.Duration
	flight   singleflight.Group
}

// A content is a file that several requests may read; the last one removes it.
type content struct {
	*sink
	from *Upstream

	mu   sync.Mutex
	refs int
	gone bool
}

// take reports whether the content can still be read; release ends each use.
func (c *content) take() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.gone {
		c.refs++
	}
	return !c.gone
}

func (c *content) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refs--; c.refs == 0 {
		c.gone = true
		c.drop()
	}
}

// get returns a file from the groups in order: the next group is asked only
// after 404 or 410, as ',' in a GOPROXY list says. The caller releases it.
func (f *fetcher) get(ctx context.Context, file File, groups [][]*Upstream) (*content, error) {
	key := file.Path() + " " + groups[0][0].String()
	for {
		v, err, _ := f.flight.Do(key, func() (any, error) { return f.walk(ctx, file, groups) })
		if err != nil {
			return nil, err
		}
		if c := v.(*content); c.take() {
			return c, nil
		}
	}
}

func (f *fetcher) walk(ctx context.Context, file File, groups [][]*Upstream) (c *content, err error) {
	for _, g := range groups {
		c, err = f.fetch(ctx, file, g)
		var status *modproxy.StatusError
		if !errors.As(err, &status) || !status.NotFound() {
			break
		}
	}
	return c, err
}

func (f *fetcher) fetch(ctx context.Context, file File, group []*Upstream) (*content, error) {
	p := &plan{attempts: f.attempts, deadline: time.Now().Add(f.retryFor)}
	for _, u := range group {
		p.legs = append(p.legs, &leg{up: u})
	}
	t := &transfer{client: f.client, record: f.record, sums: f.sums, file: file, plan: p, sink: newSink(f.dir, file)}
	err := t.run(ctx)
	if err == nil {
		f.record.handed(file, p.saved())
		return &content{sink: t.sink, from: t.leg.up}, nil
	}
	var ex *ExhaustedError
	if errors.As(err, &ex) {
		f.record.failed(Failed{File: file, Upstream: ex.Upstream, Err: ex.Err, Attempts: t.attempts, Missing: errors.Is(err, fs.ErrNotExist)})
	}
	return nil, err
}
