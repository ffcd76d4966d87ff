package loopback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// A pace says when a stream is slow, so that the rest of its zip is fetched in
// parts over several connections. Measured: a zip of 39 MB over a path with 1 %
// loss takes more than 100 s as one CUBIC stream and 20 s in parts; over a clean
// line parts win nothing, so they are not the rule.
type pace struct {
	rate     int64         // bytes a second that are not slow, whatever is left
	whole    int64         // bytes a second of all answers together that are not slow
	after    time.Duration // a stream is not judged before
	patience time.Duration // what it needs for the rest at its rate is too long
	little   int64         // bytes that are not worth another request
	part     int64         // bytes of one part
	parallel int
	// first is what the first request for a zip asks for over a long path. Nearly all
	// zips are smaller. What comes behind it is fetched in parts at once: other than a
	// stream that is given up, this costs no byte twice.
	first int64
	// gain is what fetching the rest over another connection has to win at least.
	gain time.Duration
}

var usualPace = pace{
	rate: 1 << 20, whole: 5 << 20, after: 2 * time.Second, patience: 2 * time.Second,
	little: 2 << 20, part: 1 << 20, parallel: 8, first: 6 << 20, gain: time.Second,
}

// over returns the pace for a path on which the quickest header takes so long: over a
// long one every stream is slow at first, for ten round trips or so.
func (p pace) over(path time.Duration) pace {
	p.after = max(p.after, 12*path)
	return p
}

// slow judges a stream by what it has brought, as one of sharers of a connection that
// brought peak bytes a second at its best of late: others that shared it may have ended.
// A fast one is left alone, and one with little left: what is on its way of it would be
// lost.
func (p pace) slow(got, left int64, took time.Duration, sharers int, peak float64) bool {
	if took < p.after || left < p.little || got == 0 {
		return false
	}
	rate := max(float64(got)/took.Seconds()*float64(sharers), peak)
	return rate < float64(p.rate) && float64(left)/rate > p.patience.Seconds()
}

// copy reads a body into the sink. What can be had in parts is finished by split,
// when it is bounded or slow.
func (t *transfer) copy(resp *http.Response) error {
	if end := t.sink.n + resp.ContentLength; t.bounded && resp.StatusCode == http.StatusPartialContent && end < t.total {
		return t.split(resp, end)
	}
	body := io.Reader(resp.Body)
	if t.divisible(resp) {
		body = t.watch(resp, t.total-t.sink.n)
	}
	mark, marked := time.Now(), t.sink.n
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	for {
		n, err := body.Read(*buf)
		if _, werr := t.sink.Write((*buf)[:n]); werr != nil {
			return werr
		}
		t.now.Bytes += int64(n)
		switch {
		case err == io.EOF:
			return nil
		case err == errSlow:
			return t.split(resp, t.sink.n)
		case err != nil:
			return fmt.Errorf("read %s: %w", modproxy.Redact(resp.Request.URL), err)
		case time.Since(mark) > t.plan.stall():
			if sharers, _ := t.client.Shared(resp); trickles(t.sink.n-marked, time.Since(mark), sharers) {
				return &modproxy.TimeoutError{URL: modproxy.Redact(resp.Request.URL), Phase: modproxy.PhaseBody, After: time.Since(mark)}
			}
			mark, marked = time.Now(), t.sink.n
		case t.sink.n > limit(t.Kind):
			return &modproxy.ContentError{URL: modproxy.Redact(resp.Request.URL), Reason: fmt.Sprintf("has more than %d bytes", limit(t.Kind))}
		}
	}
}

// leastRate is what a connection brings in bytes a second, or it is no better than
// one that stalled: the slowest lines of today are twenty times as fast.
const leastRate = 1 << 10

// trickles judges what came of a body of late, as one of sharers of a connection: one
// that brings a byte now and then never counts as stalled.
func trickles(got int64, took time.Duration, sharers int) bool {
	return float64(got*int64(sharers)) < took.Seconds()*leastRate
}

