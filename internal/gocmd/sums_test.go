package gocmd

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestReadSums(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := filepath.Join(dir, "go.sum"), filepath.Join(dir, "go.work.sum")
	writeFile(t, one, "example.com/a v1.0.0 h1:x=\nexample.com/a v1.0.0/go.mod h1:m=\r\n")
	writeFile(t, two, "example.com/a v1.0.0 h1:y=\nexample.com/a v1.0.0 h1:x=\n\n \texample.com/b  v1.0.0\th1:z=  \n")
	sums, err := ReadSums(one, filepath.Join(dir, "none.sum"), two)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		got, want []string
	}{
		{"zip with two hashes", sums.Zip("example.com/a", "v1.0.0"), []string{"h1:x=", "h1:y="}},
		{"go.mod", sums.Mod("example.com/a", "v1.0.0"), []string{"h1:m="}},
		{"odd blanks", sums.Zip("example.com/b", "v1.0.0"), []string{"h1:z="}},
		{"no line", sums.Mod("example.com/b", "v1.0.0"), nil},
		{"zero value", Sums{}.Zip("example.com/a", "v1.0.0"), nil},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestReadSumsOfFolder(t *testing.T) {
	t.Parallel()
	if _, err := ReadSums(t.TempDir()); err == nil {
		t.Error("ReadSums of a folder: no error")
	}
}

func FuzzSums(f *testing.F) {
	files, _ := filepath.Glob("testdata/modules/*.txtar")
	for _, file := range files {
		f.Add(string(readSeed(f, file)))
	}
	f.Add("a v1 h1:x\na v1 h1:y\na v1/go.mod h1:x")
	f.Fuzz(func(t *testing.T, text string) {
		var s Sums
		s.add(text)
		if len(s.order) != len(s.hashes) {
			t.Fatalf("%d keys in order, %d in the map", len(s.order), len(s.hashes))
		}
		if len(s.zips())+len(s.mods()) != len(s.order) {
			t.Fatal("zips and mods are not all")
		}
		lines := strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n")
		for key, hashes := range s.hashes {
			for _, h := range hashes {
				if !slices.ContainsFunc(lines, func(line string) bool {
					return slices.Equal(strings.Fields(line), []string{key.Path, key.Version, h})
				}) {
					t.Fatalf("%s %s is in no line", key, h)
				}
			}
		}
		var again Sums
		again.add(text + "\n" + text)
		if len(again.order) != len(s.order) {
			t.Fatal("reading a file twice makes a difference")
		}
	})
}
