//go:build !windows

package setup

import "syscall"

// detached starts a process in a session of its own, so that signals for this
// step do not reach it.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
