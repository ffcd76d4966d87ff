package setup

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/internal/machine"
	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
)

// Another process holds a file of the module cache without sharing it, as a
// scanner does: go fails, and is run again once that lets go. Here it does when it
// is asked who it is.
func TestDownloadPastRealLock(t *testing.T) {
	t.Parallel()
	srv := proxytest.New(t, mods())
	r := newRun(t, srv, nil, []string{"-proxies", srv.URL, "-lang", "en"})
	srv.WriteMain(r.Dir, "example.com/m@v1.0.0")
	lock := filepath.Join(r.Getenv("GOMODCACHE"), "cache", "download", "example.com", "m", "@v", "v1.0.0.lock")
	if err := os.MkdirAll(filepath.Dir(lock), 0o777); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.UTF16PtrFromString(lock)
	if err != nil {
		t.Fatal(err)
	}
	held, err := syscall.CreateFile(name, syscall.GENERIC_WRITE, 0, nil, syscall.CREATE_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		t.Fatal(err)
	}
	let := func() { syscall.CloseHandle(held) }
	var asked []string
	r.Holders = func(files ...string) []machine.Holder {
		if asked == nil {
			let()
		}
		asked = files
		return []machine.Holder{{PID: os.Getpid(), Name: "scanner.exe"}}
	}
	if err := r.Download(t.Context()); err != nil {
		t.Fatalf("%v\n%+v", err, r.Report.Failures)
	}
	if asked == nil {
		let()
		t.Fatal("go was not stopped by the lock, so this shows nothing")
	}
	if notes := strings.Join(r.Report.Notes, "\n"); !strings.EqualFold(asked[0], lock) || !strings.Contains(notes, "scanner.exe") {
		t.Errorf("asked for %q, notes %q; want %s", asked, notes, lock)
	}
}
