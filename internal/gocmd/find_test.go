package gocmd

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// programs makes files that may be run, and returns their folder.
func programs(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func env(vars ...string) func(string) string {
	return func(name string) string { return lookup(vars, name) }
}

func TestLookPathOnWindows(t *testing.T) {
	t.Parallel()
	exe, bat, none := programs(t, "go.exe", "go"), programs(t, "go.bat"), t.TempDir()
	for _, c := range []struct {
		name, command, path, pathext, want string
	}{
		{"the first folder wins", "go", none + ";" + bat + ";" + exe, "", filepath.Join(bat, "go.bat")},
		{"quoted folder", "go", `"` + exe + `"`, "", filepath.Join(exe, "go.exe")},
		{"own PATHEXT", "go", bat + ";" + exe, ".COM;.EXE", filepath.Join(exe, "go.exe")},
		{"PATHEXT without dots", "go", exe, "exe;;", filepath.Join(exe, "go.exe")},
		{"extension given", "go.exe", exe, "", filepath.Join(exe, "go.exe")},
		{"file without an extension", "go", exe, ".bat", ""},
		{"empty and relative folders", "go", ";.;testdata", "", ""},
		{"no PATH", "go", "", "", ""},
	} {
		got, err := LookPath(c.command, env("PATH="+c.path, "PATHEXT="+c.pathext), "windows")
		if got != c.want || (c.want == "") != errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: LookPath = %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestFindNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Find(env("PATH="+dir), "linux")
	var none *NotFoundError
	if !errors.As(err, &none) || none.Path != dir || none.FailureClass() != report.Toolchain {
		t.Fatalf("Find = %v, want a *NotFoundError with PATH %q", err, dir)
	}
	if !strings.Contains(err.Error(), dir) || !strings.Contains(none.Hint(), "PATH") {
		t.Errorf("error %q with hint %q, want both to speak of PATH", err, none.Hint())
	}
	_, err = LookPath("maker", env("PATH="+dir), "linux")
	if !errors.As(err, &none) || none.FailureClass() != report.ConfigInvalid || !strings.Contains(none.Hint(), "maker") {
		t.Errorf("LookPath(maker) = %v, want a wrong setting", err)
	}
	_, err = LookPath("./maker", env("PATH="+dir), "linux")
	if !errors.As(err, &none) || strings.Contains(err.Error(), "PATH") {
		t.Errorf("LookPath(./maker) = %v, want an error that does not speak of PATH", err)
	}
}