// divisible reports whether the rest of the body may be asked for in parts.
func (t *transfer) divisible(resp *http.Response) bool {
	return t.sink.disk && !t.undivided && t.etag != "" && t.total > 0 && resp.Header.Get("Accept-Ranges") != "none"
}

// errSlow ends a stream whose rest comes sooner in parts.
var errSlow = errors.New("the rest comes sooner in parts")

// A watcher reads a body until it is worth fetching the rest in parts: the stream is
// slow, or its connection lags behind the others.
type watcher struct {
	*transfer
	resp      *http.Response
	got, left int64
	start     time.Time
	small     bool // a part that is not worth being split
}

func (t *transfer) watch(resp *http.Response, left int64) *watcher {
	return &watcher{transfer: t, resp: resp, left: left, start: time.Now()}
}

func (w *watcher) Read(p []byte) (int, error) {
	n, err := w.resp.Body.Read(p)
	w.got, w.left = w.got+int64(n), w.left-int64(n)
	if err == nil && w.slow() {
		err = errSlow
	}
	return n, err
}

func (w *watcher) slow() bool {
	p, took := w.pace.over(w.leg.up.health.path()), time.Since(w.start)
	return took > p.after && (!w.small && w.apart(p, took) || w.client.Lags(w.resp, w.left, p.gain))
}

// apart reports whether parts over connections of their own are worth a try, or another
// one: some slow stream there is on each line that is full.
func (w *watcher) apart(p pace, took time.Duration) bool {
	if w.lanes.paid() {
		p.little /= 8
	} else if w.client.Rate() >= float64(p.whole) {
		return false
	}
	sharers, peak := w.client.Shared(w.resp)
	return p.slow(w.got, w.left, took, sharers, peak) && w.lanes.free(w.sound)
}

// sound opens the first connections of lanes, with requests for a byte each, and reports
// whether the line is so crowded that they had to wait. Meanwhile the stream is not read.
// The error is that of a context that ended.
func (w *watcher) sound() (crowded bool, err error) {
	u := w.leg.up.at(w.File)
	try := modproxy.Try{URL: u, Stall: stallSoon, HTTP1: true, Header: http.Header{"Range": {"bytes=0-0"}, "If-Range": {w.etag}}}
	var wg sync.WaitGroup
	for range modproxy.Soundings {
		wg.Go(func() {
			_ = w.client.Do(w.ctx, try, func(resp *http.Response) error {
				_, err := io.CopyN(io.Discard, resp.Body, 2) // to its end, so that the connection can be used again
				return err
			}, func(error) (modproxy.Try, bool) { return modproxy.Try{}, false })
		})
	}
	wg.Wait()
	return w.client.Crowded(), w.ctx.Err()
}

// A part is a range of the file, to excluded.
type part struct{ from, to int64 }

// cut divides what is missing between two places.
func cut(from, to, size int64) (parts []part) {
	for ; from < to; from += size {
		parts = append(parts, part{from, min(from+size, to)})
	}
	return parts
}

// split fetches what is behind first in parts, while the stream at hand brings what is
// before; with first at the sink's end it is given up. Whatever fails, the sink ends as
// a prefix of the file.
func (t *transfer) split(resp *http.Response, first int64) error {
	ctx, cancel := context.WithCancelCause(t.ctx) // one lost part loses the others
	defer cancel(nil)
	of := t.now
	var wg sync.WaitGroup
	if first == t.sink.n {
		resp.Body.Close()
		if err := t.fetchAnew(ctx, part{first, t.total}, of); err != nil {
			cancel(err)
		}
	} else {
		size := max(t.pace.first, (t.total-first)/int64(t.pace.parallel)+1)
		wg.Go(func() {
			if err := t.fetchParts(ctx, cut(first, t.total, size), of, true); err != nil {
				cancel(err)
			}
		})
		if err := t.front(ctx, resp, first, of); err != nil {
			cancel(err)
		}
	}
	wg.Wait()
	if ctx.Err() != nil {
		t.undivided = true
		return errors.Join(&PartError{URL: modproxy.Redact(resp.Request.URL), Err: context.Cause(ctx)}, t.sink.file.Truncate(t.sink.n))
	}
	t.sink.n = t.total
	_, err := t.sink.file.Seek(0, io.SeekEnd)
	return err
}

