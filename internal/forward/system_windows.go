package forward

import (
	"strings"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// System is the registry of this machine.
func System() Registry { return system{} }

type system struct{}

// Read opens a key for one value: settings are read once in a run.
func (system) Read(key, name string) any {
	root, path, _ := strings.Cut(key, `\`)
	k, err := registry.OpenKey(map[string]registry.Key{"HKLM": registry.LOCAL_MACHINE, "HKCU": registry.CURRENT_USER}[root],
		path, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return nil
	}
	defer k.Close()
	_, kind, err := k.GetValue(name, nil)
	if err != nil {
		return nil
	}
	return value(k, name, kind)
}

func value(k registry.Key, name string, kind uint32) any {
	switch kind {
	case registry.SZ, registry.EXPAND_SZ:
		s, _, err := k.GetStringValue(name)
		if err != nil {
			return nil
		}
		if kind == registry.EXPAND_SZ {
			if expanded, err := registry.ExpandString(s); err == nil {
				return expanded
			}
		}
		return s
	case registry.DWORD, registry.QWORD:
		if n, _, err := k.GetIntegerValue(name); err == nil {
			return n
		}
	case registry.BINARY:
		if b, _, err := k.GetBinaryValue(name); err == nil {
			return b
		}
	}
	return nil
}

// CurrentAccount is the account that this process runs as.
func CurrentAccount() (a Account) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return a
	}
	a.SID = user.User.Sid.String()
	if name, domain, _, err := user.User.Sid.LookupAccount(""); err == nil {
		a.Name = domain + `\` + name
	}
	return a
}
