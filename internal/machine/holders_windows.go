package machine

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// Sizes of restartmanager.h.
const (
	sessionKeyLen = 32
	maxAppName    = 255
	maxSvcName    = 63
)

// processInfo is RM_PROCESS_INFO.
type processInfo struct {
	pid            uint32
	started        windows.Filetime
	name           [maxAppName + 1]uint16
	service        [maxSvcName + 1]uint16
	kind           uint32
	status         uint32
	session        uint32
	canBeRestarted int32
}

// mostHolders bounds the answer: two or three are usual.
const mostHolders = 16

// Holders asks the Restart Manager which processes have any of the files open. It
// needs no privilege and names nobody when it does not know: a scanner's driver is
// no process (learn.microsoft.com/windows/win32/api/restartmanager).
func Holders(files ...string) []Holder {
	dll := windows.NewLazySystemDLL("rstrtmgr.dll")
	start, register, list, end := dll.NewProc("RmStartSession"), dll.NewProc("RmRegisterResources"), dll.NewProc("RmGetList"), dll.NewProc("RmEndSession")
	if list.Find() != nil {
		return nil
	}
	var names []*uint16
	for _, f := range files {
		if p, err := windows.UTF16PtrFromString(f); err == nil {
			names = append(names, p)
		}
	}
	if len(names) == 0 {
		return nil
	}
	var session uint32
	var key [sessionKeyLen + 1]uint16
	if rc, _, _ := start.Call(uintptr(unsafe.Pointer(&session)), 0, uintptr(unsafe.Pointer(&key[0]))); rc != 0 {
		return nil
	}
	defer end.Call(uintptr(session))
	if rc, _, _ := register.Call(uintptr(session), uintptr(len(names)), uintptr(unsafe.Pointer(&names[0])), 0, 0, 0, 0); rc != 0 {
		return nil
	}
	var infos [mostHolders]processInfo
	var needed, reasons uint32
	count := uint32(len(infos))
	rc, _, _ := list.Call(uintptr(session), uintptr(unsafe.Pointer(&needed)), uintptr(unsafe.Pointer(&count)),
		uintptr(unsafe.Pointer(&infos[0])), uintptr(unsafe.Pointer(&reasons)))
	if rc != 0 {
		return nil
	}
	var holders []Holder
	for _, i := range infos[:min(count, mostHolders)] {
		holders = append(holders, Holder{
			PID: int(i.pid), Name: windows.UTF16ToString(i.name[:]), Service: windows.UTF16ToString(i.service[:]),
		})
	}
	return holders
}
