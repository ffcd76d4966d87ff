//go:build !linux

package lab

import (
	"os/exec"
	"syscall"
	"time"
)

func ownGroup(c *exec.Cmd) { c.WaitDelay = time.Second }

func selfCPU() time.Duration { return 0 }

func systemCPU() time.Duration { return 0 }

// Load is the system's load average of a minute, 0 where there is none.
func Load() float64 { return 0 }

func congestionControl(string) func(network, address string, c syscall.RawConn) error { return nil }
