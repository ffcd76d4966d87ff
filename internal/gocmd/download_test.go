package gocmd

import (
	"bytes"
	"context"
	"errors"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"

	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
)

// Each file of testdata/download is a job. What the go command asks a module
// proxy for must be what NeedsOf foretold: exactly, or among other things where
// it says that it does not know.
func TestDownloadAsksForNeeds(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/download/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			proxy := proxytest.New(t, proxytest.Dir("testdata/mod"))
			a := readArchive(t, file)
			root := a.write(t)
			dir, env := job(a.comment, root)
			g := testGo(t, append([]string{"GOPROXY=" + proxy.URL}, env...)...).In(dir)
			if _, ok := a.data["go.sum"]; !ok {
				tidy(t, g, root)
			}
			settings, err := g.Settings(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			modules, err := Modules(dir, settings)
			if err != nil {
				t.Fatal(err)
			}
			needs, _, err := NeedsOf(modules...)
			if err != nil {
				t.Fatal(err)
			}
			proxy.Forget()
			downloadAll(t, g.With("GOMODCACHE="+t.TempDir()), modules)
			compareNeeds(t, needs, proxy.Paths())
		})
	}
}

// tidy writes go.sum files as go mod tidy does, into a cache of its own.
func tidy(t *testing.T, g Go, root string) {
	t.Helper()
	found, err := find(root)
	if err != nil {
		t.Fatal(err)
	}
	g = g.With("GOMODCACHE="+t.TempDir(), "GOFLAGS=-modcacherw -mod=mod", "GOWORK=off")
	for _, dir := range found.mods {
		if _, err := g.In(dir).output(t.Context(), "mod", "tidy"); err != nil {
			t.Fatal(err)
		}
	}
}

func downloadAll(t *testing.T, g Go, modules []Module) {
	t.Helper()
	for _, m := range Units(modules) {
		r, err := Download(t.Context(), g, m, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.ExitCode != 0 || len(r.Failed()) > 0 {
			t.Fatalf("Download in %s: exit code %d, failed %v, stderr:\n%s", m.Dir, r.ExitCode, r.Failed(), r.Stderr)
		}
	}
}

func compareNeeds(t *testing.T, needs Needs, paths []string) {
	t.Helper()
	var foretold []string
	for ext, items := range map[string][]Item{".mod": needs.Mods, ".info": needs.Infos, ".zip": needs.Zips} {
		for _, i := range items {
			foretold = append(foretold, proxyPath(t, i.Version)+ext)
		}
	}
	for _, p := range paths {
		if !slices.Contains(foretold, p) {
			t.Errorf("go asked for %s, which was not foretold", p)
		}
	}
	for _, p := range foretold {
		if !slices.Contains(paths, p) && (needs.Exact || path.Ext(p) == ".mod") {
			t.Errorf("%s was foretold, and go did not ask for it", p)
		}
	}
}

func proxyPath(t *testing.T, v module.Version) string {
	t.Helper()
	p, err := module.EscapePath(v.Path)
	if err != nil {
		t.Fatal(err)
	}
	version, err := module.EscapeVersion(v.Version)
	if err != nil {
		t.Fatal(err)
	}
	return p + "/@v/" + version
}

// oneModule is a job that requires a module whose zip has the given h1.
func oneModule(t *testing.T, h1 string) Module {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "go.mod"), "module example.com/m\n\ngo 1.25.0\n\nrequire (\n\texample.com/b v1.1.0\n\texample.com/c v1.1.0\n)\n")
	if h1 != "" {
		writeFile(t, filepath.Join(dir, "go.sum"), "example.com/b v1.1.0 "+h1+"\n")
	}
	modules, err := Modules(dir, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return modules[0]
}

func TestDownloadResult(t *testing.T) {
	t.Parallel()
	proxy := proxytest.New(t, proxytest.Dir("testdata/mod"))
	g := testGo(t, "GOPROXY="+proxy.URL)
	var teed bytes.Buffer
	r, err := Download(t.Context(), g, oneModule(t, ""), Options{Trace: true, Stderr: &teed})
	if err != nil {
		t.Fatal(err)
	}
	if r.ExitCode != 0 || len(r.Modules) != 2 || len(r.Failed()) != 0 || r.Duration <= 0 {
		t.Errorf("Download = %+v, want two modules without a failure", r)
	}
	b := r.Modules[0]
	if b.Path != "example.com/b" || b.Version != "v1.1.0" || !strings.HasPrefix(b.Sum, "h1:") || !isFile(b.Zip) || !isDir(b.Dir) {
		t.Errorf("first module = %+v, want that of go.mod with its files", b)
	}
	if want := "# get " + proxy.URL + "/example.com/b/@v/v1.1.0.zip"; !strings.Contains(r.Stderr, want) || teed.String() != r.Stderr {
		t.Errorf("Stderr = %q, teed = %q, want both to hold %q", r.Stderr, &teed, want)
	}
}

// What a wrapper of go prints on the wrong stream is kept as well.
func TestDownloadTextAmongJSON(t *testing.T) {
	t.Parallel()
	g := printingGo(t, "wrapper: note\n{\"Path\": \"example.com/a\"}\n")
	r, err := Download(t.Context(), g, oneModule(t, ""), Options{})
	if err != nil || len(r.Modules) != 1 || r.Stderr != "wrapper: note\n" {
		t.Errorf("Download = %+v, %v, want one module and the note", r, err)
	}
}

