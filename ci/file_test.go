package ci

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAppendFile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		before, want string
	}{
		{"empty file", "", "NEW=1\n"},
		{"whole lines", "A=1\n", "A=1\nNEW=1\n"},
		{"last line without its end", "A=1", "A=1\nNEW=1\n"},
		{"CRLF", "A=1\r\n", "A=1\r\nNEW=1\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "file")
			writeFile(t, path, test.before)
			undo, err := AppendFile(path, []byte("NEW=1\n"))
			if err != nil {
				t.Fatal(err)
			}
			if got := readFile(t, path); got != test.want {
				t.Errorf("the file is %q, want %q", got, test.want)
			}
			undo()
			if got := readFile(t, path); got != test.before {
				t.Errorf("after undo the file is %q, want %q", got, test.before)
			}
		})
	}
}

func TestAppendFileMakesAMissingFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	undo, err := AppendFile(path, []byte("A=1\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := readFile(t, path); got != "A=1\n" {
		t.Errorf("the file is %q", got)
	}
	undo()
	if _, err := os.Stat(path); err == nil {
		t.Error("after undo the file is still there")
	}
}

func TestAppendFileRefusesWhatIsNoFile(t *testing.T) {
	t.Parallel()
	if _, err := AppendFile(t.TempDir(), []byte("A=1\n")); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("AppendFile to a folder = %v", err)
	}
}

// What Windows PowerShell 5.1 wrote by > or >> is left alone.
func TestAppendFileRefusesUTF16(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"\xff\xfeA\x00=\x001\x00", "\xfe\xff\x00A", "A=1\nB\x00=\x002\x00\r\x00\n\x00"} {
		path := filepath.Join(t.TempDir(), "file")
		writeFile(t, path, text)
		if _, err := AppendFile(path, []byte("NEW=1\n")); !errors.Is(err, ErrUTF16) {
			t.Errorf("AppendFile to %q = %v, want ErrUTF16", text, err)
		}
		if got := readFile(t, path); got != text {
			t.Errorf("the file is now %q", got)
		}
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
