package setup

import "syscall"

// detachedProcess is DETACHED_PROCESS of CreateProcess: no console, so that
// Ctrl-C for this step does not reach it.
const detachedProcess = 0x00000008

// detached starts a process without our console and in a group of its own.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: detachedProcess | syscall.CREATE_NEW_PROCESS_GROUP}
}