// front reads the stream at hand up to first.
func (t *transfer) front(ctx context.Context, resp *http.Response, first int64, of report.Attempt) error {
	began := time.Now()
	n, err := io.CopyN(t.sink, t.watch(resp, first-t.sink.n), first-t.sink.n)
	rest := part{t.sink.n, first}
	switch t.now.Bytes += n; err {
	case nil:
		return nil
	case errSlow:
		resp.Body.Close()
		return t.fetchAnew(ctx, rest, of)
	}
	t.record.part(began, of, 0, err)
	return t.fetchPart(ctx, rest, of, true) // what the parts have brought is worth another try
}

// fetchAnew gets what a slow stream has left, in small parts.
func (t *transfer) fetchAnew(ctx context.Context, p part, of report.Attempt) error {
	return t.fetchParts(ctx, cut(p.from, p.to, t.pace.part), of, false)
}

// fetchParts gets parts side by side. The first error ends the others.
func (t *transfer) fetchParts(ctx context.Context, parts []part, of report.Attempt, large bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	todo := make(chan part)
	var wg sync.WaitGroup
	for range min(mostLanes, len(parts)) {
		wg.Go(func() {
			for p := range todo {
				if err := t.fetchPart(ctx, p, of, large); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, p := range parts {
		select {
		case todo <- p:
		case <-ctx.Done():
		}
	}
	close(todo)
	wg.Wait()
	return context.Cause(ctx)
}

// A PartError is a part of a body that did not come. It says nothing against
// asking the same upstream for the whole.
type PartError struct {
	URL string // redacted
	Err error
}

func (e *PartError) Error() string { return "read a part of " + e.URL + ": " + e.Err.Error() }
func (e *PartError) Unwrap() error { return e.Err }

// partTries is how often one part is asked for; what it has brought stays.
const partTries = 5

// fetchPart gets one part of the attempt that it is recorded with. A large one goes
// over the connections that there are, until that is slow. A small one of a slow stream
// goes over the connection that brings it soonest, until that lags, or over one of its own
// when all are slow: for the packets that they lose, or for the many other answers.
func (t *transfer) fetchPart(ctx context.Context, p part, of report.Attempt, large bool) error {
	u := t.leg.up.at(t.File)
	own := !large && t.client.Fastest(u.Host) < float64(t.pace.rate)
	if own {
		if !t.lanes.acquire(ctx) {
			return context.Cause(ctx)
		}
	}
	began, at, tries := time.Now(), p.from, 1
	if own {
		defer func() { t.lanes.release(at-p.from, time.Since(began), t.client.Crowded()) }()
	}
	try := func() modproxy.Try {
		return modproxy.Try{
			URL: u, Stall: stallSoon, Wait: time.Duration(tries-1) * firstWait, HTTP1: own, Fast: !large,
			Header: http.Header{"Range": {fmt.Sprintf("bytes=%d-%d", at, p.to-1)}, "If-Range": {t.etag}},
		}
	}
	err := t.client.Do(ctx, try(), func(resp *http.Response) error {
		if resp.StatusCode != http.StatusPartialContent && resp.StatusCode != http.StatusOK {
			return modproxy.CheckStatus(resp)
		}
		if !strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", at)) {
			return &modproxy.ContentError{URL: modproxy.Redact(resp.Request.URL), Reason: "is not the part that was asked for"}
		}
		body := t.watch(resp, p.to-at)
		body.small = !large
		n, err := io.Copy(io.NewOffsetWriter(t.sink.file, at), io.LimitReader(body, p.to-at))
		if at += n; err == nil && at < p.to {
			err = io.ErrUnexpectedEOF
		}
		return err
	}, func(err error) (modproxy.Try, bool) {
		tries++
		return try(), tries <= partTries && !errors.Is(err, errSlow)
	})
	if errors.Is(err, errSlow) {
		t.record.part(began, of, at-p.from, nil)
		return t.fetchAnew(ctx, part{at, p.to}, of)
	}
	t.record.part(began, of, at-p.from, err)
	return err
}
