// Package forward knows the network's own HTTP proxy, the forward proxy that
// stands between this machine and every module proxy.
//
// It answers per URL, since bypass lists and PAC scripts do, and looks where the
// programs of the machine look: a setting of ours, the variables that go reads,
// and on Windows the registry, layer by layer. Layers are pure readings of an
// injected environment and registry; the first one that says something answers,
// and the others are told with their reasons. Nothing here is cached for the
// process, and no script is run here: whoever wants PAC brings an engine.
package forward

import (
	"context"
	"errors"
	"net/url"
	"sync"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// A Config is where the forward proxy's settings came from and what they say. The
// zero value is no forward proxy.
type Config struct {
	Source  string        // what set it: "HTTPS_PROXY", "HKCU Internet Settings"; empty when there is none
	Address string        // of the proxy, redacted; empty when a script names it per URL
	PAC     string        // address of the script that answers, redacted
	Hides   string        // a variable that is set too and loses, empty when there is none
	Layers  []Layer       // every place that was looked at, in order
	Notes   []report.Text // what is odd or was passed over, a sentence each

	steps  []step
	static *Static // what answers first, when it is a list of servers
}

// A Layer is one place that may name a forward proxy.
type Layer struct {
	Name  string // "environment", "HKCU Internet Settings"
	State State
	Says  string // the value, redacted; empty when there is none
	Why   report.Text
}

// A State is what became of a layer.
type State string

// The states.
const (
	Answers  State = "answers"
	Empty    State = "empty"
	Hidden   State = "hidden"   // has a value, and a layer before it answers
	Unusable State = "unusable" // has a value that cannot be used, so the next layer is asked
	Ignored  State = "ignored"  // not read, since Windows does not either
)

// A step is one answer, in the order in which they are tried. An error leads on to
// the next; a direct connection is an answer like any other, and does not.
type step struct {
	source string
	ways   func(context.Context, *url.URL) ([]*url.URL, error)
	failed func(error) // nil when there is nobody to tell
}

// Ways are the proxies for a URL in the order in which they are to be tried; nil
// stands for a direct connection. There is always at least one. The only error is
// that of a variable which must not be used (golang.org/s/cgihttpproxy).
func (c Config) Ways(ctx context.Context, u *url.URL) ([]*url.URL, error) {
	for _, s := range c.steps {
		ways, err := s.ways(ctx, u)
		switch {
		case err == nil && len(ways) > 0:
			return ways, nil
		case err == nil:
			return direct(), nil
		case errors.Is(err, errStop):
			return nil, err
		case s.failed != nil:
			s.failed(err)
		}
	}
	return direct(), nil
}

// Proxy is the first of the ways to a URL, for http.Transport; nil is a direct
// connection.
func (c Config) Proxy(u *url.URL) (*url.URL, error) {
	ways, err := c.Ways(context.Background(), u)
	if err != nil {
		return nil, err
	}
	return ways[0], nil
}

func direct() []*url.URL { return []*url.URL{nil} }

// errStop marks an error that no other layer may answer for.
var errStop = errors.New("")

type stopError struct{ error }

func (e stopError) Is(target error) bool { return target == errStop }
func (e stopError) Unwrap() error        { return e.error }

// once calls f for the first error only.
func once(f func(error)) func(error) {
	if f == nil {
		return nil
	}
	var o sync.Once
	return func(err error) { o.Do(func() { f(err) }) }
}
