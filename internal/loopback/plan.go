package loopback

import (
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net/http"
	"regexp"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
)

// A plan decides which upstream is asked next for one file, how long to wait
// before, and when to stop. It does no input or output; time is passed in.
//
// All upstreams of a plan may stand in for each other: they are one group of the
// GOPROXY list, joined by '|'. What ',' means lies between plans.
type plan struct {
	legs     []*leg // in order of preference
	attempts int    // most requests
	retryFor time.Duration
	deadline time.Time                         // retryFor after the beginning, and after each progress
	jitter   func(time.Duration) time.Duration // nil is full jitter

	made int // requests so far
	lost int // of them, those that brought bytes in vain
}

// A leg is one upstream as this file has seen it.
type leg struct {
	up    *Upstream
	state legState
	tries int
	ready time.Time // not to be asked before: Retry-After
	err   error     // of its last attempt
}

type legState int

const (
	usable  legState = iota
	missing          // says that the file does not exist
	refused          // will not serve this file, whatever we do
	differs          // has other content than go.sum
)

// The waits between attempts at one upstream: full jitter below a ceiling that
// doubles. The first retries come fast, since most faults are of one connection.
const (
	firstWait = 100 * time.Millisecond
	mostWait  = 2 * time.Second
)

// Time-outs without a byte: short while another attempt is left.
const (
	stallSoon = 5 * time.Second
	stallLate = 10 * time.Second
)

// How often an upstream is asked for a file that differs from go.sum, after all
// others: bytes that went wrong on their way, or on one of several servers, come right
// another time, a moved tag does not. What is small is asked for more often.
const (
	maxDiffers      = 3
	maxDiffersSmall = 8
	smallDiffers    = 1 << 20 // bytes
)

// maxOutages is how often an upstream is asked again that says 404 and quotes
// its own network's failure; then its 404 is believed.
const maxOutages = 3

// first returns the upstream of the first attempt.
func (p *plan) first(now time.Time) *leg {
	p.made = 1
	l, _ := p.pick(now)
	return l
}

// hopeless reports whether every upstream has wasted all attempts of some file
// and given nothing since: then no file needs to find that out again.
func (p *plan) hopeless() bool {
	for _, l := range p.legs {
		if !l.up.health.isSpent() {
			return false
		}
	}
	return true
}

// after is told how an attempt at l failed and returns the next leg and how long
// to wait for it, or nil when there is no next.
func (p *plan) after(now time.Time, l *leg, err error) (*leg, time.Duration) {
	l.tries++
	l.err = err
	l.state = judge(err, l.tries)
	if l.state == refused && l.up.Private {
		return nil, 0 // its word is the answer
	}
	var status *modproxy.StatusError
	if errors.As(err, &status) && status.RetryAfter > 0 {
		l.ready = now.Add(status.RetryAfter)
	}
	if p.made >= p.attempts {
		return nil, 0
	}
	next, wait := p.pick(now)
	if next == nil || now.Add(wait).After(p.deadline) {
		return nil, 0
	}
	p.made++
	return next, wait
}

// progress is told that an attempt failed after it had brought bytes, and whether they
// stay: the time that it took for that is no time of retrying.
func (p *plan) progress(now time.Time, kept bool) {
	if !kept {
		p.lost++
	}
	if p.lost <= mostLost {
		p.deadline = now.Add(p.retryFor)
	}
}

// progressBytes is what an attempt brings that counts as progress.
const progressBytes = 64 << 10

// mostLost is how often a file is begun anew however long that takes: a big one over a
// slow line that is cut each time would never end.
const mostLost = 2

// pick takes the usable leg that can be asked soonest; a fresh one is asked at
// once. One whose breaker is open is taken only when there is no other.
func (p *plan) pick(now time.Time) (best *leg, wait time.Duration) {
	bestOpen := false
	for _, l := range p.legs {
		if l.state != usable {
			continue
		}
		w := max(p.backoff(l.tries), l.ready.Sub(now))
		open := l.up.health.open(now)
		if best == nil || bestOpen && !open || open == bestOpen && w < wait {
			best, wait, bestOpen = l, w, open
		}
	}
	return best, wait
}

func (p *plan) backoff(tries int) time.Duration {
	if tries == 0 {
		return 0
	}
	ceiling := min(mostWait, firstWait<<min(tries-1, 10))
	if p.jitter != nil {
		return p.jitter(ceiling)
	}
	return rand.N(ceiling) + time.Millisecond
}

// stall returns how long the current attempt may go without a byte.
func (p *plan) stall() time.Duration {
	if p.made < p.attempts {
		return stallSoon
	}
	return stallLate
}

// outcome is called when no attempt is left and returns the leg whose error is
// the answer: a 404 only when every upstream that was asked says so.
func (p *plan) outcome() (worst *leg) {
	for _, l := range p.legs {
		if l.err != nil && (worst == nil || rankState(l.state) > rankState(worst.state)) {
			worst = l
		}
	}
	return worst
}

// rankState orders states by what says most about why a file could not be had:
// a fault over a refusal over a 404.
func rankState(s legState) int {
	return [...]int{usable: 3, differs: 2, refused: 1, missing: 0}[s]
}

// agreed reports whether every upstream that has the file has other content than
// go.sum: then go shall see it, and fail as it should.
func (p *plan) agreed() bool {
	some := false
	for _, l := range p.legs {
		switch {
		case l.differing():
			some = true
		case l.state == usable:
			return false
		}
	}
	return some
}

// differing reports whether what the upstream gave last is not what go.sum says.
func (l *leg) differing() bool {
	var hash *modproxy.HashError
	return l.state == differs || l.state == usable && errors.As(l.err, &hash)
}

// saved reports whether plain go would have failed on a file that was got in the
// end: it asks each upstream once, and here each one's first answer was bad.
func (p *plan) saved() bool {
	for _, l := range p.legs {
		if l.tries == 0 {
			return false
		}
	}
	return true
}

// judge says what an error means for the upstream it came from.
func judge(err error, tries int) legState {
	var status *modproxy.StatusError
	var hash *modproxy.HashError
	var cert *tls.CertificateVerificationError
	var part *PartError
	switch {
	case errors.As(err, &part):
		return usable
	case errors.As(err, &hash) && (tries < maxDiffers || tries < maxDiffersSmall && hash.Size <= smallDiffers):
		return usable
	case errors.As(err, &hash):
		return differs
	case errors.As(err, &cert):
		return refused
	case !errors.As(err, &status):
		return usable
	}
	switch code := status.StatusCode; {
	case status.NotFound() && quotesOutage(status.Detail) && tries < maxOutages:
		return usable
	case status.NotFound():
		return missing
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code == http.StatusTooEarly, code >= 500:
		return usable
	}
	return refused
}

// outage matches what servers say when they answer 404 and mean that their own
// network failed: Athens and goproxy quote git and net, the checksum database
// says "timed out" for a version that was published a minute ago.
var outage = regexp.MustCompile(`(?i)timed? ?out|connection (refused|reset)|no such host|temporary failure|dial tcp|unexpected EOF|50[0234] `)

func quotesOutage(detail string) bool { return outage.MatchString(detail) }
