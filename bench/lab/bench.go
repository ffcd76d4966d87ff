package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// A Bench is a folder for one run of a benchmark and the program under test.
type Bench struct {
	Dir  string // removed by Close; in memory where the system has /dev/shm
	Tool string // goproxy-setup
	n    int    // folders made
}

// NewBench builds goproxy-setup unless a program is given.
func NewBench(ctx context.Context, tool string) (b *Bench, err error) {
	if tool != "" {
		if tool, err = filepath.Abs(tool); err != nil { // it runs in other folders
			return nil, err
		}
	}
	b = &Bench{Tool: tool}
	if b.Dir, err = os.MkdirTemp(inMemory(), "goproxy-setup-bench-"); err != nil {
		return nil, err
	}
	if err = b.quiet(); err == nil && tool == "" {
		b.Tool = filepath.Join(b.Dir, "goproxy-setup")
		err = run(exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", b.Tool, "github.com/goproxy-setup/goproxy-setup/cmd/goproxy-setup"))
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// Close removes the folder.
func (b *Bench) Close() error { return os.RemoveAll(b.Dir) }

// Folder makes a new empty folder.
func (b *Bench) Folder(name string) (string, error) {
	b.n++
	dir := filepath.Join(b.Dir, name+strconv.Itoa(b.n))
	return dir, os.MkdirAll(dir, 0o700)
}

// Env is the environment of a measured command: nothing of this machine but
// PATH, no toolchain switch, and caches below the folder. Later values win.
func (b *Bench) Env(kv ...string) []string {
	home := filepath.Join(b.Dir, "home")
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + filepath.Join(b.Dir, "tmp"),
		"GOPATH=" + filepath.Join(home, "go"), "GOCACHE=" + filepath.Join(home, "cache"),
		"GOENV=off", "GOTOOLCHAIN=local", "GOFLAGS=-modcacherw", "GOMAXPROCS=4",
	}, kv...)
}

// Temp is the folder for temporary files of measured commands.
func (b *Bench) Temp() string { return filepath.Join(b.Dir, "tmp") }

// quiet makes the folders of Env and switches telemetry off, which would
// leave a process behind.
func (b *Bench) quiet() error {
	telemetry := filepath.Join(b.Dir, "home", ".config", "go", "telemetry")
	for _, dir := range []string{telemetry, b.Temp()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(telemetry, "mode"), []byte("off"), 0o600)
}

// inMemory is a folder that no disk slows down, or empty for the usual one.
func inMemory() string {
	const shm = "/dev/shm"
	if s, err := os.Stat(shm); err == nil && s.IsDir() {
		return shm
	}
	return ""
}

// run runs a command of the benchmark itself; its output is in the error.
func run(c *exec.Cmd) error {
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", c.Args, err, out)
	}
	return nil
}
