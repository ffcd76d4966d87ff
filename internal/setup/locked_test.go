package setup

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/config"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/machine"
	"github.com/goproxy-setup/goproxy-setup/report"
)

func refusal(text string) gocmd.Result {
	return gocmd.Result{ExitCode: 1, Modules: []gocmd.ModuleResult{{Path: "a.example/m", Version: "v1.0.0", Error: text}}}
}

// What is locked is tried again, with who holds it in the report; what fails
// otherwise is not.
func TestPastLocks(t *testing.T) {
	t.Parallel()
	const (
		rename  = `rename C:\gm\cache\download\a.example\m\@v\v1.0.0.zip12.tmp C:\gm\cache\download\a.example\m\@v\v1.0.0.zip: `
		open    = `open C:\gm\cache\download\a.example\m\@v\v1.0.0.lock: `
		unlink  = `unlinkat C:\Users\Max Muster\go\pkg\mod\a.example\m@v1.0.0: `
		sharing = "The process cannot access the file because it is being used by another process."
	)
	for name, c := range map[string]struct {
		goos, text   string
		locked, runs int // how often it is found locked, how often it runs
		after        time.Duration
	}{
		"antivirus once":                     {"windows", rename + "Access is denied.", 1, 2, time.Second},
		"antivirus, zh-CN":                   {"windows", rename + "拒绝访问。", 2, 3, 3 * time.Second},
		"antivirus, German":                  {"windows", rename + "Zugriff verweigert", 1, 2, time.Second},
		"a number only":                      {"windows", rename + "winapi error #5", 1, 2, time.Second},
		"sharing violation":                  {"windows", open + sharing, 3, 4, 8 * time.Second},
		"sharing violation, zh-CN":           {"windows", open + "另一个程序正在使用此文件，进程无法访问。", 1, 2, time.Second},
		"sharing violation by number":        {"windows", open + "winapi error #32", 1, 2, time.Second},
		"Wine's words":                       {"windows", open + "Sharing violation.", 1, 2, time.Second},
		"folder not empty":                   {"windows", unlink + "The directory is not empty.", 1, 2, time.Second},
		"folder not empty, zh-CN":            {"windows", unlink + "目录不是空的。", 1, 2, time.Second},
		"an open that Windows denies":        {"windows", open + "Access is denied.", 1, 2, time.Second},
		"never let go":                       {"windows", rename + "Access is denied.", 99, 4, 8 * time.Second},
		"rights on Linux":                    {"linux", "open /go/pkg/mod/cache/x.lock: permission denied", 99, 1, 0},
		"a fault of the network":             {"windows", `Get "https://a.example/x": dial tcp 192.0.2.1:443: connectex: winapi error #10061`, 99, 1, 0},
		"a module that is not there":         {"windows", "reading https://p.example/a.example/m/@v/v1.0.0.info: 404 Not Found", 99, 1, 0},
		"a disk that is full":                {"windows", rename + "There is not enough space on the disk.", 99, 1, 0},
		"busy on Linux, as on network disks": {"linux", "unlinkat /go/pkg/mod/a.example/m@v1.0.0: device or resource busy", 1, 2, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var asked []string
				r := &Run{World: World{OS: c.goos, Holders: func(files ...string) []machine.Holder {
					asked = files
					return []machine.Holder{{PID: 4, Name: "MsMpEng.exe", Service: "WinDefend"}}
				}}}
				runs, start := 0, time.Now()
				res, l, err := r.pastLocks(t.Context(), func() (gocmd.Result, error) {
					if runs++; runs <= c.locked {
						return refusal(c.text), nil
					}
					return gocmd.Result{}, nil
				})
				if err != nil || runs != c.runs || time.Since(start) != c.after {
					t.Errorf("ran %d times in %v (%v), want %d in %v", runs, time.Since(start), err, c.runs, c.after)
				}
				if (res.ExitCode == 0) != (c.locked < c.runs) || l.repeats != c.runs-1 {
					t.Errorf("exit code %d after %d repeats", res.ExitCode, l.repeats)
				}
				if c.runs > 1 && (!slices.Equal(asked, l.files) || len(l.holders) != 1) {
					t.Errorf("asked for %q, found %q", asked, l.holders)
				}
			})
		})
	}
}

func TestPastLocksEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		r := &Run{World: World{OS: "windows"}}
		start := time.Now()
		_, l, err := r.pastLocks(ctx, func() (gocmd.Result, error) { return refusal("open C:\\x: Access is denied."), nil })
		if took := time.Since(start); err != nil || took != 1500*time.Millisecond || l.repeats != 1 {
			t.Errorf("ended after %v with %d repeats, %v", took, l.repeats, err)
		}
	})
}

func TestPathsIn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`rename C:\Users\Max Muster\a.tmp C:\Users\Max Muster\a.zip: Access is denied.`: `C:\Users\Max Muster\a.tmp|C:\Users\Max Muster\a.zip`,
		`go: a@v1: open D:\gm\a.lock: Zugriff verweigert`:                               `D:\gm\a.lock`,
		"unlinkat /go/pkg/mod/a@v1: device or resource busy":                            "/go/pkg/mod/a@v1",
		"rename /tmp/a b/x /tmp/c: text file busy":                                      "/tmp/a b/x|/tmp/c",
		"Access is denied.": "",
		`open \\server\share\gm\a.zip: The process cannot access the file because … another process.`: `\\server\share\gm\a.zip`,
	} {
		if got := strings.Join(pathsIn(text), "|"); got != want {
			t.Errorf("pathsIn(%s) = %s, want %s", text, got, want)
		}
	}
}

// The report names who held the files, in the note of a run that went well and in
// the evidence of one that did not.
func TestLocksInReport(t *testing.T) {
	t.Parallel()
	c, err := config.Parse("setup", []string{"-lang", "en"}, func(string) string { return "" }, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := New(World{Getenv: func(string) string { return "" }}, c, "setup")
	l := lockout{repeats: 2, holders: []string{"MsMpEng.exe (process 4, service WinDefend)"}}
	r.noteLocks(l)
	if len(r.Report.Notes) != 1 || !strings.Contains(r.Report.Notes[0], "2 times") || !strings.Contains(r.Report.Notes[0], "MsMpEng.exe") {
		t.Errorf("notes %q", r.Report.Notes)
	}
	r.noteLocks(lockout{})
	failures := []report.Failure{{Class: report.FileLocked}, {Class: report.DNSFailure}}
	l.blame(failures)
	if len(failures[0].Evidence) != 1 || len(failures[1].Evidence) != 0 || len(r.Report.Notes) != 1 {
		t.Errorf("failures %+v, notes %q", failures, r.Report.Notes)
	}
}
