package lab

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ownGroup makes killing a command kill what it started.
func ownGroup(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = time.Second
}

// selfCPU is what this process has used, without its children.
func selfCPU() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// systemCPU is what all processes have used: user, nice and system of
// /proc/stat, which counts in hundredths of a second. Interrupts, most of them
// of our own packets, are left out.
func systemCPU() time.Duration {
	data, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(data), "\n")
	f := strings.Fields(line)
	if len(f) < 4 {
		return 0
	}
	var sum time.Duration
	for _, i := range []int{1, 2, 3} {
		n, _ := strconv.ParseInt(f[i], 10, 64)
		sum += time.Duration(n) * 10 * time.Millisecond
	}
	return sum
}

// Load is the system's load average of a minute, 0 where there is none.
func Load() float64 {
	data, _ := os.ReadFile("/proc/loadavg")
	one, _, _ := strings.Cut(string(data), " ")
	load, _ := strconv.ParseFloat(one, 64)
	return load
}

// congestionControl sets that of a listener, which its connections inherit. An
// administrator may choose one that others may not (tcp(7), TCP_CONGESTION).
func congestionControl(name string) func(network, address string, c syscall.RawConn) error {
	if name == "" {
		return nil
	}
	return func(_, _ string, c syscall.RawConn) (err error) {
		e := c.Control(func(fd uintptr) {
			err = os.NewSyscallError("TCP_CONGESTION "+name, syscall.SetsockoptString(int(fd), syscall.IPPROTO_TCP, syscall.TCP_CONGESTION, name))
		})
		return errors.Join(err, e)
	}
}
