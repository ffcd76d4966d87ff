package machine

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestPrivateFolder(t *testing.T) {
	t.Parallel()
	dir, err := MkdirTempPrivate(t.TempDir(), "job-")
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckPrivate(dir); err != nil {
		t.Errorf("CheckPrivate of a folder that MkdirTempPrivate made: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("s"), 0o600); err != nil {
		t.Errorf("its own user cannot write there: %v", err)
	}
	if err := MkdirPrivate(dir); err == nil {
		t.Error("MkdirPrivate took a folder that was there already")
	}
	if err := CheckPrivate(filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("CheckPrivate of nothing: %v", err)
	}
}

// What somebody else could have put there is refused.
func TestNotPrivate(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	private := filepath.Join(top, "private")
	if err := MkdirPrivate(private); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(top, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{"a file": file}
	if runtime.GOOS != "windows" { // there a mode means nothing, and links need a privilege
		link, open := filepath.Join(top, "link"), filepath.Join(top, "open")
		if err := errors.Join(os.Symlink(private, link), os.Mkdir(open, 0o700), os.Chmod(open, 0o777)); err != nil {
			t.Fatal(err)
		}
		cases["a link to a private folder"], cases["a folder for all"] = link, open
		if os.Geteuid() == 0 {
			other := filepath.Join(top, "other")
			if err := errors.Join(os.Mkdir(other, 0o700), os.Chown(other, 12345, 12345)); err != nil {
				t.Fatal(err)
			}
			cases["a folder of another user"] = other
		}
	}
	for name, path := range cases {
		var not *NotPrivateError
		if err := CheckPrivate(path); !errors.As(err, &not) {
			t.Errorf("%s: CheckPrivate = %v, want a *NotPrivateError", name, err)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	vars := []Variable{{Name: "goproxy", Value: "off"}, {Name: "GOSUMDB", Absent: true}}
	if v, ok := Find(vars, "GOPROXY"); !ok || v.Value != "off" {
		t.Errorf("Find(GOPROXY) = %v, %v", v, ok)
	}
	if _, ok := Find(vars, "GOSUMDB"); ok {
		t.Error("Find found what is to be removed")
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	got := Names([]Holder{{PID: 4, Name: "MsMpEng.exe", Service: "WinDefend"}, {PID: 77, Name: "code.exe"}})
	if want := "MsMpEng.exe (process 4, service WinDefend), code.exe (process 77)"; got != want {
		t.Errorf("Names = %q, want %q", got, want)
	}
}
