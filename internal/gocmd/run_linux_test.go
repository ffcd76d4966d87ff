package gocmd

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A command in a group of its own would be stopped when it reads the terminal.
func TestCommandReadsTerminal(t *testing.T) {
	t.Parallel()
	master, terminal := openTerminal(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, testBinary(t))
	cmd.Env = append(os.Environ(), roleVar+"=shell")
	cmd.Stdin, cmd.Stderr = terminal, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := master.WriteString("hello\n"); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("command with the terminal as its input: %v", err)
	}
}

func openTerminal(t *testing.T) (master, terminal *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { _ = master.Close() })
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	return master, terminal
}

func TestOnlyZombies(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	c := w.command("plain")
	cmd := &exec.Cmd{Path: c.Path, Env: c.Env, SysProcAttr: &syscall.SysProcAttr{Setpgid: true}}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	a := w.meet("plain")
	group := cmd.Process.Pid
	if onlyZombies(group) {
		t.Error("a living process is taken for a zombie")
	}
	_ = a.conn.Close()
	if err := unix.Waitid(unix.P_PID, group, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if !onlyZombies(group) {
		t.Error("a zombie is taken for a living process")
	}
}

func TestParseStat(t *testing.T) {
	t.Parallel()
	for stat, want := range map[string]struct {
		state string
		group int
	}{
		"12 (go) S 1 12 12 0 -1 4194560":       {"S", 12},
		"13 (a) Z 9 (b) R) Z 1 12 12 0 -1 419": {"Z", 12},
		"14 (cut":                              {"", 0},
		"":                                     {"", 0},
	} {
		if state, group := parseStat([]byte(stat)); state != want.state || group != want.group {
			t.Errorf("parseStat(%q) = %q, %d, want %q, %d", stat, state, group, want.state, want.group)
		}
	}
}
