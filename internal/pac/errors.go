package pac

import (
	"fmt"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// A FetchError is a script that could not be had.
type FetchError struct {
	Location string // redacted
	Reason   string // "answered 404 Not Found", "is larger than 1 MB"; empty when Err tells
	Err      error  // may be nil
}

func (e *FetchError) Error() string {
	s := "fetch PAC script " + e.Location
	if e.Reason != "" {
		s += ": it " + e.Reason
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *FetchError) Unwrap() error { return e.Err }

// FailureClass is always forward-proxy-failure.
func (e *FetchError) FailureClass() report.Class { return report.ForwardProxyFailure }

// A Fault is how a script failed.
type Fault string

// All faults. After FaultTime and FaultMemory the script is not run again if it
// could not be stopped.
const (
	FaultSyntax   Fault = "syntax"   // it cannot be parsed
	FaultFunction Fault = "function" // it has no FindProxyForURL
	FaultThrow    Fault = "throw"    // it threw, or called what does not exist
	FaultTime     Fault = "time"     // it took longer than the budget
	FaultMemory   Fault = "memory"   // it took more than it may
	FaultDepth    Fault = "depth"    // it called itself too deeply
)

// A ScriptError is a script that failed.
type ScriptError struct {
	Location string // redacted
	Host     string // that was asked for, empty when the script was only loaded
	Fault    Fault
	Detail   string // what the engine says, with line and column
}

func (e *ScriptError) Error() string {
	s := "PAC script " + e.Location
	if e.Host != "" {
		s += ", asked for " + e.Host
	}
	return fmt.Sprintf("%s: %s: %s", s, e.Fault, e.Detail)
}

// FailureClass is always forward-proxy-failure.
func (e *ScriptError) FailureClass() report.Class { return report.ForwardProxyFailure }

// A ResultError is an answer of a script in which nothing can be used.
type ResultError struct {
	Answer   string   // printable, at most 200 letters
	Unusable []string // elements that name a way which is not spoken here: "SOCKS4 host:1080"
}

func (e *ResultError) Error() string {
	s := fmt.Sprintf("PAC script answered %q", e.Answer)
	if len(e.Unusable) > 0 {
		return s + ": not spoken here: " + strings.Join(e.Unusable, ", ")
	}
	return s + ", which names no way"
}

// FailureClass is always forward-proxy-failure.
func (e *ResultError) FailureClass() report.Class { return report.ForwardProxyFailure }

// A DetectError is a network in which no script was found.
type DetectError struct {
	Tried []string // locations
	Err   error    // of the last one, may be nil
}

func (e *DetectError) Error() string {
	s := "automatic detection found no PAC script"
	if len(e.Tried) > 0 {
		s += " at " + strings.Join(e.Tried, ", ")
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *DetectError) Unwrap() error { return e.Err }

// FailureClass is always forward-proxy-failure.
func (e *DetectError) FailureClass() report.Class { return report.ForwardProxyFailure }
