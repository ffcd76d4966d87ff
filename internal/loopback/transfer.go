package loopback

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// A transfer gets one file from the upstreams of one plan.
type transfer struct {
	*fetcher
	order
	plan  *plan
	sink  *sink
	hedge bool // another transfer of the file was late
	ctx   context.Context

	answered atomic.Bool               // a header has come
	race     *atomic.Pointer[transfer] // which of two transfers of the file has the first good header

	leg    *leg           // of the current attempt
	began  time.Time      // of the current attempt, behind its wait
	header time.Duration  // from there to the header of its answer
	now    report.Attempt // the current attempt

	total   int64  // length that the current upstream announced, -1 when it did not
	etag    string // strong validator of what the sink holds
	from    *leg   // whose bytes the sink holds
	kept    *sink  // content that differs from go.sum, in case all agree on it
	indexes []int  // of its attempts in the record

	bounded   bool // the current request asks for the first bytes only
	undivided bool // a part was lost: fetch it as one stream
}

// An ExhaustedError is a file that no upstream gave within the limits.
type ExhaustedError struct {
	File     File
	Upstream string // whose error it is, redacted
	Took     time.Duration
	Attempts []int // indexes into the record; only the failed ones are sure to be there
	Tries    int   // attempts over all upstreams
	Err      error // of the last attempt at Upstream
}

func (e *ExhaustedError) Error() string {
	return fmt.Sprintf("get %s: %d attempts in %v, at last: %v", e.File, e.Tries, e.Took.Round(100*time.Millisecond), e.Err)
}

func (e *ExhaustedError) Unwrap() error { return e.Err }

// run makes the attempts. On success the sink holds the checked file. An error
// is of type *ExhaustedError, or the context's.
func (t *transfer) run(ctx context.Context) error {
	start := time.Now()
	t.ctx = ctx
	t.leg = t.plan.first(start)
	t.begin(0)
	err := t.client.Do(ctx, t.try(0), t.receive, func(err error) (modproxy.Try, bool) {
		t.end(err)
		var disk *SpoolError
		if errors.As(err, &disk) || errors.Is(err, errSecond) {
			return modproxy.Try{}, false
		}
		if t.now.Bytes >= progressBytes {
			t.plan.progress(time.Now(), t.from == t.leg && t.etag != "")
		}
		next, wait := t.plan.after(time.Now(), t.leg, err)
		if next == nil {
			return modproxy.Try{}, false
		}
		t.record.turn(next != t.leg)
		t.leg = next
		t.begin(wait)
		return t.try(wait), true
	})
	if err != nil {
		return t.giveUp(ctx, start, err)
	}
	t.end(nil)
	t.kept.drop()
	return nil
}

// giveUp ends a transfer whose last attempt failed with err. There may be content
// all the same: that on which all upstreams agree against go.sum.
func (t *transfer) giveUp(ctx context.Context, start time.Time, err error) error {
	if ctx.Err() != nil {
		if !t.hedge && !t.answered.Load() {
			t.leg.up.health.bad(time.Now()) // another one was asked later and was first
		}
		t.end(nil)
		t.discard()
		return fmt.Errorf("get %s: %w", t.File, context.Cause(ctx))
	}
	if errors.Is(err, errSecond) {
		t.discard()
		return err
	}
	if t.kept != nil && t.plan.agreed() {
		t.sink.drop()
		t.sink, t.kept = t.kept, nil
		return nil
	}
	t.discard()
	l := t.plan.outcome()
	if l == nil { // the disk failed, no upstream
		l = &leg{up: t.leg.up, err: err}
	}
	if l.state == usable {
		l.up.health.exhausted()
	}
	return &ExhaustedError{File: t.File, Upstream: l.up.String(), Tries: t.plan.made, Took: time.Since(start), Attempts: t.indexes, Err: l.err}
}

func (t *transfer) discard() {
	t.sink.drop()
	t.kept.drop()
}

func (t *transfer) begin(wait time.Duration) {
	t.began = time.Now().Add(wait)
	t.now = report.Attempt{Path: t.Name(), Upstream: t.leg.up.String(), N: t.plan.made, Ahead: t.ahead, Hedge: t.hedge}
	t.leg.up.health.trial(t.began)
}

// end records the current attempt and tells the upstream's health.
func (t *transfer) end(err error) {
	if err != nil && !errors.Is(err, errSecond) && !(t.ahead && errors.Is(err, fs.ErrNotExist)) { // that may never be asked for
		t.now.Class = classify.Of(err)
		t.now.Error = err.Error()
	}
	h := &t.leg.up.health
	switch {
	case errors.Is(err, errSecond): // its header was good, and late only beside another
	case t.now.Status == http.StatusTooManyRequests, t.now.Status == http.StatusServiceUnavailable:
		t.limiter.refused(time.Now())
		h.bad(time.Now())
	case err != nil && judge(err, math.MaxInt) == usable:
		h.bad(time.Now())
	case t.now.Status != 0:
		t.limiter.served()
		h.good(t.header)
	}
	if i := t.record.attempt(t.began, t.now); i >= 0 {
		t.indexes = append(t.indexes, i)
	}
}

