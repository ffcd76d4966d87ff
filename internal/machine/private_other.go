//go:build !windows

package machine

import (
	"fmt"
	"os"
	"syscall"
)

// MkdirPrivate makes a folder that no other user enters.
func MkdirPrivate(path string) error { return os.Mkdir(path, 0o700) }

// CheckPrivate says whether a folder is one that MkdirPrivate made for this user,
// and no link to elsewhere. The error of a folder that is not is a
// *NotPrivateError.
func CheckPrivate(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	st, known := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.IsDir():
		return &NotPrivateError{path, "it is no folder"}
	case known && int(st.Uid) != os.Geteuid():
		return &NotPrivateError{path, fmt.Sprintf("it is owned by user %d, this is user %d", st.Uid, os.Geteuid())}
	case info.Mode().Perm()&0o077 != 0:
		return &NotPrivateError{path, fmt.Sprintf("others may enter it (%v)", info.Mode().Perm())}
	}
	return nil
}
