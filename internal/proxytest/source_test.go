package proxytest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestAnswersOfTheProtocol(t *testing.T) {
	t.Parallel()
	srv := New(t, Dir("testdata/mod"),
		Module("example.com/m@v1.3.0", "-- go.mod --\nmodule example.com/m\n-- .info --\n{\"Version\":\"v1.3.0\"}\n"),
		Module("example.com/odd@v0.0.0-20240102030405-0123456789ab", "-- .mod --\nmodule example.com/odd // served\n-- go.mod --\nmodule example.com/odd // zipped\n"),
		Module("example.com/odd@v2.0.0+incompatible", ""),
		Module("example.com/pre@v1.0.0-b", ""), Module("example.com/pre@v1.0.0-a", ""))
	for path, want := range map[string]string{
		"/example.com/m/@v/list":                                     "v1.0.0\nv1.1.0\nv1.2.0-rc.1\nv1.3.0\n",
		"/example.com/m/@latest":                                     "{\"Version\":\"v1.3.0\"}\n",
		"/example.com/dep/@latest":                                   `{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z"}`,
		"/example.com/dep/@v/v1.0.0.info":                            `{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z"}`,
		"/example.com/dep/@v/v1.0.0.mod":                             "module example.com/dep\n\ngo 1.21\n",
		"/example.com/!upper/@v/v1.0.0.mod":                          "module example.com/Upper\n\ngo 1.21\n",
		"/example.com/%21upper/@v/v1.0.0.mod":                        "module example.com/Upper\n\ngo 1.21\n",
		"/example.com/odd/@v/list":                                   "v2.0.0+incompatible\n",
		"/example.com/odd/@v/v2.0.0+incompatible.mod":                "module example.com/odd\n\ngo 1.21\n",
		"/example.com/under_score/@v/list":                           "",
		"/example.com/pre/@v/list":                                   "v1.0.0-a\nv1.0.0-b\n",
		"/example.com/pre/@latest":                                   `{"Version":"v1.0.0-b","Time":"2024-01-02T03:04:05Z"}`,
		"/example.com/odd/@v/v0.0.0-20240102030405-0123456789ab.mod": "module example.com/odd // served\n",
	} {
		if got := string(fetch(t, srv, path)); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	for _, path := range []string{
		"", "/", "/example.com/Upper/@v/v1.0.0.mod", "/example.com/no/@v/list", "/example.com/no/@latest",
		"/example.com/m/@v/v7.0.0.zip", "/example.com/m/@v/v1.0.0.exe", "/example.com/m/@v/V1.0.0.zip",
		"/example.com/m/@v/v1.0.0", "/example.com/m/@v/", "/example.com/m", "/example.com/m/@v/../../etc.mod",
	} {
		if got := see(srv.Client(), srv.URL, path, nil); !strings.HasPrefix(got, "404 not found:") {
			t.Errorf("%s: %s, want 404", path, got)
		}
	}
	req := get(t, srv, zipFile).Request
	req.Method = "POST"
	if resp, err := srv.Client().Do(req); err != nil || resp.StatusCode != 405 {
		t.Errorf("POST: %v, %v", resp, err)
	}
}

func TestBadSources(t *testing.T) {
	t.Parallel()
	file := func(name, text string) Source {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return Dir(dir)
	}
	for name, src := range map[string]Source{
		"no version":      Module("example.com/m", ""),
		"bad path":        Module("Example@v1.0.0", ""),
		"v2 without /v2":  Module("example.com/m@v2.0.0", ""),
		"no files":        Dir(t.TempDir()),
		"no folder":       Tree(filepath.Join(t.TempDir(), "no")),
		"empty tree":      Tree(t.TempDir()),
		"name of nothing": file("m.txtar", ""),
		"bad escape":      file("example.com_M_v1.0.0.txtar", ""),
		"bad comment":     file("m.txtar", "module example.com/m\n"),
	} {
		if srv, err := Start(Config{}, src); err == nil {
			t.Errorf("%s: no error", name)
			srv.Close()
		}
	}
}

func TestCRLFCheckout(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := "module example.com/m@v1.0.0\r\n-- go.mod --\r\nmodule example.com/m\r\n"
	if err := os.WriteFile(filepath.Join(dir, "m.txtar"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if got := string(fetch(t, New(t, Dir(dir)), modFile)); got != "module example.com/m\n" {
		t.Errorf("go.mod %q", got)
	}
}

// runGo runs the go command in a folder and returns what it printed.
func runGo(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// The module cache that go fills from one server is a tree for another one.
func TestTreeOfAModuleCache(t *testing.T) {
	t.Parallel()
	first := serveDir(t)
	cache := t.TempDir()
	dir := t.TempDir()
	first.WriteMain(dir, "example.com/m@v1.0.0", "example.com/dep@v1.0.0", "example.com/Upper@v1.0.0")
	runGo(t, dir, GoEnv(t, "GOPROXY="+first.URL, "GOMODCACHE="+cache), "mod", "download")

	second := New(t, Tree(filepath.Join(cache, "cache", "download")))
	runGo(t, dir, GoEnv(t, "GOPROXY="+second.URL), "mod", "download")
	if n := second.Count("*.zip"); n != 3 {
		t.Errorf("%d zips from the tree, want 3", n)
	}
	for _, id := range []string{"example.com/m@v1.0.0", "example.com/Upper@v1.0.0"} {
		if got, want := second.ZipHash(id), first.ZipHash(id); got != want {
			t.Errorf("hash of %s from the tree %s, want %s", id, got, want)
		}
	}
	if got := see(second.Client(), second.URL, "/example.com/dep/@v/v1.0.0.zip", fetch(t, first, "/example.com/dep/@v/v1.0.0.zip")); got != "200 whole" {
		t.Error(got)
	}
}

func TestGraph(t *testing.T) {
	t.Parallel()
	g := &Graph{Modules: 12, Deps: 3, ZipSize: 100, BigZip: 100_000, Seed: 1}
	srv := New(t, g)
	dir := t.TempDir()
	if err := g.WriteMain(dir); err != nil {
		t.Fatal(err)
	}
	// With its default of -mod=readonly go proves that go.mod and go.sum are complete.
	env := GoEnv(t, "GOPROXY="+srv.URL, "GOFLAGS=-modcacherw")
	runGo(t, dir, env, "mod", "download")
	runGo(t, dir, env, "list", "-deps", ".")
	if n := srv.Count("*.zip"); n != 12 {
		t.Errorf("%d zips, want 12", n)
	}
	big, small := fetch(t, srv, "/graph.example.test/m0000/@v/v1.0.0.zip"), fetch(t, srv, "/graph.example.test/m0001/@v/v1.0.0.zip")
	if len(big) < 100_000 || len(small) > 2_000 {
		t.Errorf("zips of %d and %d bytes", len(big), len(small))
	}
	again := New(t, &Graph{Modules: 12, Deps: 3, ZipSize: 100, BigZip: 100_000, Seed: 1})
	if again.GoSum() != srv.GoSum() {
		t.Error("equal graphs have other sums")
	}
	other := New(t, &Graph{Modules: 12, Deps: 3, ZipSize: 100, Seed: 2})
	if other.ZipHash("graph.example.test/Upper/m0005@v1.0.0") == srv.ZipHash("graph.example.test/Upper/m0005@v1.0.0") {
		t.Error("another seed gives the same zip")
	}
	for _, path := range []string{"/graph.example.test/m0012/@v/v1.0.0.mod", "/graph.example.test/m1/@v/v1.0.0.mod", "/graph.example.test/m0005/@v/v1.0.0.mod"} {
		if got := see(srv.Client(), srv.URL, path, nil); !strings.HasPrefix(got, "404") {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func TestGoSum(t *testing.T) {
	t.Parallel()
	srv := serveDir(t)
	const id = "example.com/dep@v1.0.0"
	want := "example.com/dep v1.0.0 " + srv.ZipHash(id) + "\nexample.com/dep v1.0.0/go.mod " + srv.ModHash(id) + "\n"
	if got := srv.GoSum(id); got != want {
		t.Errorf("GoSum(%s) = %q, want %q", id, got, want)
	}
	if n := strings.Count(srv.GoSum(), "\n"); n != 12 {
		t.Errorf("%d lines for all, want 12", n)
	}
	if all := strings.Split(srv.GoSum(), "\n"); !slices.Contains(all, strings.TrimSuffix(want[:strings.Index(want, "\n")+1], "\n")) {
		t.Error("all sums lack those of dep")
	}
	tb := &failing{TB: t}
	if got := New(tb, Dir("testdata/mod")).ZipHash("example.com/no@v1.0.0"); got != "" || len(tb.errs) != 1 {
		t.Errorf("hash of a missing module %q, errors %q", got, tb.errs)
	}
}
