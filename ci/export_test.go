package ci

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each file of testdata/export is one export: the system (system), its
// variables (env, with $WORK for the job's folder), what is exported (vars) and
// the files that exist before (before/…; a name that ends in a slash is a
// folder). A command named in fail cannot be run. The result is all that
// changed in the world.
func TestExport(t *testing.T) {
	t.Parallel()
	cases(t, "export", func(t *testing.T, c *testCase) {
		work := t.TempDir()
		c.writeBefore(work)
		s, ok := Named(strings.TrimSpace(c.section("system")))
		if !ok {
			t.Fatalf("no system is called %q", c.section("system"))
		}
		var stdout, commands bytes.Buffer
		e, err := NewExporter(s, World{
			Getenv: lookupIn(c.env("env", work)),
			Stdout: &stdout,
			GOOS:   strings.TrimSpace(c.section("goos")),
			Dir:    work,
			Exec: func(stdin []byte, command ...string) error {
				fmt.Fprintf(&commands, "%q\n%s", command, stdin)
				if fail := strings.TrimSpace(c.section("fail")); fail != "" && strings.Contains(strings.Join(command, " "), fail) {
					return errors.New("exit status 1")
				}
				return nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		exported, err := e.Export(c.vars())
		if err != nil {
			c.want("want error", describe(err, work))
		}
		var list strings.Builder
		for _, x := range exported {
			fmt.Fprintf(&list, "%s: %s\n", x.Name, x.To)
		}
		c.want("want exported", list.String())
		c.want("want stdout", stdout.String())
		c.want("want commands", commands.String())
		c.wantAfter(work)
	})
}

// describe says an error in the same words on every system.
func describe(err error, work string) string {
	text := filepath.ToSlash(strings.ReplaceAll(err.Error(), work, "$WORK"))
	var file *FileError
	if errors.As(err, &file) && errors.Is(err, fs.ErrNotExist) {
		return strings.TrimSuffix(text, file.Err.Error()) + "it does not exist"
	}
	return text
}

func (c *testCase) vars() []Var {
	var vars []Var
	for line := range strings.Lines(c.section("vars")) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		vars = append(vars, Var{name, value})
	}
	return vars
}

func (c *testCase) writeBefore(work string) {
	for _, f := range c.archive.Files {
		name, ok := strings.CutPrefix(f.Name, "before/")
		if !ok {
			continue
		}
		path := filepath.Join(work, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			c.must(os.MkdirAll(path, 0o755))
			continue
		}
		c.must(os.MkdirAll(filepath.Dir(path), 0o755))
		// ␄ at the end of a file stands for a last line without its end.
		c.must(os.WriteFile(path, bytes.TrimSuffix(f.Data, []byte("␄\n")), 0o644))
	}
}

func (c *testCase) wantAfter(work string) {
	c.must(filepath.WalkDir(work, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(work, path)
		if len(data) > 0 && !bytes.HasSuffix(data, []byte("\n")) {
			data = append(data, "␄\n"...)
		}
		c.want("want "+filepath.ToSlash(name), strings.ReplaceAll(string(data), "\r\n", "␍\n"))
		return nil
	}))
}

func (c *testCase) must(err error) {
	if err != nil {
		c.t.Fatal(err)
	}
}

func TestEverySystemHasAnExportCase(t *testing.T) {
	if *update {
		t.Skip("the files are being written")
	}
	t.Parallel()
	all := strings.Join(caseFiles(t, "export"), "")
	for _, s := range Systems {
		if s.Family != FamilyGitHub && !strings.Contains(all, "-- system --\n"+s.Name+"\n") {
			t.Errorf("no file in testdata/export exports on %s", s.Name)
		}
	}
}

func TestGitHubIsExportedElsewhere(t *testing.T) {
	t.Parallel()
	s, _ := Named("gitea")
	if e, err := NewExporter(s, World{}); err == nil {
		t.Errorf("NewExporter(gitea) = %v, want an error", e)
	}
}

func TestExportReplacesALinkInsteadOfFollowingIt(t *testing.T) {
	t.Parallel()
	work, outside := t.TempDir(), filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(outside, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(work, "goproxy.sh")); err != nil {
		t.Skip(err)
	}
	s, _ := Named("drone")
	e, err := NewExporter(s, World{Getenv: lookupIn(nil), Dir: work})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Export([]Var{{"GOPROXY", "off"}}); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(outside); string(got) != "mine" {
		t.Errorf("the file behind the link became %q", got)
	}
	if got, _ := os.ReadFile(filepath.Join(work, "goproxy.sh")); string(got) != "export GOPROXY='off'\n" {
		t.Errorf("goproxy.sh = %q", got)
	}
}

func TestExportErrorsAreTyped(t *testing.T) {
	t.Parallel()
	work := t.TempDir()
	s, _ := Named("circleci")
	e, err := NewExporter(s, World{Getenv: lookupIn(map[string]string{"BASH_ENV": work}), Dir: work})
	if err != nil {
		t.Fatal(err)
	}
	var file *FileError
	if _, err := e.Export([]Var{{"GOPROXY", "off"}}); !errors.As(err, &file) || file.Variable != "BASH_ENV" || file.Path != work {
		t.Errorf("error %v, want a *FileError for BASH_ENV", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, fs.ErrClosed }

func TestExportToBrokenStdout(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"azure", "teamcity"} {
		s, _ := Named(name)
		e, err := NewExporter(s, World{Stdout: brokenWriter{}})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := e.Export([]Var{{"GOPROXY", "off"}}); !errors.Is(err, fs.ErrClosed) || got != nil {
			t.Errorf("%s: Export = %v, %v, want the error of stdout", name, got, err)
		}
	}
}
