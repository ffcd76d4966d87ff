package gocmd

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// A NotFoundError says that a command is in none of the folders of PATH, or that
// the file it names is no program.
type NotFoundError struct {
	Name string
	Path string // the PATH that was searched; empty for a name with a folder in it
}

func (e *NotFoundError) Error() string {
	if strings.ContainsAny(e.Name, `/\`) {
		return fmt.Sprintf("look up %s: no such program", e.Name)
	}
	return fmt.Sprintf("look up %s: not found in PATH %s", e.Name, cmp.Or(e.Path, "(which is empty)"))
}

// Is makes errors.Is(err, fs.ErrNotExist) true.
func (e *NotFoundError) Is(target error) bool { return target == fs.ErrNotExist }

// FailureClass is toolchain for the go command, a wrong setting for any other.
func (e *NotFoundError) FailureClass() report.Class {
	if e.Name == "go" {
		return report.Toolchain
	}
	return report.ConfigInvalid
}

// Hint says what to do next.
func (e *NotFoundError) Hint() string {
	if e.Name == "go" {
		return "install Go before this step (actions/setup-go, or a golang image), or add the bin folder of GOROOT to PATH"
	}
	return fmt.Sprintf("install %s before this step, or give its full path", e.Name)
}

// Find looks the go command up in PATH. Dir and Env are left to the caller.
func Find(getenv func(string) string, goos string) (Go, error) {
	path, err := LookPath("go", getenv, goos)
	if err != nil {
		return Go{}, err
	}
	return Go{Path: path}, nil
}

// LookPath returns the absolute path of the command called name, looked up as
// the operating system goos would in the given environment. A name with a
// folder in it is taken as it is. Entries of PATH that are empty or relative are
// passed over, as is the working directory on Windows: what a checkout brings
// along is not a command of the machine (compare os/exec.ErrDot).
func LookPath(name string, getenv func(string) string, goos string) (string, error) {
	exts := extensions(name, getenv, goos)
	if strings.ContainsAny(name, separators(goos)) {
		if file, ok := executable(name, exts, goos); ok {
			return filepath.Abs(file)
		}
		return "", &NotFoundError{Name: name}
	}
	path := getenv("PATH")
	for _, dir := range splitList(path, goos) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if file, ok := executable(filepath.Join(dir, name), exts, goos); ok {
			return file, nil
		}
	}
	return "", &NotFoundError{Name: name, Path: path}
}

// executable finds the file that base names, with one of the extensions.
func executable(base string, exts []string, goos string) (string, bool) {
	for _, ext := range exts {
		info, err := os.Stat(base + ext)
		if err != nil || info.IsDir() {
			continue
		}
		if goos == "windows" || info.Mode()&0o111 != 0 {
			return base + ext, true
		}
	}
	return "", false
}

// extensions lists what may be missing at the end of name.
func extensions(name string, getenv func(string) string, goos string) []string {
	if goos != "windows" {
		return []string{""}
	}
	pathext := getenv("PATHEXT")
	if pathext == "" {
		pathext = ".com;.exe;.bat;.cmd" // the default of os/exec
	}
	var exts []string
	for _, ext := range strings.Split(strings.ToLower(pathext), ";") {
		if ext == "" {
			continue
		}
		if !strings.HasPrefix(ext, ".") {
			ext = "." + ext
		}
		if strings.HasSuffix(strings.ToLower(name), ext) {
			return []string{""}
		}
		exts = append(exts, ext)
	}
	return exts
}

func separators(goos string) string {
	if goos == "windows" {
		return `/\:`
	}
	return "/"
}

// splitList splits a PATH. Windows allows quotes around an entry.
func splitList(path, goos string) []string {
	if goos != "windows" {
		return strings.Split(path, ":")
	}
	dirs := strings.Split(path, ";")
	for i, dir := range dirs {
		dirs[i] = strings.Trim(dir, `"`)
	}
	return dirs
}