func TestDownloadNamedModule(t *testing.T) {
	t.Parallel()
	proxy := proxytest.New(t, proxytest.Dir("testdata/mod"))
	g := testGo(t, "GOPROXY="+proxy.URL)
	r, err := Download(t.Context(), g, oneModule(t, ""), Options{Args: []string{"example.com/a@v1.0.0"}})
	if err != nil || r.ExitCode != 0 || len(r.Modules) != 1 || r.Modules[0].Path != "example.com/a" {
		t.Errorf("Download = %+v, %v, want just the named module", r, err)
	}
}

// The failures of one module leave the others as they are.
func TestDownloadFailedModule(t *testing.T) {
	t.Parallel()
	proxy := proxytest.New(t, proxytest.Dir("testdata/mod"))
	g := testGo(t, "GOPROXY="+proxy.URL+"/503@zip")
	r, err := Download(t.Context(), g, oneModule(t, ""), Options{})
	if err != nil || r.ExitCode != 1 || len(r.Modules) != 2 || len(r.Failed()) != 2 {
		t.Fatalf("Download = %+v, %v, want two failed modules and exit code 1", r, err)
	}
	if got := r.Failed()[0].Error; !strings.Contains(got, "503 Service Unavailable") {
		t.Errorf("Error = %q, want the status", got)
	}
}

// Some failures end the go command before it prints any module.
func TestDownloadFailsAsWhole(t *testing.T) {
	t.Parallel()
	proxy := proxytest.New(t, proxytest.Dir("testdata/mod"))
	broken := oneModule(t, "")
	writeFile(t, filepath.Join(broken.Dir, "go.mod"), "module example.com/m\n\nrequire example.com/b\n")
	for _, c := range []struct {
		name, goproxy, stderr string
		module                Module
	}{
		{"module graph cannot be had", "/404", "404 Not Found", oneModule(t, "")},
		{"checksum mismatch", "", "SECURITY ERROR", oneModule(t, "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")},
		{"broken go.mod", "", "go.mod:3", broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := Download(t.Context(), testGo(t, "GOPROXY="+proxy.URL+c.goproxy), c.module, Options{})
			if err != nil || r.ExitCode != 1 || !strings.Contains(r.Stderr, c.stderr) {
				t.Errorf("Download = %+v, %v, want exit code 1 and %q", r, err, c.stderr)
			}
		})
	}
}

// A module proxy that takes the request and says nothing hangs go for ever.
func TestDownloadCancelled(t *testing.T) {
	t.Parallel()
	proxy := proxytest.New(t, proxytest.Dir("testdata/mod"))
	g, m := testGo(t, "GOPROXY="+proxy.URL+"/hang@zip"), oneModule(t, "")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		proxy.Wait("*.zip", 1)
		cancel(errEnough)
	}()
	r, err := Download(ctx, g, m, Options{})
	if !errors.Is(err, errEnough) || r.ExitCode == 0 {
		t.Errorf("Download = %+v, %v, want the cause of the end", r, err)
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	var dirs []string
	for _, m := range Units([]Module{{Dir: "a", Work: "w"}, {Dir: "b", Work: "w"}, {Dir: "c"}, {Dir: "d"}, {Dir: "e", Work: "v"}}) {
		dirs = append(dirs, m.Dir)
	}
	if want := []string{"a", "c", "d", "e"}; !slices.Equal(dirs, want) {
		t.Errorf("Units = %q, want %q", dirs, want)
	}
}

func TestDecodeModules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, modules, text string }{
		{"nothing", "", "", ""},
		{"two", "{\n\t\"Path\": \"a\"\n}\n{\n\t\"Path\": \"b\"\n}\n", "a b", ""},
		{"carriage returns", "{\r\n\t\"Path\": \"a\"\r\n}\r\n{\"Path\": \"b\"}\r\n", "a b", ""},
		{"text between", "go: note\n{\"Path\": \"a\"}\nwarning\n{\"Path\": \"b\"}", "a b", "go: note\nwarning\n"},
		{"cut by a kill", "{\"Path\": \"a\"}\n{\n\t\"Path\": \"b", "a", "{\n\t\"Path\": \"b\n"},
		{"unknown fields", "{\"Path\": \"a\", \"Origin\": {\"VCS\": \"git\"}, \"New\": [1]}\n", "a", ""},
		{"error of several lines", "{\"Path\": \"a\", \"Error\": \"x:\\n\\ty\"}\n", "a", ""},
		{"brace that is no object", "{oops\n{\"Path\": \"a\"}\n", "a", "{oops\n"},
	} {
		modules, text := decodeModules([]byte(c.in))
		var paths []string
		for _, m := range modules {
			paths = append(paths, m.Path)
		}
		if got := strings.Join(paths, " "); got != c.modules || string(text) != c.text {
			t.Errorf("%s: decodeModules = %q, %q, want %q, %q", c.name, got, text, c.modules, c.text)
		}
	}
}
