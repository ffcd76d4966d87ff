package gocmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// DefaultGrace is how long a cancelled command may take to end by itself. The
// GitHub runner gives a cancelled step 7.5 s before it insists.
const DefaultGrace = 5 * time.Second

// Exit codes of a command that never ran, as shells give them.
const (
	CannotRun = 126
	NotFound  = 127
)

const (
	pollEvery = 10 * time.Millisecond // how often a cancelled tree is asked whether it is gone
	killWait  = time.Second           // how long a killed tree is waited for
)

// A Command is a program to run, with all it starts.
type Command struct {
	Path           string   // absolute, see LookPath
	Args           []string // after the name
	Dir            string
	Env            []string  // the whole environment; nil is an empty one
	Stdin          io.Reader // a file, or something whose Read ends
	Stdout, Stderr io.Writer
	Signals        <-chan os.Signal // each is passed on to the whole tree; may be nil
	Grace          time.Duration    // 0 is DefaultGrace
}

// Run starts a command in a process group (Unix) or job object (Windows) of its
// own and waits for its end. What the command leaves running when it ends by
// itself is left alone, as a shell would, but its pipes are read for no longer
// than the grace.
//
// When ctx ends, the tree gets an interrupt (Windows: Ctrl-Break), and after the
// grace it is killed, whoever in it still holds the pipes; the error then wraps
// the cause of ctx. Processes that left the group on purpose, as daemons do, are
// out of reach on Unix.
//
// A command whose input is the terminal stays in the group of this process, so
// that it may read and the shell's job control works; there only the command
// itself is killed.
//
// The exit code is that of the command, 128+n after signal n. An error means
// that it could not be started or was cancelled, never that it failed.
func Run(ctx context.Context, c Command) (int, error) {
	if ctx.Err() != nil {
		return CannotRun, c.stopped(ctx)
	}
	cmd := &exec.Cmd{
		Path:      c.Path,
		Args:      append([]string{c.Path}, c.Args...),
		Dir:       c.Dir,
		Env:       append([]string{}, c.Env...), // os/exec takes nil for its own
		Stdin:     c.Stdin,
		Stdout:    c.Stdout,
		Stderr:    c.Stderr,
		WaitDelay: c.grace(),
	}
	tree, err := startTree(cmd)
	if err != nil {
		return startCode(err), fmt.Errorf("start %s: %w", c.Path, err)
	}
	defer tree.release()

	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // its error repeats the exit code, or is about pipes others hold
	}()
	for {
		select {
		case <-ended:
			return exitCode(cmd.ProcessState), nil
		case sig, ok := <-c.Signals:
			if !ok {
				c.Signals = nil
				continue
			}
			_ = tree.signal(sig) // a tree that just ended needs none
		case <-ctx.Done():
			c.stop(tree, ended)
			return exitCode(cmd.ProcessState), c.stopped(ctx)
		}
	}
}

// stop ends the tree and returns when the command has been waited for.
func (c Command) stop(tree *tree, ended <-chan struct{}) {
	if tree.interrupt() == nil && gone(tree, ended, c.grace()) {
		return
	}
	tree.kill()
	gone(tree, ended, killWait)
	<-ended
}

// gone waits until the command has ended and nobody of its tree is left, for at
// most the time given.
func gone(tree *tree, ended <-chan struct{}, limit time.Duration) bool {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	select {
	case <-ended:
	case <-deadline.C:
		return false
	}
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for tree.alive() {
		select {
		case <-poll.C:
		case <-deadline.C:
			return false
		}
	}
	return true
}

func (c Command) grace() time.Duration {
	if c.Grace > 0 {
		return c.Grace
	}
	return DefaultGrace
}

func (c Command) stopped(ctx context.Context) error {
	return fmt.Errorf("stop %s: %w", filepath.Base(c.Path), context.Cause(ctx))
}

func startCode(err error) int {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, exec.ErrNotFound) {
		return NotFound
	}
	return CannotRun
}