// try is the request of the current attempt. It asks for the rest of what the
// sink holds when that came from the same upstream under a strong validator.
func (t *transfer) try(wait time.Duration) modproxy.Try {
	try := modproxy.Try{
		URL:   t.leg.up.at(t.File),
		Wait:  wait,
		Stall: t.plan.stall(),
		HTTP1: t.leg.tries%3 == 2, // for servers that go on breaking HTTP/2
	}
	t.bounded = false
	switch {
	case t.from == t.leg && t.etag != "" && t.sink.n > 0:
		t.now.Resume = true
		try.Header = http.Header{
			"Range":    {"bytes=" + strconv.FormatInt(t.sink.n, 10) + "-"},
			"If-Range": {t.etag},
		}
	case t.sink.disk && !t.undivided && t.leg.up.health.distant():
		t.bounded = true
		try.Header = http.Header{"Range": {fmt.Sprintf("bytes=0-%d", t.pace.first-1)}}
	}
	return try
}

// receive reads one answer into the sink and checks the file when it is whole.
func (t *transfer) receive(resp *http.Response) error {
	t.now.Status = resp.StatusCode
	t.header = time.Since(t.began)
	t.answered.Store(true)
	if t.now.Resume && resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && t.sink.n == t.total {
		return t.check(resp) // the cut came behind the last byte
	}
	if !t.continues(resp) {
		if t.now.Resume && resp.StatusCode == http.StatusPartialContent {
			t.etag = "" // from the beginning, next time
			return &modproxy.ContentError{URL: modproxy.Redact(resp.Request.URL), Reason: "is not the part that was asked for: " + resp.Header.Get("Content-Range")}
		}
		if err := t.restart(resp); err != nil {
			return err
		}
	}
	if !t.race.CompareAndSwap(nil, t) && t.race.Load() != t {
		return errSecond
	}
	if err := t.copy(resp); err != nil {
		return err
	}
	return t.check(resp)
}

// restart takes an answer that begins with the first byte.
func (t *transfer) restart(resp *http.Response) error {
	total, first := resp.ContentLength, t.bounded && resp.StatusCode == http.StatusPartialContent
	if first {
		if total = totalOf(resp); total < 0 || total > resp.ContentLength && strongETag(resp.Header) == "" {
			t.undivided = true
			return &PartError{URL: modproxy.Redact(resp.Request.URL), Err: fmt.Errorf("what it says of it cannot be used: %q", resp.Header.Get("Content-Range"))}
		}
	} else if err := modproxy.CheckStatus(resp); err != nil {
		return err
	}
	if err := t.sink.reset(); err != nil {
		return err
	}
	t.from, t.etag, t.total = t.leg, strongETag(resp.Header), total
	t.leg.up.health.validates(t.etag != "")
	return nil
}

// totalOf is the length of the file of which an answer has the first bytes, -1 when
// it does not say so.
func totalOf(resp *http.Response) int64 {
	var last, total int64
	n, err := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes 0-%d/%d", &last, &total)
	if n < 2 || err != nil || last+1 != resp.ContentLength || total <= last {
		return -1
	}
	return total
}

// errSecond ends a transfer when the other one of its file had a good header first:
// reading both bodies would double the bytes.
var errSecond = errors.New("another request for the file was answered first")

// continues reports whether the answer begins where the sink ends.
func (t *transfer) continues(resp *http.Response) bool {
	return t.now.Resume && resp.StatusCode == http.StatusPartialContent &&
		strings.HasPrefix(resp.Header.Get("Content-Range"), "bytes "+strconv.FormatInt(t.sink.n, 10)+"-")
}

func (t *transfer) check(resp *http.Response) error {
	err := verify(t.File, t.sink, t.sums, resp)
	if err == nil {
		return nil
	}
	t.from, t.etag = nil, "" // nothing to continue: the bytes are whole and wrong
	var hash *modproxy.HashError
	if errors.As(err, &hash) && t.kept == nil {
		t.kept, t.sink = t.sink, newSink(t.dir, t.order)
	}
	return err
}

// strongETag returns the validator that allows continuing a body (RFC 9110,
// section 13.1.5), empty when there is none.
func strongETag(h http.Header) string {
	if e := h.Get("ETag"); strings.HasPrefix(e, `"`) {
		return e
	}
	return ""
}
