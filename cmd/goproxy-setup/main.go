// Command goproxy-setup makes Go module downloads reliable in CI. Its usage text
// is in usage.go; what it does is in internal/setup.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/goproxy-setup/goproxy-setup/internal/forward"
	"github.com/goproxy-setup/goproxy-setup/internal/pac"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	tuneMemory(os.Getenv)
	dir, _ := os.Getwd()
	code := run(ctx, host{
		args: os.Args[1:], getenv: os.Getenv, environ: os.Environ(),
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		os: runtime.GOOS, arch: runtime.GOARCH, dir: dir, temp: os.TempDir(),
		terminal: isTerminal(os.Stderr), forward: forwardMachine(),
	})
	stop()
	os.Exit(code)
}

// tuneMemory collects garbage more rarely, since what a module passes leaves behind
// is much and what stays is little, until the heap nears what a background process
// may take on a small runner. GOGC and GOMEMLIMIT are the user's word.
func tuneMemory(getenv func(string) string) {
	if getenv("GOGC") == "" && getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(400)
		debug.SetMemoryLimit(128 << 20)
	}
}

// A host is the world of one call. Tests make their own.
type host struct {
	args           []string // without the name of the program
	getenv         func(string) string
	environ        []string
	stdin          io.Reader
	stdout, stderr io.Writer
	os, arch       string
	dir, temp      string
	terminal       bool // stderr is one
	forward        forward.Machine
}

// forwardMachine is where this machine may name a forward proxy besides its variables.
func forwardMachine() forward.Machine {
	return forward.Machine{
		Registry: forward.System(), Account: forward.CurrentAccount(),
		Open: func(ctx context.Context, location string) (forward.Finder, error) {
			return pac.Open(ctx, location, pac.Options{})
		},
		Detect: func(ctx context.Context) (f forward.Finder, location string, err error) {
			return pac.Detect(ctx, pac.Options{})
		},
	}
}

// Exit codes. run returns the code of its command instead.
const (
	exitDone   = 0
	exitFailed = 1 // could not set up or download; the report says why
	exitUsage  = 2 // wrong usage or setting
)

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb" && os.Getenv("CI") == ""
}
