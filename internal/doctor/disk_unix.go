//go:build linux || darwin

package doctor

import (
	"os"
	"syscall"
)

// errNoSpace is what writing to a full disk gives.
const errNoSpace = syscall.ENOSPC

func diskOf(dir string) (Disk, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return Disk{}, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	d := Disk{
		Free:    int64(float64(st.Bavail) * float64(st.Bsize)), // types differ by system
		NoFiles: st.Files > 0 && st.Ffree == 0,
		Owner:   -1, User: os.Geteuid(),
	}
	d.ShareType, d.Network = share(&st)
	d.NoExec = noExec(&st)
	info, err := os.Stat(dir)
	if err != nil {
		return Disk{}, err
	}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		d.Owner = int(sys.Uid)
	}
	return d, nil
}
