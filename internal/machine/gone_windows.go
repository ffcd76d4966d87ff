package machine

import (
	"time"

	"golang.org/x/sys/windows"
)

// Gone reports whether a process has ended for certain. Windows answers a connect to
// a closed port of 127.0.0.1 only after about two seconds, since it tries again by
// itself, so what served there is asked for first.
func Gone(pid int) bool {
	h, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return err == windows.ERROR_INVALID_PARAMETER // there is no such process
	}
	defer func() { _ = windows.CloseHandle(h) }()
	event, err := windows.WaitForSingleObject(h, 0)
	return err == nil && event == windows.WAIT_OBJECT_0
}

// AwaitEnd waits until a process has ended, at most the limit: its program cannot be
// removed before.
func AwaitEnd(pid int, limit time.Duration) {
	h, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return
	}
	defer func() { _ = windows.CloseHandle(h) }()
	_, _ = windows.WaitForSingleObject(h, uint32(limit.Milliseconds()))
}
