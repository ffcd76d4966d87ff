package classify

import (
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// A use says what the system call that failed was for: the same number means
// different things for a socket and for a file.
type use int

const (
	onFile   use = iota // open, mkdir, write, …
	renaming            // rename and remove, which antivirus disturbs on Windows
	dialing             // opening a connection
	talking             // reading from and writing to one
)

// usedFor tells the use from the types around the number.
func usedFor(err error) use {
	var op *net.OpError
	if errors.As(err, &op) {
		if op.Op == "dial" {
			return dialing
		}
		return talking
	}
	var link *os.LinkError
	if errors.As(err, &link) && link.Op == "rename" {
		return renaming
	}
	var path *os.PathError
	if errors.As(err, &path) && (path.Op == "remove" || path.Op == "unlinkat") {
		return renaming
	}
	return onFile
}

// errnoClass returns the class of the error number n on the system goos, or
// the empty class for a number that says nothing about downloads.
func errnoClass(n syscall.Errno, use use, goos string) report.Class {
	if goos == "windows" {
		if class := windowsClass(uint32(n), use); class != "" {
			return class
		}
	}
	// On Windows these names are numbers that package syscall invented; os and
	// net return them in a few places there, too.
	return posixClass(n, use)
}

func posixClass(n syscall.Errno, use use) report.Class {
	socket := use == dialing || use == talking
	switch n {
	case syscall.ECONNREFUSED:
		return report.ConnectRefused
	case syscall.ETIMEDOUT:
		if use == dialing {
			return report.ConnectTimeout
		}
		return report.ResponseTimeout
	case syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.EHOSTDOWN, syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT:
		return report.NetworkUnreachable
	case syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE, syscall.ENETRESET:
		return report.ConnectionReset
	case syscall.EACCES, syscall.EPERM:
		if socket {
			return report.FirewallBlocked
		}
		return report.PermissionDenied
	case syscall.EROFS:
		return report.PermissionDenied
	case syscall.ENOSPC, syscall.EDQUOT:
		return report.DiskFull
	case syscall.ENAMETOOLONG:
		return report.PathTooLong
	case syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS, syscall.EAGAIN, syscall.EFBIG, syscall.EADDRINUSE:
		return report.ResourceLimit
	case syscall.EBUSY, syscall.ENOLCK:
		return report.FileLocked
	}
	return ""
}

// windowsClass knows the numbers themselves: Winsock's from
// https://learn.microsoft.com/windows/win32/winsock/windows-sockets-error-codes-2,
// the others from .../win32/debug/system-error-codes. Package syscall tests for
// its invented numbers only, so a raw 10060 does not even count as a time-out.
func windowsClass(n uint32, use use) report.Class {
	switch n {
	case 10013: // WSAEACCES
		return report.FirewallBlocked
	case 10061: // WSAECONNREFUSED
		return report.ConnectRefused
	case 10060: // WSAETIMEDOUT
		if use == dialing {
			return report.ConnectTimeout
		}
		return report.ResponseTimeout
	case 10047, 10049, 10050, 10051, 10064, 10065: // WSAEAFNOSUPPORT, …ADDRNOTAVAIL, …NETDOWN, …NETUNREACH, …HOSTDOWN, …HOSTUNREACH
		return report.NetworkUnreachable
	case 10052, 10053, 10054, 10057, 10058, 10101, 121, 64, 1236: // WSAENETRESET, …CONNABORTED, …CONNRESET, …NOTCONN, …SHUTDOWN, …DISCON, ERROR_SEM_TIMEOUT, …NETNAME_DELETED, …CONNECTION_ABORTED
		return report.ConnectionReset
	case 10024, 10048, 10055, 4, 8, 14, 1450, 1455: // WSAEMFILE, …ADDRINUSE, …NOBUFS, ERROR_TOO_MANY_OPEN_FILES, …NOT_ENOUGH_MEMORY, …OUTOFMEMORY, …NO_SYSTEM_RESOURCES, …COMMITMENT_LIMIT
		return report.ResourceLimit
	case 11001, 11002, 11003, 11004: // WSAHOST_NOT_FOUND, WSATRY_AGAIN, WSANO_RECOVERY, WSANO_DATA
		return report.DNSFailure
	case 39, 112, 1295: // ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL, ERROR_DISK_QUOTA_EXCEEDED
		return report.DiskFull
	case 111, 206: // ERROR_BUFFER_OVERFLOW "The file name is too long.", ERROR_FILENAME_EXCED_RANGE
		return report.PathTooLong
	case 32, 33, 145, 303: // ERROR_SHARING_VIOLATION, …LOCK_VIOLATION, …DIR_NOT_EMPTY, …DELETE_PENDING
		return report.FileLocked
	case 5: // ERROR_ACCESS_DENIED
		if use == renaming {
			return report.FileLocked
		}
		return report.PermissionDenied
	case 19, 1314: // ERROR_WRITE_PROTECT, ERROR_PRIVILEGE_NOT_HELD
		return report.PermissionDenied
	}
	return ""
}
