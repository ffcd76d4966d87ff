//go:build unix

package ci

import (
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func appendToFullDisk(path string) {
	signal.Ignore(syscall.SIGXFSZ)
	if _, err := AppendFile(path, bytes.Repeat([]byte("x"), 4096)); err != nil {
		os.Stderr.WriteString(err.Error())
		os.Exit(3)
	}
	os.Exit(0)
}

func TestAppendFileToAFullDisk(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "file")
	before := strings.Repeat("A=1\n", 100)
	writeFile(t, path, before)
	cmd := exec.Command("sh", "-c", `ulimit -f 1; exec "$0"`, program) // 512 bytes
	cmd.Env = append(os.Environ(), appendFull+"="+path)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 3 {
		t.Fatalf("the append ended with %v, want an error:\n%s", err, out)
	}
	if got := readFile(t, path); got != before {
		t.Errorf("the file has %d bytes, want the %d of before", len(got), len(before))
	}
}

func TestAppendFileDoesNotWaitForAPipe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	if _, err := AppendFile(path, []byte("A=1\n")); err == nil {
		t.Error("AppendFile wrote to a pipe that nobody reads")
	}
}
