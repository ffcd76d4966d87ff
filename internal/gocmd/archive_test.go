package gocmd

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An archive is a text file in the txtar format: a comment, then files that each
// begin with a line "-- name --". The word CRLF in the comment gives all of them
// the line ends of Windows.
type archive struct {
	path    string
	comment string
	names   []string
	data    map[string][]byte
}

func readArchive(t *testing.T, path string) archive {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a := archive{path: path, data: map[string][]byte{}}
	name := ""
	for line := range bytes.Lines(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))) {
		next, ok := strings.CutPrefix(strings.TrimSuffix(string(line), "\n"), "-- ")
		if ok && strings.HasSuffix(next, " --") {
			name = strings.TrimSuffix(next, " --")
			a.names = append(a.names, name)
			a.data[name] = nil
			continue
		}
		if name == "" {
			a.comment += string(line)
			continue
		}
		a.data[name] = append(a.data[name], line...)
	}
	return a
}

// write puts the files into a new folder, all but want.
func (a archive) write(t *testing.T) (dir string) {
	t.Helper()
	// The folder is compared with what the go command prints.
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range a.names {
		if name == "want" {
			continue
		}
		data := a.data[name]
		if strings.Contains(a.comment, "CRLF") {
			data = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
		}
		writeFile(t, filepath.Join(dir, filepath.FromSlash(name)), string(data))
	}
	return dir
}

// check compares what a test found with the file called want, or rewrites that.
func (a archive) check(t *testing.T, got string) {
	t.Helper()
	want := string(a.data["want"])
	if got == want {
		return
	}
	if !*update {
		t.Errorf("%s: got\n%s\nwant\n%s", a.path, got, want)
		return
	}
	data, err := os.ReadFile(a.path)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(data), "-- want --\n")
	writeFile(t, a.path, head+"-- want --\n"+got)
}

func writeFile(t *testing.T, path, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o666); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
