package loopback

import (
	"sync"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// A Record keeps what happened, for the report. It is safe for concurrent use.
type Record struct {
	start   time.Time
	observe func(report.Attempt) // may be nil

	mu       sync.Mutex
	attempts []report.Attempt
	sum      report.Download
	served   map[string]bool // zips by path, so that two go commands count one module
	failures []Failed
}

// A Failed is a file that could not be had.
type Failed struct {
	File     File
	Upstream string // redacted
	Err      error
	Attempts []int // indexes into Attempts
	Missing  bool  // every upstream said 404 or 410, which go may have an answer to
}

// maxAttempts is how many attempts are kept one by one; beyond it only the ones
// that failed are, and the counters go on.
const maxAttempts = 20000

// NewRecord returns an empty record whose times count from start. observe, when
// not nil, sees every attempt as it ends.
func NewRecord(start time.Time, observe func(report.Attempt)) *Record {
	return &Record{start: start, observe: observe, served: map[string]bool{}}
}

// attempt adds a finished attempt and returns its index, -1 when it was only counted.
func (r *Record) attempt(began time.Time, a report.Attempt) int {
	a.StartMS = ms(began.Sub(r.start))
	a.DurationMS = ms(time.Since(began))
	if r.observe != nil {
		r.observe(a)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum.Attempts++
	r.sum.Bytes += a.Bytes
	if a.Resume {
		r.sum.Resumes++
	}
	if a.Class == report.ChecksumMismatch {
		r.sum.Integrity++
	}
	if len(r.attempts) >= maxAttempts && a.Class == "" {
		return -1
	}
	r.attempts = append(r.attempts, a)
	return len(r.attempts) - 1
}

// part adds one of the parts in which an attempt finished its file.
func (r *Record) part(began time.Time, of report.Attempt, bytes int64, err error) {
	of.Part, of.Resume, of.Status, of.Bytes, of.Class, of.Error = true, false, 206, bytes, "", ""
	if err != nil {
		of.Class, of.Error = classify.Of(err), err.Error()
	}
	r.attempt(began, of)
}

// turn counts a further attempt of a file: a retry, or a move to another upstream.
func (r *Record) turn(moved bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if moved {
		r.sum.Failovers++
	} else {
		r.sum.Retries++
	}
}

// handed counts a file that go was given; saved when plain go would have failed on it.
func (r *Record) handed(f File, saved bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum.Fetched++
	if saved {
		r.sum.Saved++
	}
	if p := f.Path(); f.Kind == KindZip && !r.served[p] {
		r.served[p] = true
		r.sum.Modules++
	}
}

// hedged counts a second request.
func (r *Record) hedged() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum.Hedges++
}

// unused adds what was fetched ahead and never asked for.
func (r *Record) unused(files int, bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum.Unused += files
	r.sum.UnusedBytes += bytes
}

func (r *Record) failed(f Failed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, f)
}

// Snapshot returns what was recorded so far.
func (r *Record) Snapshot() (report.Download, []report.Attempt, []Failed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.sum
	d.DurationMS = time.Since(r.start).Milliseconds()
	return d, append([]report.Attempt(nil), r.attempts...), append([]Failed(nil), r.failures...)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
