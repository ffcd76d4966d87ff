//go:build !windows

package pac

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dop251/goja"
)

// An engine is a loaded script. goja runs one thing at a time, so answers queue;
// they are short, and kept.
type engine struct {
	name  string // of the script, redacted
	o     Options
	names *resolver
	rt    *goja.Runtime
	find  goja.Callable
	turn  chan struct{}   // holds whose turn it is to use rt
	ctx   context.Context // of that one

	mu      sync.Mutex
	answers map[string]answer
	sick    *ScriptError // used up its time or memory: not asked before well
	well    time.Time    // zero is never, after a run that could not be stopped
}

type answer struct {
	ways  []*url.URL
	err   error
	until time.Time
}

const maxAnswers = 4096 // plain http has one for each URL

// load runs a script once, for its definitions.
func load(ctx context.Context, name, text string, o Options) (Finder, error) {
	e := &engine{
		name: name, o: o, names: &resolver{ask: o.LookupHost},
		rt: goja.New(), turn: make(chan struct{}, 1), answers: map[string]answer{},
	}
	if n := nesting(text); n > maxNesting {
		return nil, &ScriptError{Location: name, Fault: FaultSyntax, Detail: fmt.Sprintf("it has %d opening brackets, more than %d", n, maxNesting)}
	}
	ctx, cancel := context.WithTimeout(ctx, o.Budget)
	defer cancel()
	_, err := e.run(ctx, "", func() (string, error) { return "", e.define(text) })
	if err != nil {
		return nil, err
	}
	return e, nil
}

func (e *engine) define(text string) error {
	e.rt.SetMaxCallStackSize(maxCalls)
	if _, err := e.rt.RunString(guard); err != nil {
		return err
	}
	for name, f := range e.helpers() {
		if err := e.rt.Set(name, f); err != nil {
			return err
		}
	}
	p, err := goja.Compile(e.name, text, false)
	if err != nil {
		return err
	}
	if _, err := e.rt.RunProgram(p); err != nil {
		return err
	}
	for _, name := range []string{"FindProxyForURLEx", "FindProxyForURL"} { // the first is Microsoft's, and wins there
		if f, ok := goja.AssertFunction(e.rt.Get(name)); ok {
			e.find = f
			return nil
		}
	}
	return errNoFunction
}

var errNoFunction = errors.New("it defines no function FindProxyForURL")

func (e *engine) Find(ctx context.Context, u *url.URL) ([]*url.URL, error) {
	s := shown(u)
	key := s.String()
	if a, ok := e.known(key); ok {
		return slices.Clone(a.ways), a.err
	}
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if a, ok := e.known(key); ok { // somebody asked the same meanwhile
		return slices.Clone(a.ways), a.err
	}
	ways, err := e.ask(ctx, key, s.Hostname())
	if ctx.Err() == nil {
		e.keep(key, ways, err)
	}
	return slices.Clone(ways), err
}

func (e *engine) ask(ctx context.Context, shown, host string) ([]*url.URL, error) {
	ctx, cancel := context.WithTimeout(ctx, e.o.Budget)
	defer cancel()
	e.ctx = ctx
	text, err := e.run(ctx, host, func() (string, error) {
		v, err := e.find(goja.Undefined(), e.rt.ToValue(shown), e.rt.ToValue(strings.ToLower(host)))
		if err != nil {
			return "", err
		}
		return resultText(v)
	})
	if err != nil {
		return nil, err
	}
	return parseResult(text)
}

// resultText is an answer as text. null and undefined are what a function without
// a return gives, and mean DIRECT; all else but a string is a mistake.
func resultText(v goja.Value) (string, error) {
	if goja.IsNull(v) || goja.IsUndefined(v) {
		return "", nil
	}
	switch {
	case goja.IsString(v):
		return v.String(), nil
	case goja.IsNumber(v):
		return "", &ResultError{Answer: "a number: " + v.String()}
	}
	return "", &ResultError{Answer: "neither text nor null"}
}

func (e *engine) known(key string) (answer, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	if e.sick != nil && (e.well.IsZero() || now.Before(e.well)) {
		return answer{err: e.sick}, true
	}
	a, ok := e.answers[key]
	return a, ok && now.Before(a.until)
}

func (e *engine) keep(key string, ways []*url.URL, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.answers) >= maxAnswers {
		clear(e.answers)
	}
	e.answers[key] = answer{ways, err, time.Now().Add(keepAnswer)}
}

// suspend keeps a script that used up its budget from doing so for every URL.
func (e *engine) suspend(err *ScriptError, forever bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sick, e.well = err, time.Now().Add(keepSick)
	if forever {
		e.well = time.Time{}
	}
}
