package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// A place is a key of the registry.
type place struct {
	root registry.Key
	path string
}

var places = map[Scope]place{
	User:    {registry.CURRENT_USER, `Environment`},
	Machine: {registry.LOCAL_MACHINE, `System\CurrentControlSet\Control\Session Manager\Environment`},
}

// Variables reads what new processes get from a scope.
func Variables(s Scope) ([]Variable, error) { return places[s].read() }

// SetUserVariables sets or removes variables of the user's scope, all or none, and
// tells the programs that listen. Processes that run keep what they have.
func SetUserVariables(vars []Variable) error {
	if err := places[User].write(vars); err != nil {
		return err
	}
	broadcast()
	return nil
}

func (p place) read() ([]Variable, error) {
	k, err := registry.OpenKey(p.root, p.path, registry.QUERY_VALUE)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer k.Close()
	names, err := k.ReadValueNames(-1)
	if err != nil {
		return nil, err
	}
	var vars []Variable
	for _, name := range names {
		if v, kind, err := k.GetStringValue(name); err == nil { // a number is no variable
			vars = append(vars, Variable{Name: name, Value: v, Expand: kind == registry.EXPAND_SZ})
		}
	}
	return vars, nil
}

func (p place) write(vars []Variable) error {
	k, _, err := registry.CreateKey(p.root, p.path, registry.QUERY_VALUE|registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer k.Close()
	before, err := p.read()
	if err != nil {
		return err
	}
	for i, v := range vars {
		if err := put(k, v); err != nil {
			for _, done := range vars[:i] {
				_ = put(k, former(before, done.Name)) // the first error is the one to tell
			}
			return fmt.Errorf("set the user's variable %s: %w", v.Name, err)
		}
	}
	return nil
}

func put(k registry.Key, v Variable) error {
	switch {
	case v.Absent:
		if err := k.DeleteValue(v.Name); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	case v.Expand:
		return k.SetExpandStringValue(v.Name, v.Value)
	}
	return k.SetStringValue(v.Name, v.Value)
}

func former(vars []Variable, name string) Variable {
	if v, ok := Find(vars, name); ok {
		return v
	}
	return Variable{Name: name, Absent: true}
}

// Values of winuser.h.
const (
	hwndBroadcast   = 0xffff
	wmSettingChange = 0x1a
	abortIfHung     = 0x2
	askEach         = 1000 // milliseconds that each window gets
)

// broadcast tells windows, Explorer among them, to read the variables again. A
// window that does not answer must not hold us, so it is not SendMessage; in a
// service nobody listens, which is as well.
func broadcast() {
	section, err := windows.UTF16PtrFromString("Environment")
	if err != nil {
		return
	}
	send := windows.NewLazySystemDLL("user32.dll").NewProc("SendMessageTimeoutW")
	if send.Find() != nil {
		return
	}
	_, _, _ = send.Call(hwndBroadcast, wmSettingChange, 0, uintptr(unsafe.Pointer(section)), abortIfHung, askEach, 0)
}
