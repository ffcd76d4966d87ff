package forward

import (
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/goproxy-setup/goproxy-setup/internal/golden"
)

// TestRegistry reads testdata/windows.txt again, with every machine written into the
// registry of this one, and asks WinHTTP whether it reads the records as we do. It
// is for prefixes of Wine and machines that are thrown away.
func TestRegistry(t *testing.T) {
	if os.Getenv("GOPROXY_SETUP_REGISTRY") != "scratch" {
		t.Skip("the registry is written only where GOPROXY_SETUP_REGISTRY=scratch says that it may be")
	}
	t.Cleanup(func() { clearRegistry(t) })
	var mu sync.Mutex
	golden.Run(t, "testdata/windows.txt", func(t *testing.T, in []string) []string {
		mu.Lock()
		defer mu.Unlock()
		m := parseMachine(t, in)
		clearRegistry(t)
		for key, values := range m.registry {
			for name, v := range values {
				write(t, key, name, v)
			}
		}
		for key, values := range m.registry {
			for name, v := range values {
				if b, ok := v.([]byte); ok && len(b) > 20 {
					asksWinHTTP(t, m.registry, key, name, b)
				}
			}
		}
		return m.answer(t, System())
	})
}

func root(key string) (registry.Key, string) {
	name, path, _ := strings.Cut(key, `\`)
	return map[string]registry.Key{"HKLM": registry.LOCAL_MACHINE, "HKCU": registry.CURRENT_USER}[name], path
}

func write(t *testing.T, key, name string, v any) {
	t.Helper()
	r, path := root(key)
	k, _, err := registry.CreateKey(r, path, registry.SET_VALUE|registry.WOW64_64KEY)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	switch v := v.(type) {
	case string:
		err = k.SetStringValue(name, v)
	case uint64:
		err = k.SetDWordValue(name, uint32(v))
	case []byte:
		err = k.SetBinaryValue(name, v)
	}
	if err != nil {
		t.Fatalf("%s %s: %v", key, name, err)
	}
}

// clearRegistry takes out every value that is looked at.
func clearRegistry(t *testing.T) {
	t.Helper()
	settings := []string{"ProxyEnable", "ProxyServer", "ProxyOverride", "AutoConfigURL", "AutoDetect", "ProxySettingsPerUser"}
	for key, names := range map[string][]string{
		userSettings: settings, machineSettings: settings, machinePolicy: settings, `HKCU\` + policySettings: settings,
		userSettings + `\Connections`:    {"DefaultConnectionSettings"},
		machineSettings + `\Connections`: {"DefaultConnectionSettings", "WinHttpSettings"},
	} {
		r, path := root(key)
		k, err := registry.OpenKey(r, path, registry.SET_VALUE|registry.WOW64_64KEY)
		if errors.Is(err, registry.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if err := k.DeleteValue(name); err != nil && !errors.Is(err, registry.ErrNotExist) {
				t.Error(err)
			}
		}
		k.Close()
	}
}

var (
	winhttp        = windows.NewLazySystemDLL("winhttp.dll")
	forCurrentUser = winhttp.NewProc("WinHttpGetIEProxyConfigForCurrentUser")
	defaultProxy   = winhttp.NewProc("WinHttpGetDefaultProxyConfiguration")
)

// asksWinHTTP compares a record with what Windows' own function makes of it, where
// nothing but the record can have a say.
func asksWinHTTP(t *testing.T, all mapRegistry, key, name string, record []byte) {
	t.Helper()
	c, err := decodeConnection(record)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"", "", "", ""} // detect, script, proxy, bypass
	var got []string
	switch {
	case name == "WinHttpSettings":
		if c.flags&flagProxy != 0 {
			want = []string{"", "", c.proxy, c.bypass}
		}
		got = askDefault(t)
	case key == userSettings+`\Connections` && len(all) == 1:
		if c.flags&flagDetect != 0 {
			want[0] = "detect"
		}
		if c.flags&flagPAC != 0 {
			want[1] = c.pac
		}
		if c.flags&flagProxy != 0 {
			want[2], want[3] = c.proxy, c.bypass
		}
		got = askUser(t)
	default:
		return
	}
	if got != nil && !slices.Equal(got, want) {
		t.Errorf("WinHTTP reads %q from the record, we read %q", got, want)
	}
}

func askUser(t *testing.T) []string {
	t.Helper()
	var c struct {
		detect             int32
		pac, proxy, bypass *uint16
	}
	if ok, _, err := forCurrentUser.Call(uintptr(unsafe.Pointer(&c))); ok == 0 {
		t.Logf("WinHttpGetIEProxyConfigForCurrentUser: %v", err)
		return nil
	}
	detect := map[bool]string{true: "detect"}[c.detect != 0]
	return []string{detect, taken(c.pac), taken(c.proxy), taken(c.bypass)}
}

func askDefault(t *testing.T) []string {
	t.Helper()
	var c struct {
		access        uint32
		proxy, bypass *uint16
	}
	if ok, _, err := defaultProxy.Call(uintptr(unsafe.Pointer(&c))); ok == 0 {
		t.Fatalf("WinHttpGetDefaultProxyConfiguration: %v", err)
	}
	return []string{"", "", taken(c.proxy), taken(c.bypass)}
}

// taken reads a string that is ours to free.
func taken(p *uint16) string {
	if p == nil {
		return ""
	}
	defer syscall.LocalFree(syscall.Handle(uintptr(unsafe.Pointer(p)))) // GlobalFree is the same function
	return windows.UTF16PtrToString(p)
}

// TestCurrentAccount: whoever runs the test is somebody.
func TestCurrentAccount(t *testing.T) {
	if a := CurrentAccount(); !strings.HasPrefix(a.SID, "S-1-5-") {
		t.Errorf("account %+v", a)
	}
}
