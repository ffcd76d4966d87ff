package gocmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ended is what Run returned.
type ended struct {
	code int
	err  error
}

func start(ctx context.Context, c Command) <-chan ended {
	done := make(chan ended, 1)
	go func() {
		code, err := Run(ctx, c)
		done <- ended{code, err}
	}()
	return done
}

func (w *witness) wait(done <-chan ended) ended {
	w.t.Helper()
	select {
	case e := <-done:
		return e
	case <-time.After(patience):
		w.t.Fatal("Run does not return")
		return ended{}
	}
}

const (
	short = 50 * time.Millisecond // a grace that is meant to pass
	long  = time.Hour             // a grace that must not
)

var errEnough = errors.New("enough")

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, want := range []int{0, 3, 255} {
		role := fmt.Sprintf("exit %d", want)
		code, err := Run(t.Context(), newWitness(t).command(role))
		if code != want || err != nil {
			t.Errorf("Run(%s) = %d, %v, want %d and no error", role, code, err, want)
		}
	}
}

func TestCancelPoliteCommandEndsByItself(t *testing.T) {
	t.Parallel()
	needInterrupts(t)
	w := newWitness(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	c := w.command("polite")
	c.Grace = long
	done := start(ctx, c)
	a := w.meet("polite")
	cancel(errEnough)
	a.hear("interrupt")
	if e := w.wait(done); e.code != 9 || !errors.Is(e.err, errEnough) {
		t.Errorf("Run = %d, %v, want the command's own code 9 and the cause", e.code, e.err)
	}
}

func TestCancelStubbornCommandIsKilledAfterGrace(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	c := w.command("stubborn")
	c.Grace = short
	done := start(ctx, c)
	a := w.meet("stubborn")
	cancel(errEnough)
	a.gone()
	if e := w.wait(done); e.code != 137 || !errors.Is(e.err, errEnough) {
		t.Errorf("Run = %d, %v, want 137 and the cause", e.code, e.err)
	}
}

// The child dies of the interrupt, its child does not.
func TestCancelStubbornGrandchild(t *testing.T) {
	t.Parallel()
	for name, out := range map[string]io.Writer{"with its parent's pipes": &bytes.Buffer{}, "without pipes": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWitness(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			c := w.command("stubborn + plain")
			c.Stdout, c.Stderr = out, out
			c.Grace = short
			done := start(ctx, c)
			grandchild := w.meet("stubborn")
			w.meet("parent").say("go on")
			child := w.meet("plain")
			cancel(errEnough)
			if e := w.wait(done); !errors.Is(e.err, errEnough) {
				t.Errorf("Run = %d, %v, want the cause", e.code, e.err)
			}
			child.gone()
			grandchild.gone()
		})
	}
}

// A shell that dies at once must not cost the command it ran its grace.
func TestCancelGrandchildMayTidyUp(t *testing.T) {
	t.Parallel()
	needInterrupts(t)
	w := newWitness(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	c := w.command("tidy + polite")
	c.Grace = patience
	done := start(ctx, c)
	grandchild := w.meet("tidy")
	w.meet("parent").say("go on")
	child := w.meet("polite")
	cancel(errEnough)
	child.gone()
	grandchild.hear("interrupt")
	grandchild.say("end")
	grandchild.gone()
	if e := w.wait(done); e.code != 9 {
		t.Errorf("Run = %d, %v, want 9", e.code, e.err)
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	ctx, cancel := context.WithTimeout(t.Context(), short)
	defer cancel()
	c := w.command("stubborn")
	c.Grace = short
	if e := w.wait(start(ctx, c)); !errors.Is(e.err, context.DeadlineExceeded) || e.code == 0 {
		t.Errorf("Run = %d, %v, want a failure for the deadline", e.code, e.err)
	}
}

// A command that ends by itself may leave something running in the background.
func TestBackgroundProcessStays(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	c := w.command("plain + exit 3")
	var out bytes.Buffer
	c.Stdout = &out
	c.Grace = short
	done := start(t.Context(), c)
	background := w.meet("plain")
	w.meet("parent").say("go on")
	if e := w.wait(done); e.code != 3 || e.err != nil {
		t.Errorf("Run = %d, %v, want 3 although the pipe is still held", e.code, e.err)
	}
	background.say("are you there")
	background.hear("echo are you there")
}

func TestDoneContextStartsNothing(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errEnough)
	code, err := Run(ctx, w.command("exit 0"))
	if code != CannotRun || !errors.Is(err, errEnough) {
		t.Errorf("Run = %d, %v, want %d and the cause", code, err, CannotRun)
	}
}

func TestCannotStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain.exe")
	if err := os.WriteFile(plain, []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, err := Run(t.Context(), Command{Path: filepath.Join(dir, "none")})
	if code != NotFound || err == nil {
		t.Errorf("missing file: Run = %d, %v, want %d", code, err, NotFound)
	}
	code, err = Run(t.Context(), Command{Path: plain})
	if code != CannotRun || err == nil {
		t.Errorf("file that is no program: Run = %d, %v, want %d", code, err, CannotRun)
	}
	code, err = Run(t.Context(), Command{Path: testBinary(t), Dir: filepath.Join(dir, "none")})
	if code == 0 || err == nil {
		t.Errorf("missing folder: Run = %d, %v, want an error", code, err)
	}
}

// Input that is no file is copied by a goroutine of os/exec.
func TestStreams(t *testing.T) {
	t.Parallel()
	signals := make(chan os.Signal)
	close(signals)
	c := newWitness(t).command("read")
	c.Signals = signals
	c.Stdin = strings.NewReader("hello\n")
	if code, err := Run(t.Context(), c); code != 0 || err != nil {
		t.Errorf("Run = %d, %v, want 0 and no error", code, err)
	}
	var stderr bytes.Buffer
	c.Stdin, c.Stderr = nil, &stderr
	if code, err := Run(t.Context(), c); code != 1 || err != nil || stderr.String() == "" {
		t.Errorf("Run without input = %d, %v, stderr %q, want 1 and a complaint", code, err, &stderr)
	}
}
