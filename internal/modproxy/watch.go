package modproxy

import (
	"context"
	"crypto/tls"
	"io"
	"net/http/httptrace"
	"sync"
	"time"
)

// A watch ends a request when nothing comes for as long as its limit, counted anew
// in each phase and for each read of the body. Time that the reader of a body takes
// for itself does not count. On a line that is full of other answers it waits until
// this one can have had its turn.
type watch struct {
	url    string // redacted
	limit  time.Duration
	turn   func() time.Duration // how long a turn takes on this line now
	cancel context.CancelFunc
	timer  *time.Timer

	mu    sync.Mutex
	phase Phase
	quiet time.Duration // how long nothing has come when the timer fires
	stall *TimeoutError // why the request was ended
	over  bool          // a lost dial may still report to the trace
}

func startWatch(ctx context.Context, url string, limit time.Duration, turn func() time.Duration) (context.Context, *watch) {
	ctx, cancel := context.WithCancel(ctx)
	w := &watch{url: url, limit: limit, turn: turn, cancel: cancel, phase: PhaseConnect, quiet: limit}
	w.timer = time.AfterFunc(limit, w.fire)
	return ctx, w
}

func (w *watch) fire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over || w.stall != nil {
		return
	}
	if w.phase == PhaseHeader || w.phase == PhaseBody {
		if more := w.turn() - w.quiet; more > 0 {
			w.quiet += more
			w.timer.Reset(more)
			return
		}
	}
	w.stall = &TimeoutError{URL: w.url, Phase: w.phase, After: w.quiet}
	w.cancel()
}

// enter begins a phase.
func (w *watch) enter(p Phase) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.phase, w.quiet = p, w.limit
	w.timer.Reset(w.limit)
}

// pause stops the clock until the next enter.
func (w *watch) pause() { w.timer.Stop() }

func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	w.timer.Stop()
	w.cancel()
}

func (w *watch) stalled() *TimeoutError {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stall
}

// trace follows how far a request has come. Address families are dialled side by
// side, so phases are those of the first that gets there.
func (w *watch) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { w.enter(PhaseDNS) },
		DNSDone:           func(httptrace.DNSDoneInfo) { w.enter(PhaseConnect) },
		TLSHandshakeStart: func() { w.enter(PhaseTLS) },
		TLSHandshakeDone:  func(tls.ConnectionState, error) { w.enter(PhaseHeader) },
		GotConn:           func(httptrace.GotConnInfo) { w.enter(PhaseHeader) },
	}
}

// watchedBody is the body of an answer under watch.
type watchedBody struct {
	io.ReadCloser
	watch *watch
	meter *meter
	done  func()
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.watch.enter(PhaseBody)
	defer b.watch.pause()
	n, err := b.ReadCloser.Read(p)
	b.meter.add(time.Now(), n)
	return n, err
}

func (b *watchedBody) Close() error {
	defer b.done()
	b.watch.enter(PhaseBody) // closing waits for a connection of HTTP/2
	defer b.watch.end()
	return b.ReadCloser.Close()
}
