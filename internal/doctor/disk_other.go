//go:build !linux && !darwin && !windows

package doctor

import (
	"errors"
	"syscall"
)

// errNoSpace is what writing to a full disk gives.
const errNoSpace = syscall.ENOSPC

func diskOf(string) (Disk, error) { return Disk{}, errors.ErrUnsupported }
