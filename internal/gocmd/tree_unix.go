//go:build unix

package gocmd

import (
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// A tree is a running command and all it started, known by its process group.
type tree struct {
	leader *os.Process
	group  int // 0 when the command shares the group of this process
}

func startTree(cmd *exec.Cmd) (*tree, error) {
	shared := isTerminal(cmd.Stdin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: !shared}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	t := &tree{leader: cmd.Process}
	if !shared {
		t.group = cmd.Process.Pid
	}
	return t, nil
}

func (t *tree) signal(sig os.Signal) error {
	s, ok := sig.(syscall.Signal)
	if !ok || t.group == 0 {
		return t.leader.Signal(sig)
	}
	return syscall.Kill(-t.group, s)
}

func (t *tree) interrupt() error { return t.signal(syscall.SIGINT) }

func (t *tree) kill() { _ = t.signal(syscall.SIGKILL) }

// alive tells whether a process of the group is left.
func (t *tree) alive() bool {
	return t.group != 0 && syscall.Kill(-t.group, 0) == nil && !onlyZombies(t.group)
}

func (t *tree) release() {}

// isTerminal tells whether r is the controlling terminal of this process.
func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil
}

// exitCode is that of the process, or 128 and the signal that ended it.
func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
