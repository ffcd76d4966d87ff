// Package gocmd is everything this program knows of the go command: where it
// is, which settings it obeys and who set them, which modules a job has, what
// `go mod download` will ask a module proxy for, and how to run it, or any other
// command, so that nothing of it stays behind.
//
// The go command is asked, not imitated, wherever asking is safe. It is not
// safe to let it switch toolchains: `go env` in a module that wants a newer go
// downloads that toolchain first, through a module proxy nobody has probed yet.
// So settings are read with GOTOOLCHAIN=local, and go.mod, go.sum and go.work
// are read by this package with x/mod.
//
// Nothing here reads the process's own environment, retries, or knows a CI
// system.
package gocmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// A Go is one go command in one place with one environment.
type Go struct {
	Path string   // of the executable, absolute
	Dir  string   // working directory of its children; empty is this process's own
	Env  []string // whole environment of its children, "NAME=value"; the last of a name counts
}

// With returns g with variables ("NAME=value") added to or replaced in its
// environment. The go command takes an empty value for no value.
func (g Go) With(vars ...string) Go {
	g.Env = slices.Concat(g.Env, vars)
	return g
}

// In returns g with another working directory.
func (g Go) In(dir string) Go {
	g.Dir = dir
	return g
}

// An ExitError is a go command that answered with a failure.
type ExitError struct {
	Args   []string // after "go"
	Code   int
	Stderr string
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("go %s: exit status %d: %s", strings.Join(e.Args, " "), e.Code, strings.TrimSpace(e.Stderr))
}

// output runs the go command with args and returns what it printed.
func (g Go) output(ctx context.Context, args ...string) ([]byte, error) {
	var stdout bytes.Buffer
	var stderr excerpt
	code, err := g.run(ctx, args, &stdout, &stderr)
	if err != nil {
		return nil, fmt.Errorf("go %s: %w", args[0], err)
	}
	if code != 0 {
		return nil, &ExitError{Args: args, Code: code, Stderr: stderr.String()}
	}
	return stdout.Bytes(), nil
}

func (g Go) run(ctx context.Context, args []string, stdout, stderr io.Writer) (int, error) {
	if g.Path == "" {
		return 0, errors.New("no go command")
	}
	env := g.Env
	if filepath.IsAbs(g.Dir) {
		// The go command believes PWD if it names the same folder, and so keeps
		// the spelling of a path with symbolic links in it.
		env = append(slices.Clip(env), "PWD="+g.Dir)
	}
	return Run(ctx, Command{
		Path:   g.Path,
		Args:   args,
		Dir:    g.Dir,
		Env:    env,
		Stdout: stdout,
		Stderr: stderr,
	})
}

// lookup returns the value of a variable in env; the last one counts, as for a
// child process. On Windows the case of names does not matter.
func lookup(env []string, name string) string {
	same := func(a string) bool { return a == name }
	if runtime.GOOS == "windows" {
		same = func(a string) bool { return strings.EqualFold(a, name) }
	}
	for _, kv := range slices.Backward(env) {
		if k, v, ok := strings.Cut(kv, "="); ok && same(k) {
			return v
		}
	}
	return ""
}
