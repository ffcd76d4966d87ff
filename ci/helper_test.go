package ci

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata")

// cases runs f for every file of testdata/dir. The case's sections are read by
// name; those that f puts back are the expectation.
func cases(t *testing.T, dir string, f func(t *testing.T, c *testCase)) {
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in testdata/%s: %v", dir, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c := &testCase{t: t, file: file, archive: archive}
			f(t, c)
			c.finish()
		})
	}
}

type testCase struct {
	t       *testing.T
	file    string
	archive *txtar.Archive
	got     []txtar.File
}

func (c *testCase) section(name string) string {
	for _, f := range c.archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// env reads a section of NAME=value lines, with $WORK replaced.
func (c *testCase) env(name, work string) map[string]string {
	out := make(map[string]string)
	for line := range strings.Lines(c.section(name)) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok {
			c.t.Fatalf("%s: %q is not NAME=value", c.file, line)
		}
		out[key] = strings.ReplaceAll(value, "$WORK", work)
	}
	return out
}

// want notes a section that the file should have. Sections of the result start
// with "want".
func (c *testCase) want(name, got string) {
	if got != "" && !strings.HasSuffix(got, "\n") {
		got += "\n"
	}
	if got != "" {
		c.got = append(c.got, txtar.File{Name: name, Data: []byte(got)})
	}
}

func (c *testCase) finish() {
	given := &txtar.Archive{Comment: c.archive.Comment}
	for _, f := range c.archive.Files {
		if !strings.HasPrefix(f.Name, "want") {
			given.Files = append(given.Files, f)
		}
	}
	given.Files = append(given.Files, c.got...)
	got := txtar.Format(given)
	if *update {
		if err := os.WriteFile(c.file, got, 0o644); err != nil {
			c.t.Fatal(err)
		}
		return
	}
	if want := string(txtar.Format(c.archive)); string(got) != want {
		c.t.Errorf("%s: got\n%s\nwant\n%s", c.file, got, want)
	}
}

func lookupIn(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

func caseFiles(t *testing.T, dir string) []string {
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}
