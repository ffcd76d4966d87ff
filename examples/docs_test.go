package examples

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/golden"
)

var (
	section = regexp.MustCompile(`(?m)^## (.*)$`)
	facts   = regexp.MustCompile(`(?s)<!-- facts (\S+) -->\n(.*?)<!-- /facts -->`)
	example = regexp.MustCompile(`(?s)<!-- example (\S+) -->\n(.*?)<!-- /example -->`)
)

// TestDocs compares docs/ci.md with the table of systems and the files of the
// examples; -update writes both into it.
func TestDocs(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "docs", "ci.md")
	old := read(t, file)
	text := facts.ReplaceAllStringFunc(old, func(block string) string {
		name := facts.FindStringSubmatch(block)[1]
		row, ok := ci.Named(name)
		if !ok {
			t.Fatalf("docs/ci.md: ci.Systems has no row %s", name)
		}
		return fmt.Sprintf("<!-- facts %s -->\n%s<!-- /facts -->", name, factsOf(row))
	})
	text = example.ReplaceAllStringFunc(text, func(block string) string {
		name := example.FindStringSubmatch(block)[1]
		body := read(t, filepath.Join("..", filepath.FromSlash(name)))
		return fmt.Sprintf("<!-- example %s -->\n[%s](../%s)\n\n```%s\n%s```\n<!-- /example -->", name, name, name, language(name), body)
	})
	if golden.Update() {
		write(t, file, text)
	} else if text != old {
		t.Error("docs/ci.md differs from ci.Systems or the examples; go test ./examples -update rewrites it, read the difference")
	}
}

func factsOf(s ci.System) string {
	load, shown := s.Load, "nothing but the log"
	if load == "" {
		load = "nothing"
	}
	if len(s.Reports) > 0 {
		shown = strings.Join(s.Reports, ", ")
	}
	out := "- A job adds for later steps: " + load + "\n- Reports it can show: " + shown + "\n"
	if s.Doc != "" {
		out += "- Known by: " + known(s) + " ([its variables](" + s.Doc + "))\n"
	}
	return out
}

func known(s ci.System) string {
	var out []string
	for _, alternative := range s.Detect {
		out = append(out, "`"+alternative+"`")
	}
	if s.Path != "" {
		out = append(out, "`"+s.Path+"`")
	}
	return strings.Join(out, " or ")
}

var languages = map[string]string{".yml": "yaml", ".yaml": "yaml", ".kts": "kotlin", ".sh": "sh", ".ps1": "powershell", ".cmd": "bat"}

func language(name string) string {
	base := path.Base(name)
	switch {
	case strings.HasSuffix(base, "Jenkinsfile"):
		return "groovy"
	case strings.HasSuffix(base, "Dockerfile"):
		return "dockerfile"
	}
	return languages[path.Ext(base)]
}

// Every system has a section of its name with facts, limits and an example.
func TestEverySystemIsDocumented(t *testing.T) {
	t.Parallel()
	text := read(t, filepath.Join("..", "docs", "ci.md"))
	sections := map[string]string{}
	starts := section.FindAllStringSubmatchIndex(text, -1)
	for i, m := range starts {
		end := len(text)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		sections[text[m[2]:m[3]]] = text[m[1]:end]
	}
	for _, s := range ci.Systems {
		body := sections[s.Title]
		for _, want := range []string{"<!-- facts " + s.Name + " -->", "**Limits.**"} {
			if !strings.Contains(body, want) {
				t.Errorf("section %q has no %q", s.Title, want)
			}
		}
		if s.Name == "act" { // runs those of GitHub
			continue
		}
		if !strings.Contains(body, "<!-- example examples/"+s.Name+"/") {
			t.Errorf("section %q has no example of examples/%s", s.Title, s.Name)
		}
		for _, format := range s.Reports {
			// The program shows annotations by itself, and the action all that GitHub shows.
			if s.Family != ci.FamilyGitHub && s.Family != ci.FamilyShell && format != "annotations" && !writesReport(t, s.Name, format) {
				t.Errorf("no example of examples/%s writes the report %s, which %s shows", s.Name, format, s.Title)
			}
		}
	}
}

func writesReport(t *testing.T, system, format string) bool {
	asks := regexp.MustCompile(`(?i)report[ :,('"].*\b` + format + `\b`)
	found := false
	err := filepath.WalkDir(system, func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = found || asks.MatchString(read(t, name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A file that no section shows or links to is one that nobody finds.
func TestEveryExampleIsDocumented(t *testing.T) {
	t.Parallel()
	text := read(t, filepath.Join("..", "docs", "ci.md"))
	folders, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		files, err := os.ReadDir(folder.Name())
		if err != nil {
			t.Fatal(err)
		}
		whole := strings.Contains(text, "(../examples/"+folder.Name()+")")
		for _, f := range files {
			name := "examples/" + folder.Name() + "/" + f.Name()
			if !f.IsDir() && !whole && !strings.Contains(text, "<!-- example "+name+" -->") {
				t.Errorf("docs/ci.md does not show %s", name)
			}
		}
	}
}
