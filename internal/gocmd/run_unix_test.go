//go:build unix

package gocmd

import (
	"bytes"
	"os"
	"runtime"
	"syscall"
	"testing"
)

func raise(n int) int {
	_ = syscall.Kill(os.Getpid(), syscall.Signal(n))
	select {} // the signal is on its way
}

func needInterrupts(*testing.T) {}

func TestExitCodeAfterSignal(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	code, err := Run(t.Context(), w.command("raise 9"))
	if code != 137 || err != nil {
		t.Errorf("Run(raise 9) = %d, %v, want 137 and no error", code, err)
	}
}

// Signals that are passed on reach the grandchild too, as they are.
func TestSignalsReachTheTree(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	c := w.command("polite + tidy")
	signals := make(chan os.Signal)
	c.Signals = signals
	done := start(t.Context(), c)
	grandchild := w.meet("polite")
	w.meet("parent").say("go on")
	child := w.meet("tidy")
	signals <- syscall.SIGTERM
	child.hear("terminated")
	grandchild.hear("terminated")
	child.say("end")
	if e := w.wait(done); e.code != 9 || e.err != nil {
		t.Errorf("Run = %d, %v, want 9 and no error", e.code, e.err)
	}
}

// Nothing of this process's environment leaks into a command.
func TestEnvironmentIsWhole(t *testing.T) {
	t.Parallel()
	printenv, err := LookPath("env", os.Getenv, runtime.GOOS)
	if err != nil {
		t.Fatal(err)
	}
	for _, vars := range [][]string{nil, {"A=1", "A=2"}} {
		var out bytes.Buffer
		code, err := Run(t.Context(), Command{Path: printenv, Env: vars, Stdout: &out})
		want := ""
		if vars != nil {
			want = "A=2\n"
		}
		if code != 0 || err != nil || out.String() != want {
			t.Errorf("environment %q: the command saw %q (%d, %v), want %q", vars, &out, code, err, want)
		}
	}
}
