package proxytest

import (
	"net"
	"syscall"
)

// noBacklog leaves a listener room for one connection. Linux then drops what
// comes, as long as net.ipv4.tcp_abort_on_overflow is 0, its default.
func noBacklog(l *net.TCPListener) bool {
	raw, err := l.SyscallConn()
	if err != nil {
		return false
	}
	var sysErr error
	err = raw.Control(func(fd uintptr) { sysErr = syscall.Listen(int(fd), 0) })
	return err == nil && sysErr == nil
}
