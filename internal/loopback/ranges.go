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
	after    time.Duration // a stream is not judged before
	patience time.Duration // what it needs for the rest at its rate is too long
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
	rate: 1 << 20, after: 2 * time.Second, patience: 2 * time.Second, part: 1 << 20, parallel: 8, first: 6 << 20, gain: time.Second,
}

// over returns the pace for a path on which the quickest header takes so long: over a
// long one every stream is slow at first, for ten round trips or so.
func (p pace) over(path time.Duration) pace {
	p.after = max(p.after, 12*path)
	return p
}

// slow judges a stream by what it has brought, as one of sharers of a connection. A
// fast one is left alone: what is on its way of it would be lost.
func (p pace) slow(got, left int64, took time.Duration, sharers int) bool {
	if took < p.after || left < 2*p.part || got == 0 {
		return false
	}
	rate := float64(got) / took.Seconds() * float64(sharers)
	return rate < float64(p.rate) && float64(left)/rate > p.patience.Seconds()
}

// copy reads a body into the sink. A slow one that can be had in parts is
// finished by split.
func (t *transfer) copy(resp *http.Response) error {
	if end := t.sink.n + resp.ContentLength; t.bounded && resp.StatusCode == http.StatusPartialContent && end < t.total {
		return t.split(resp, end, max(t.pace.first, (t.total-end)/int64(t.pace.parallel)+1), beside)
	}
	start, before := time.Now(), t.sink.n
	mark, marked := start, before
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	for {
		n, err := resp.Body.Read(*buf)
		if _, werr := t.sink.Write((*buf)[:n]); werr != nil {
			return werr
		}
		t.now.Bytes += int64(n)
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("read %s: %w", modproxy.Redact(resp.Request.URL), err)
		case time.Since(mark) > t.plan.stall():
			if trickles(t.sink.n-marked, time.Since(mark), t.client.Sharers(resp)) {
				return &modproxy.TimeoutError{URL: modproxy.Redact(resp.Request.URL), Phase: modproxy.PhaseBody, After: time.Since(mark)}
			}
			mark, marked = time.Now(), t.sink.n
		case t.sink.n > limit(t.file.Kind):
			return &modproxy.ContentError{URL: modproxy.Redact(resp.Request.URL), Reason: fmt.Sprintf("has more than %d bytes", limit(t.file.Kind))}
		case t.divisible(resp) && t.lanes.free() && t.pace.over(t.leg.up.health.path()).slow(t.sink.n-before, t.total-t.sink.n, time.Since(start), t.client.Sharers(resp)):
			return t.split(resp, t.sink.n, t.pace.part, apart)
		case t.divisible(resp) && t.lags(resp, t.total-t.sink.n, start):
			return t.split(resp, t.sink.n, max(2*t.pace.part, (t.total-t.sink.n)/4+1), across)
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

// A part is a range of the file, to excluded.
type part struct{ from, to int64 }

// A route is how the parts of a file are fetched.
type route int

const (
	// beside: over the connections that there are, while the stream at hand goes on.
	beside route = iota
	// apart: each over a connection of its own, of HTTP/1.1, instead of a slow stream,
	// which is slow for the packets that its connection loses, or for the many others
	// on it.
	apart
	// across: over the fastest connections there are, instead of the stream of one that
	// lags behind them.
	across
)

// lags reports whether the connection of an answer lags behind others, once both are
// up to speed.
func (t *transfer) lags(resp *http.Response, left int64, since time.Time) bool {
	return time.Since(since) > t.pace.over(t.leg.up.health.path()).after && t.client.Lags(resp, left, t.pace.gain)
}

// errLags ends a stream whose rest comes sooner over another connection.
var errLags = errors.New("the connection lags behind others")

// A leaver reads a body until its connection lags.
type leaver struct {
	*transfer
	resp  *http.Response
	left  int64
	since time.Time
}

func (l *leaver) Read(p []byte) (int, error) {
	n, err := l.resp.Body.Read(p)
	if l.left -= int64(n); err == nil && l.left > 0 && l.lags(l.resp, l.left, l.since) {
		err = errLags
	}
	return n, err
}

// leave reads what there is of a body before its connection lags. What has been moved
// once stays where it is.
func (t *transfer) leave(resp *http.Response, by route) io.Reader {
	if by == across {
		return resp.Body
	}
	return &leaver{t, resp, resp.ContentLength, time.Now()}
}

// split fetches what is missing behind first in parts of some size. The stream at hand
// brings what is before, or is given up at once. Whatever fails, the sink ends as a
// prefix of the file.
func (t *transfer) split(resp *http.Response, first, size int64, by route) error {
	if by != beside {
		resp.Body.Close()
		first = t.sink.n
	}
	var parts []part
	for from := first; from < t.total; from += size {
		parts = append(parts, part{from, min(from+size, t.total)})
	}
	ctx, cancel := context.WithCancelCause(t.ctx) // one lost part loses the others
	defer cancel(nil)
	todo, of := make(chan part), t.now
	var wg sync.WaitGroup
	for range t.pace.parallel {
		wg.Go(func() {
			for p := range todo {
				if by == apart && !t.lanes.acquire(ctx) {
					return
				}
				err := t.fetchPart(ctx, p, of, by)
				if by == apart {
					t.lanes.release()
				}
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	go func() {
		defer close(todo)
		for _, p := range parts {
			select {
			case todo <- p:
			case <-ctx.Done():
				return
			}
		}
	}()
	began := time.Now()
	n, err := io.CopyN(t.sink, t.leave(resp, by), first-t.sink.n)
	switch t.now.Bytes += n; {
	case err == errLags:
		resp.Body.Close()
		err = t.fetchPart(ctx, part{t.sink.n, first}, of, across)
	case err != nil: // what the parts have brought is worth another try
		t.record.part(began, of, 0, err)
		err = t.fetchPart(ctx, part{t.sink.n, first}, of, by)
	}
	if err != nil {
		cancel(err)
	}
	wg.Wait()
	if ctx.Err() != nil {
		t.undivided = true
		return errors.Join(&PartError{URL: modproxy.Redact(resp.Request.URL), Err: context.Cause(ctx)}, t.sink.file.Truncate(t.sink.n))
	}
	t.sink.n = t.total
	_, err = t.sink.file.Seek(0, io.SeekEnd)
	return err
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

// fetchPart gets one part of the attempt that it is recorded with.
func (t *transfer) fetchPart(ctx context.Context, p part, of report.Attempt, by route) error {
	began, at, tries := time.Now(), p.from, 1
	try := func(wait time.Duration) modproxy.Try {
		return modproxy.Try{
			URL: t.leg.up.at(t.file), Stall: stallSoon, Wait: wait, HTTP1: by == apart, Fast: by == across,
			Header: http.Header{"Range": {fmt.Sprintf("bytes=%d-%d", at, p.to-1)}, "If-Range": {t.etag}},
		}
	}
	err := t.client.Do(ctx, try(0), func(resp *http.Response) error {
		if resp.StatusCode != http.StatusPartialContent && resp.StatusCode != http.StatusOK {
			return modproxy.CheckStatus(resp)
		}
		if !strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", at)) {
			return &modproxy.ContentError{URL: modproxy.Redact(resp.Request.URL), Reason: "is not the part that was asked for"}
		}
		n, err := io.Copy(io.NewOffsetWriter(t.sink.file, at), io.LimitReader(t.leave(resp, by), p.to-at))
		if at += n; err == nil && at < p.to {
			err = io.ErrUnexpectedEOF
		}
		return err
	}, func(err error) (modproxy.Try, bool) {
		if tries++; errors.Is(err, errLags) {
			by = across
			return try(0), tries <= partTries
		}
		return try(time.Duration(tries-1) * firstWait), tries <= partTries
	})
	t.record.part(began, of, at-p.from, err)
	return err
}
