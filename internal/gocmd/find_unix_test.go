//go:build unix

package gocmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLookPathOnUnix(t *testing.T) {
	t.Parallel()
	real := programs(t, "go")
	plain, folder := t.TempDir(), t.TempDir()
	writeFile(t, filepath.Join(plain, "go"), "may not be run")
	if err := os.Mkdir(filepath.Join(folder, "go"), 0o777); err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(real, "go")
	path := strings.Join([]string{"", ".", plain, folder, "/none", real}, ":")
	if got, err := LookPath("go", env("PATH="+path), "linux"); got != want || err != nil {
		t.Errorf("LookPath(go) = %q, %v, want %q", got, err, want)
	}
	if got, err := LookPath(want, env(), "linux"); got != want || err != nil {
		t.Errorf("LookPath(%s) = %q, %v, want it as it is", want, got, err)
	}
	if got, err := LookPath(filepath.Join(plain, "go"), env("PATH="+real), "linux"); err == nil {
		t.Errorf("LookPath of a file that may not be run = %q", got)
	}
}
