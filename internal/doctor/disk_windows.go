package doctor

import (
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

// errNoSpace is ERROR_DISK_FULL.
const errNoSpace = syscall.Errno(112)

// driveRemote is DRIVE_REMOTE (winbase.h).
const driveRemote = 4

func diskOf(dir string) (Disk, error) {
	kernel := syscall.NewLazyDLL("kernel32.dll")
	name, err := syscall.UTF16PtrFromString(dir)
	if err != nil {
		return Disk{}, err
	}
	d := Disk{Owner: -1, User: -1}
	ok, _, errno := kernel.NewProc("GetDiskFreeSpaceExW").Call(uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&d.Free)), 0, 0)
	if ok == 0 {
		return Disk{}, &os.PathError{Op: "GetDiskFreeSpaceEx", Path: dir, Err: errno}
	}
	root, err := syscall.UTF16PtrFromString(filepath.VolumeName(dir) + `\`)
	if err != nil {
		return Disk{}, err
	}
	kind, _, _ := kernel.NewProc("GetDriveTypeW").Call(uintptr(unsafe.Pointer(root)))
	d.Network, d.ShareType = kind == driveRemote, filepath.VolumeName(dir)
	return d, nil
}
