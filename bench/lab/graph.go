package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"

	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
)

// A Graph is a main module and a tree, in the layout of the GOPROXY protocol,
// that has all it needs.
type Graph struct {
	Name string
	Main string // folder of go.mod and go.sum
	Tree string
	Zips int // that go mod download asks for
}

// Real graphs by name; they are modules with a complete go.sum.
var graphs = map[string]string{
	"small":  "github.com/gin-gonic/gin@v1.12.0",
	"medium": "helm.sh/helm/v3@v3.18.6",
	"large":  "github.com/goreleaser/goreleaser/v2@v2.11.0",
}

// Made-up graphs by name. The first is as heavy as medium, but with one file in
// each zip, so that it costs less CPU.
func madeUp(name string) *proxytest.Graph {
	switch name {
	case "synthetic":
		return &proxytest.Graph{Modules: 175, Deps: 3, ZipSize: 400_000, BigZip: 40_000_000, Seed: 1}
	case "tiny":
		return &proxytest.Graph{Modules: 12, Deps: 2, ZipSize: 40_000, BigZip: 400_000, Seed: 1}
	}
	return nil
}

// LoadGraph returns a graph by name. It is made on first use, below cache: real
// ones through the GOPROXY that this machine has.
func LoadGraph(ctx context.Context, cache, name string) (g Graph, err error) {
	g = Graph{Name: name, Main: filepath.Join(cache, name, "main"), Tree: filepath.Join(cache, name, "mod", "cache", "download")}
	done := filepath.Join(cache, name, "complete")
	if _, err := os.Stat(done); errors.Is(err, fs.ErrNotExist) {
		if err := g.make(ctx); err != nil {
			return g, fmt.Errorf("graph %s: %w", name, err)
		}
		if err := os.WriteFile(done, nil, 0o600); err != nil {
			return g, err
		}
	}
	paths, err := g.Paths()
	for _, p := range paths {
		if strings.HasSuffix(p, ".zip") {
			g.Zips++
		}
	}
	return g, err
}

// DefaultCache is where graphs are kept when nobody says otherwise.
func DefaultCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "goproxy-setup-bench")
}

func (g Graph) make(ctx context.Context) error {
	for _, dir := range []string{g.Main, g.Tree} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if m := madeUp(g.Name); m != nil {
		return errors.Join(m.WriteMain(g.Main), writeTree(m, g.Tree))
	}
	id, ok := graphs[g.Name]
	if !ok {
		return errors.New("no such graph: tiny, synthetic, small, medium, large")
	}
	if err := copyMain(ctx, id, g.Main); err != nil {
		return err
	}
	// The one-liner asks for more .info and .mod files than go mod download.
	for _, args := range [][]string{{"mod", "download"}, {"list", "-m", "all"}} {
		if err := run(g.goCommand(ctx, args...)); err != nil {
			return err
		}
	}
	return nil
}

func (g Graph) goCommand(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, "go", args...)
	c.Dir = g.Main
	c.Env = append(os.Environ(), "GOMODCACHE="+filepath.Dir(filepath.Dir(g.Tree)), "GOTOOLCHAIN=local", "GOFLAGS=-modcacherw", "GOWORK=off")
	return c
}

// copyMain gets go.mod and go.sum of a module.
func copyMain(ctx context.Context, id, dir string) error {
	c := exec.CommandContext(ctx, "go", "mod", "download", "-json", id)
	c.Dir, c.Env = os.TempDir(), append(os.Environ(), "GO111MODULE=on", "GOWORK=off", "GOTOOLCHAIN=local")
	out, err := c.Output()
	if err != nil {
		return fmt.Errorf("%v: %w\n%s", c.Args, err, out)
	}
	var m struct{ Dir string }
	if err := json.Unmarshal(out, &m); err != nil {
		return err
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(m.Dir, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// writeTree writes what a source holds to disk.
func writeTree(s proxytest.Source, dir string) error {
	list, err := s.Versions()
	if err != nil {
		return err
	}
	for _, m := range list {
		for _, ext := range []string{"info", "mod", "zip"} {
			if err := writeFile(s, m, ext, dir); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeFile(s proxytest.Source, m module.Version, ext, dir string) error {
	path, err := module.EscapePath(m.Path)
	if err != nil {
		return err
	}
	content, err := s.Open(m, ext)
	if err != nil {
		return err
	}
	defer content.Close()
	data, err := io.ReadAll(content.Body)
	if err != nil {
		return err
	}
	name := filepath.Join(dir, filepath.FromSlash(path), "@v", m.Version+"."+ext)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o600)
}

// Paths are the files of the tree in no order that matters.
func (g Graph) Paths() (paths []string, err error) {
	err = filepath.WalkDir(g.Tree, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch filepath.Ext(name) {
		case ".info", ".mod", ".zip":
			rel, err := filepath.Rel(g.Tree, name)
			paths = append(paths, filepath.ToSlash(rel))
			return err
		}
		return nil
	})
	return paths, err
}

// CopyMain writes the main module into a new folder, with a test that always
// passes if it has a package.
func (g Graph) CopyMain(dir string) error {
	if err := os.CopyFS(dir, os.DirFS(g.Main)); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "main.go")); err != nil {
		return nil
	}
	return os.WriteFile(filepath.Join(dir, "main_test.go"), []byte("package main\n\nimport \"testing\"\n\nfunc TestNothing(*testing.T) {}\n"), 0o600)
}
