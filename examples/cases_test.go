package examples

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// shownBy is a reference to a test: `package` TestName "case", the case being words
// of its source or of its files.
var shownBy = regexp.MustCompile("^`([a-z/.-]+)` (Test[A-Za-z0-9]+)(?: \"([^\"]+)\")?$")

// TestWindowsCases makes sure that the tests which docs/windows-cases.md cites are
// there, each with the case that it names.
func TestWindowsCases(t *testing.T) {
	t.Parallel()
	rows := 0
	for line := range strings.Lines(read(t, filepath.Join("..", "docs", "windows-cases.md"))) {
		cells := strings.Split(strings.ReplaceAll(strings.TrimSpace(line), `\|`, "¦"), "|")
		if len(cells) < 2 || strings.HasPrefix(cells[1], " ---") || strings.TrimSpace(cells[1]) == "guide" {
			continue
		}
		if len(cells) != 5 {
			t.Errorf("a row with %d cells: %s", len(cells)-2, line)
			continue
		}
		rows++
		for ref := range strings.SplitSeq(cells[3], ";") {
			if wrong := untested(t, strings.TrimSpace(ref)); wrong != "" {
				t.Errorf("%s: %s", strings.TrimSpace(cells[1]), wrong)
			}
		}
	}
	if rows < 60 {
		t.Errorf("docs/windows-cases.md has %d rows, want all of the guides' settings, errors and repairs", rows)
	}
}

// untested says what is not there of a reference.
func untested(t *testing.T, ref string) string {
	m := shownBy.FindStringSubmatch(ref)
	if m == nil {
		return "no reference to a test: " + ref
	}
	dir, name, words := filepath.Join("..", filepath.FromSlash(m[1])), m[2], m[3]
	defined, named := false, words == ""
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		test, data := strings.HasSuffix(path, "_test.go"), strings.Contains(path, "testdata")
		switch {
		case err != nil:
			return err
		case defined && named:
			return filepath.SkipAll
		case d.IsDir() || !test && (!data || named):
			return nil
		}
		text := read(t, path)
		defined = defined || test && strings.Contains(text, "func "+name+"(")
		named = named || data && d.Name() == words || strings.Contains(text, words)
		return nil
	})
	switch {
	case err != nil:
		return err.Error()
	case !defined:
		return m[1] + " has no " + name
	case !named:
		return name + " has no case " + words
	}
	return ""
}

// What the check looks for can be missing.
func TestUntested(t *testing.T) {
	t.Parallel()
	for ref, ok := range map[string]bool{
		"`internal/machine` TestPrivateFolder":              true,
		"`internal/machine` TestNothing":                    false,
		"`internal/setup` TestPastLocks \"never let go\"":   true,
		"`internal/setup` TestPastLocks \"as nobody says\"": false,
		"`internal/nothing` TestPrivateFolder":              false,
		"internal/machine":                                  false,
	} {
		if got := untested(t, ref); (got == "") != ok {
			t.Errorf("untested(%s) = %q", ref, got)
		}
	}
}
