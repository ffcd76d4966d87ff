package machine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// underWine says so: it lacks some of what is tested here.
func underWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

// A file that this process holds names this process.
func TestHolders(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "held")
	h := hold(t, file)
	defer syscall.CloseHandle(h)
	if err := os.Rename(file, file+".new"); err == nil {
		t.Fatal("the file is not held at all")
	}
	holders := Holders(file)
	if len(holders) == 0 && underWine() {
		t.Skip("Wine's Restart Manager names nobody")
	}
	if !slices.ContainsFunc(holders, func(h Holder) bool { return h.PID == os.Getpid() }) {
		t.Errorf("Holders = %v, want process %d", holders, os.Getpid())
	}
	if got := Holders(filepath.Join(t.TempDir(), "free")); len(got) > 0 {
		t.Errorf("Holders of a file that nobody has = %v", got)
	}
}

func hold(t *testing.T, file string) syscall.Handle {
	name, err := syscall.UTF16PtrFromString(file)
	if err != nil {
		t.Fatal(err)
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_WRITE, 0, nil, syscall.CREATE_NEW, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// The list of a private folder is its own, and what is in the folder inherits it.
func TestPrivateACL(t *testing.T) {
	t.Parallel()
	dir, err := MkdirTempPrivate(t.TempDir(), "job-")
	if err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("s"), 0o600); err != nil {
		t.Fatal(err)
	}
	sd, err := windows.GetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	text := sd.String()
	for _, group := range []string{";;;WD)", ";;;BU)", ";;;AU)"} { // Everyone, Users, Authenticated Users
		if strings.Contains(text, group) {
			t.Errorf("others may enter the folder: %s", text)
		}
	}
	if control, _, err := sd.Control(); err != nil || control&windows.SE_DACL_PROTECTED == 0 {
		if !underWine() {
			t.Errorf("the folder inherits: %s", text)
		}
	}
	if _, err := os.ReadFile(secret); err != nil {
		t.Errorf("its own user cannot read what is in it: %v", err)
	}
}

// Variables are set all or none, keep their kind, and can be taken away.
func TestVariables(t *testing.T) {
	t.Parallel()
	p := place{registry.CURRENT_USER, fmt.Sprintf(`Software\goproxy-setup-test-%d`, os.Getpid())}
	t.Cleanup(func() { _ = registry.DeleteKey(p.root, p.path) })
	if vars, err := p.read(); err != nil || vars != nil {
		t.Fatalf("read of a missing key = %v, %v", vars, err)
	}
	want := []Variable{{Name: "GOPROXY", Value: "https://a.example,direct"}, {Name: "GOPATH", Value: `%USERPROFILE%\go`, Expand: true}}
	if err := p.write(want); err != nil {
		t.Fatal(err)
	}
	vars, err := p.read()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range want {
		if got, ok := Find(vars, strings.ToLower(w.Name)); !ok || got != w {
			t.Errorf("%s is %+v, want %+v", w.Name, got, w)
		}
	}
	bad := []Variable{{Name: "GOPROXY", Value: "off"}, {Name: "GOSUMDB", Value: "a\x00b"}}
	if err := p.write(bad); err == nil {
		t.Error("a value with a NUL was taken")
	}
	if vars, _ := p.read(); !slices.Equal(vars, want) && len(vars) != 2 {
		t.Errorf("after a failure: %v", vars)
	}
	if v, _ := Find(must(p.read()), "GOPROXY"); v.Value != want[0].Value {
		t.Errorf("GOPROXY is %q after a failure, want its old value", v.Value)
	}
	if err := errors.Join(p.write([]Variable{{Name: "GOPROXY", Absent: true}}), p.write([]Variable{{Name: "GOPROXY", Absent: true}})); err != nil {
		t.Errorf("remove twice: %v", err)
	}
	if _, ok := Find(must(p.read()), "GOPROXY"); ok {
		t.Error("GOPROXY is still there")
	}
}

func must(vars []Variable, err error) []Variable {
	if err != nil {
		panic(err)
	}
	return vars
}

func TestScopesOfThisMachine(t *testing.T) {
	t.Parallel()
	if _, err := Variables(User); err != nil {
		t.Errorf("Variables(User): %v", err)
	}
	vars, err := Variables(Machine)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := Find(vars, "OS"); !ok && !underWine() {
		t.Errorf("the machine has no variable OS: %v", vars)
	}
}

func TestGone(t *testing.T) {
	t.Parallel()
	if Gone(os.Getpid()) {
		t.Error("this process counts as gone")
	}
	c := exec.Command(os.Args[0], "-test.run", "^$")
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	if !Gone(c.Process.Pid) {
		t.Errorf("process %d has ended and does not count as gone", c.Process.Pid)
	}
}

// A file that is let go in time gets its name, one that is not keeps its own.
func TestRenameOfHeldFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "held")
	h := hold(t, file)
	release := time.AfterFunc(300*time.Millisecond, func() { syscall.CloseHandle(h) })
	defer release.Stop()
	if err := os.Rename(file, file+".new"); err == nil {
		t.Fatal("the file is not held at all")
	}
	if err := Rename(file, file+".new"); err != nil {
		t.Errorf("Rename of a file that was let go: %v", err)
	}
	if err := Rename(file, file+".new"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Rename of a missing file: %v", err)
	}
}

// A process that ends is waited for, one that does not only for so long.
func TestAwaitEnd(t *testing.T) {
	t.Parallel()
	c := exec.Command(os.Args[0], "-test.run", "^$")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	AwaitEnd(c.Process.Pid, time.Minute)
	if !Gone(c.Process.Pid) {
		t.Error("the process is still there")
	}
	_ = c.Wait()
	start := time.Now()
	AwaitEnd(os.Getpid(), 50*time.Millisecond)
	if took := time.Since(start); took < 40*time.Millisecond {
		t.Errorf("waited %v for this very process", took)
	}
}
