// Package machine is what only the operating system can say or do, beyond the
// standard library: who holds a file, folders that no other user enters, and the
// variables that Windows keeps for a user and for the machine.
//
// Each thing has a file for Windows and one for all others. Nothing here decides
// anything; nothing here is asked by a test for what it says of this machine, so
// callers take these as functions.
package machine

import (
	"errors"
	"fmt"
	"strings"
)

// A Holder is a process that has a file open.
type Holder struct {
	PID     int
	Name    string // "MsMpEng.exe", or the title of a program with windows
	Service string // short name of the service that it is, empty when it is none
}

func (h Holder) String() string {
	if h.Service != "" {
		return fmt.Sprintf("%s (process %d, service %s)", h.Name, h.PID, h.Service)
	}
	return fmt.Sprintf("%s (process %d)", h.Name, h.PID)
}

// Names lists holders in one line.
func Names(holders []Holder) string {
	var names []string
	for _, h := range holders {
		names = append(names, h.String())
	}
	return strings.Join(names, ", ")
}

// A NotPrivateError is a folder that this user cannot trust, since somebody else
// owns it or may write into it.
type NotPrivateError struct{ Path, Reason string }

func (e *NotPrivateError) Error() string {
	return fmt.Sprintf("%s is not private: %s", e.Path, e.Reason)
}

// A Scope is where Windows keeps variables for new processes. Services, and so CI
// agents, keep those they started with.
type Scope string

// The scopes; a process gets the user's value over the machine's, and Path is both
// (learn.microsoft.com/windows/win32/procthread/environment-variables).
const (
	User    Scope = "user"    // HKCU\Environment
	Machine Scope = "machine" // HKLM\System\CurrentControlSet\Control\Session Manager\Environment
)

// A Variable is one of a scope.
type Variable struct {
	Name   string // its case does not matter
	Value  string // with %NAME% in it where Expand holds
	Expand bool   // Windows replaces %NAME% when a process starts (REG_EXPAND_SZ)
	Absent bool   // it is to be removed
}

// Find looks for a variable by name.
func Find(vars []Variable, name string) (Variable, bool) {
	for _, v := range vars {
		if strings.EqualFold(v.Name, name) && !v.Absent {
			return v, true
		}
	}
	return Variable{}, false
}

// ErrNoScopes is the answer of systems that keep no variables.
var ErrNoScopes = errors.New("this system keeps no variables for users")
