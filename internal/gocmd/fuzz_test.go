package gocmd

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"
)

func addSeeds(f *testing.F) {
	files, err := filepath.Glob("testdata/modules/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		_, text, _ := bytes.Cut(readSeed(f, file), []byte("-- go.mod --\n"))
		text, _, _ = bytes.Cut(text, []byte("\n-- "))
		f.Add(text)
	}
}

func FuzzModFile(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := parseModFile("go.mod", data)
		var broken *FileError
		if err != nil && (!errors.As(err, &broken) || broken.Line < 0 || broken.Line > bytes.Count(data, []byte("\n"))+1) {
			t.Fatalf("error %v is no *FileError with a line of the file", err)
		}
		if err == nil && file.Module == nil {
			t.Fatal("a file without a module directive is accepted")
		}
	})
}

func FuzzDecodeModules(f *testing.F) {
	f.Add([]byte("go: note\n{\n\t\"Path\": \"a\",\n\t\"Error\": \"x\"\n}\n{\"Path\": \"b\"}\n{cut"))
	f.Fuzz(func(t *testing.T, out []byte) {
		modules, text := decodeModules(out)
		if n := bytes.Count(out, []byte("{")); len(modules) > n {
			t.Fatalf("%d modules out of %d braces", len(modules), n)
		}
		if len(text) > len(out)+1 {
			t.Fatalf("%d bytes of text out of %d bytes", len(text), len(out))
		}
	})
}
