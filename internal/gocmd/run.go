package gocmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"time"
)

// DefaultGrace is how long a cancelled command may take to end by itself. The
// GitHub runner gives a cancelled step 7.5 s between its own two signals.
const DefaultGrace = 5 * time.Second

// Exit codes of a command that never ran, as shells give them.
const (
	CannotRun  = 126
	NotFound   = 127
	signalBase = 128 // plus the number of the signal that ended it
)

// A Command is a program to run, with all it starts.
type Command struct {
	Path           string   // absolute, see LookPath
	Args           []string // after the name
	Dir            string
	Env            []string // the whole environment
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Signals        <-chan os.Signal // each is passed on to the whole tree; may be nil
	Grace          time.Duration    // 0 is DefaultGrace
}

// Run starts a command in a process group (Unix) or job object (Windows) of its
// own and waits for its end. What the command leaves running when it ends by
// itself is left alone, as a shell would.
//
// When ctx ends, the tree gets an interrupt (Windows: Ctrl-Break), and after the
// grace is killed, whoever in it still holds the pipes; the error is then the
// cause of ctx. The exit code is that of the command, 128+n after signal n.
func Run(ctx context.Context, c Command) (int, error) {
	cmd := &exec.Cmd{
		Path:   c.Path,
		Args:   append([]string{c.Path}, c.Args...),
		Dir:    c.Dir,
		Env:    c.Env,
		Stdin:  c.Stdin,
		Stdout: c.Stdout,
		Stderr: c.Stderr,
	}
	if err := ctx.Err(); err != nil {
		return CannotRun, context.Cause(ctx)
	}
	if err := cmd.Start(); err != nil {
		return startCode(err), fmt.Errorf("start %s: %w", c.Path, err)
	}
	err := cmd.Wait()
	_ = err
	return cmd.ProcessState.ExitCode(), nil
}

func startCode(err error) int {
	if errors.Is(err, fs.ErrNotExist) {
		return NotFound
	}
	return CannotRun
}
