//go:build !windows

package pac

import (
	"context"
	"errors"
	"fmt"
	"runtime/metrics"
	"strings"
	"time"

	"github.com/dop251/goja"
)

// Limits of a script. goja has none of memory, so it is watched. Its parser
// recurses for each bracket and arrow: from about 200 000 on that would end this
// process, which nothing can catch (measured); real scripts of 1 MB have 50 000.
const (
	maxCalls   = 1000
	maxNesting = 64_000
	maxMemory  = 256 << 20
	watchEvery = 5 * time.Millisecond
	grace      = time.Second // for an interrupt to take effect: most native functions of goja do not look
)

// guard runs before a script. It takes away what compiles text at run time, past
// the count of brackets, and holds native loops, which cannot be interrupted, to
// lengths that end soon.
const guard = `(function (global) {
	var most = 1000000;
	function limit(proto, names, size) {
		names.forEach(function (name) {
			var native = proto[name];
			if (typeof native !== "function" || name === "constructor") return;
			Object.defineProperty(proto, name, {writable: true, configurable: true, value: function () {
				if (size(this, arguments) > most) throw new RangeError(name + " of more than " + most);
				return native.apply(this, arguments);
			}});
		});
	}
	limit(Array.prototype, Object.getOwnPropertyNames(Array.prototype), function (a) { return a.length; });
	limit(String.prototype, ["repeat"], function (s, args) { return String(s).length * args[0]; });
	limit(String.prototype, ["padStart", "padEnd"], function (s, args) { return args[0]; });
	limit(JSON, ["parse"], function (_, args) { return String(args[0]).length * 16; });
	var refuse = function () { throw new TypeError("text is not compiled here"); };
	[function () {}, function* () {}, async function () {}].forEach(function (f) {
		Object.defineProperty(Object.getPrototypeOf(f), "constructor", {value: refuse});
	});
	["eval", "Function"].forEach(function (name) { global[name] = refuse; });
	["ArrayBuffer", "SharedArrayBuffer", "DataView", "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array",
		"Int32Array", "Uint32Array", "BigInt64Array", "BigUint64Array", "Float32Array", "Float64Array", "BigInt",
	].forEach(function (name) { delete global[name]; });
})(this);`

// nesting counts what may open one more level. What closes it is not counted, for
// telling text from code would take a parser.
func nesting(text string) int {
	return strings.Count(text, "(") + strings.Count(text, "[") + strings.Count(text, "{") + strings.Count(text, "=>")
}

type outcome struct {
	text string
	err  error
}

// run lets the script work until it is done or beyond a limit. Then it is
// interrupted, and left alone if it does not heed that.
func (e *engine) run(ctx context.Context, host string, work func() (string, error)) (string, error) {
	done := make(chan outcome, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil { // a bug of goja, or of a helper
				done <- outcome{err: fmt.Errorf("panic: %v", p)}
			}
		}()
		text, err := work()
		done <- outcome{text, err}
	}()
	start, tick := memory(), time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case out := <-done:
			return out.text, e.explain(host, out.err)
		case <-ctx.Done():
			return "", e.stop(ctx, host, FaultTime, fmt.Sprintf("no answer within %v", e.o.Budget), done)
		case <-tick.C:
			if m := memory(); m > start+e.o.Memory {
				return "", e.stop(ctx, host, FaultMemory, fmt.Sprintf("it takes more than %d MB", e.o.Memory>>20), done)
			}
		}
	}
}

func (e *engine) stop(ctx context.Context, host string, fault Fault, detail string, done <-chan outcome) error {
	e.rt.Interrupt(fault)
	err := &ScriptError{Location: e.name, Host: host, Fault: fault, Detail: detail}
	select {
	case <-done:
		e.rt.ClearInterrupt()
		if errors.Is(ctx.Err(), context.Canceled) { // its caller went away
			return ctx.Err()
		}
		e.suspend(err, false)
	case <-time.After(grace):
		e.suspend(err, true)
	}
	return err
}

// explain gives an error of goja its type.
func (e *engine) explain(host string, err error) error {
	if err == nil {
		return nil
	}
	var result *ResultError
	if errors.As(err, &result) {
		return result
	}
	s := &ScriptError{Location: e.name, Host: host, Fault: FaultThrow, Detail: printable(err.Error())}
	var syntax *goja.CompilerSyntaxError
	var overflow *goja.StackOverflowError
	switch {
	case errors.As(err, &syntax):
		s.Fault = FaultSyntax
	case errors.As(err, &overflow):
		s.Fault, s.Detail = FaultDepth, fmt.Sprintf("more than %d calls within each other", maxCalls)
	case errors.Is(err, errNoFunction):
		s.Fault = FaultFunction
	}
	return s
}

// memory is what this process uses for values and stacks, in bytes.
func memory() (sum uint64) {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	for _, s := range samples {
		sum += s.Value.Uint64()
	}
	return sum
}
