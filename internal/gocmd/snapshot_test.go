package gocmd

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestSnapshot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	work := filepath.Join(dir, "go.work")
	modules := []Module{{Dir: filepath.Join(dir, "a"), Work: work}, {Dir: filepath.Join(dir, "b"), Work: work}}
	mod, sum := filepath.Join(dir, "a", "go.mod"), filepath.Join(dir, "a", "go.sum")
	empty, workSum := filepath.Join(dir, "b", "go.sum"), work+".sum"
	before := map[string]string{
		work:                              "go 1.25.0\r\n",
		mod:                               "module example.com/a // no newline at the end",
		sum:                               "one\n",
		filepath.Join(dir, "b", "go.mod"): "module example.com/b\n",
		empty:                             "",
	}
	for path, data := range before {
		writeFile(t, path, data)
	}
	s, err := TakeSnapshot(modules)
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := s.Changed(); err != nil || len(changed) != 0 {
		t.Fatalf("Changed = %q, %v before anything did", changed, err)
	}

	writeFile(t, mod, "module example.com/a\n")
	writeFile(t, workSum, "new\n")
	for _, path := range []string{sum, empty} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{mod, sum, empty, workSum}
	slices.Sort(want)
	if changed, err := s.Changed(); err != nil || !slices.Equal(changed, want) {
		t.Errorf("Changed = %q, %v, want %q", changed, err, want)
	}

	if err := s.Restore(); err != nil {
		t.Fatal(err)
	}
	for path, data := range before {
		if got := readFile(t, path); got != data {
			t.Errorf("after Restore %s holds %q, want %q", path, got, data)
		}
	}
	if isFile(workSum) {
		t.Error("after Restore there is a go.work.sum that was not there before")
	}
}

// A file that cannot be restored does not keep the others from it.
func TestRestoreGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	modules := []Module{{Dir: filepath.Join(dir, "a")}, {Dir: filepath.Join(dir, "b")}}
	for _, m := range modules {
		writeFile(t, filepath.Join(m.Dir, "go.mod"), "module example.com/m\n")
	}
	s, err := TakeSnapshot(modules)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(modules[0].Dir); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(modules[1].Dir, "go.mod"), "changed\n")
	if err := s.Restore(); err == nil {
		t.Error("Restore into a folder that is gone: no error")
	}
	if got := readFile(t, filepath.Join(modules[1].Dir, "go.mod")); got != "module example.com/m\n" {
		t.Errorf("the other file holds %q", got)
	}
}
