package machine

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// MkdirPrivate makes a folder that no other user enters: the mode of os.Mkdir means
// nothing on Windows, and what a folder inherits may be for everybody. A runner in
// C:\actions-runner has its temp folder below C:\, where Authenticated Users may
// change files. So the list of this folder is its own (protected), and what is made
// in it inherits it: this user, SYSTEM and the administrators.
func MkdirPrivate(path string) error {
	me, err := currentUser()
	if err != nil {
		return err
	}
	sd, err := windows.SecurityDescriptorFromString("O:" + me.String() + "D:P(A;OICI;FA;;;" + me.String() + ")(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)")
	if err != nil {
		return err
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	sa := windows.SecurityAttributes{SecurityDescriptor: sd}
	sa.Length = uint32(unsafe.Sizeof(sa))
	if err := windows.CreateDirectory(name, &sa); err != nil {
		return &os.PathError{Op: "mkdir", Path: path, Err: err}
	}
	return nil
}

// CheckPrivate says whether a folder is one that MkdirPrivate made for this user,
// and no link to elsewhere. The error of a folder that is not is a
// *NotPrivateError.
func CheckPrivate(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() || info.Mode()&(os.ModeSymlink|os.ModeIrregular) != 0 {
		return &NotPrivateError{path, "it is no folder"}
	}
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return &os.PathError{Op: "GetNamedSecurityInfo", Path: path, Err: err}
	}
	me, err := currentUser()
	if err != nil {
		return err
	}
	trusted := append(wellKnown(windows.WinLocalSystemSid, windows.WinBuiltinAdministratorsSid), me)
	if owner, _, err := sd.Owner(); err != nil || !contains(trusted, owner) {
		return &NotPrivateError{path, "it is owned by another user"}
	}
	acl, _, err := sd.DACL()
	if err != nil || acl == nil {
		return &NotPrivateError{path, "everybody may enter it"}
	}
	for i := range acl.AceCount {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(acl, uint32(i), &ace); err != nil {
			return err
		}
		sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart))
		if ace.Header.AceType == windows.ACCESS_ALLOWED_ACE_TYPE && !contains(trusted, sid) {
			return &NotPrivateError{path, "others may enter it (" + sid.String() + ")"}
		}
	}
	return nil
}

func currentUser() (*windows.SID, error) {
	u, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, err
	}
	return u.User.Sid, nil
}

func wellKnown(kinds ...windows.WELL_KNOWN_SID_TYPE) (sids []*windows.SID) {
	for _, k := range kinds {
		if sid, err := windows.CreateWellKnownSid(k); err == nil {
			sids = append(sids, sid)
		}
	}
	return sids
}

func contains(sids []*windows.SID, sid *windows.SID) bool {
	for _, s := range sids {
		if s.Equals(sid) {
			return true
		}
	}
	return false
}
