package gocmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// A Module is a main module of the job.
type Module struct {
	Path      string // module path
	Dir       string // absolute
	Go        string // language version, "1.25.0"; empty when there is no go line
	Toolchain string // "go1.26.8"; empty when there is no toolchain line
	Requires  []Require
	Excludes  []module.Version
	Replaces  []Replace // a workspace's own first: they win
	Tools     []string  // package paths
	Vendor    bool      // a vendor folder beside go.mod, or beside the go.work it is in
	Vendored  bool      // builds take that folder, and need nothing to be downloaded
	Work      string    // path of the go.work that lists it; empty outside a workspace
}

// A Require is a require line with a version; one with the name of a branch is
// left out.
type Require struct {
	module.Version
	Indirect bool
}

// A Replace is a replace line. Old.Version is empty when it is for all versions,
// New.Version is empty when New.Path is a folder.
type Replace struct{ Old, New module.Version }

// Modules finds the main modules of a job that works in dir; s must be the
// settings of the same folder. These are the members of the workspace in effect,
// and the module of dir should it not be one of them; without a workspace the
// module of dir, whose go.mod may be in a parent folder; and where there is none
// either, the modules below dir, at most 500 and 8 folders deep, without those in
// vendor, testdata and node_modules.
//
// No module at all is no error. A *FileError says which file is broken; below dir
// all others are returned beside it.
func Modules(dir string, s Settings) ([]Module, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	modules, err := findModules(dir, s)
	for i := range modules {
		modules[i].Vendored = modules[i].vendored(s.GOFLAGS)
	}
	return modules, err
}

func findModules(dir string, s Settings) ([]Module, error) {
	root := moduleRoot(dir)
	if s.GOWORK != "" && s.GOWORK != "off" {
		return workspaceAnd(s.GOWORK, root)
	}
	if root == "" {
		return modulesBelow(dir, s)
	}
	m, err := readModule(root)
	if err != nil {
		return nil, err
	}
	return []Module{m}, nil
}

// moduleRoot returns the nearest folder with a go.mod, dir or a parent of it.
func moduleRoot(dir string) string {
	for {
		if isFile(filepath.Join(dir, "go.mod")) {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// workspaceAnd reads the members of a workspace, and the module in root unless
// it is one of them.
func workspaceAnd(work, root string) ([]Module, error) {
	modules, err := readWorkspace(work)
	if err != nil || root == "" {
		return modules, err
	}
	if hasDir(modules, root) {
		return modules, nil
	}
	m, err := readModule(root)
	if err != nil {
		return nil, err
	}
	return append(modules, m), nil
}

func hasDir(modules []Module, dir string) bool {
	for _, m := range modules {
		if sameFolder(m.Dir, dir) {
			return true
		}
	}
	return false
}

func sameFolder(a, b string) bool {
	if a == b {
		return true
	}
	ai, err := os.Stat(a)
	if err != nil {
		return false
	}
	bi, err := os.Stat(b)
	return err == nil && os.SameFile(ai, bi)
}

func readWorkspace(work string) ([]Module, error) {
	f, err := readWorkFile(work)
	if err != nil {
		return nil, err
	}
	root := filepath.Dir(work)
	vendor := isDir(filepath.Join(root, "vendor"))
	var modules []Module
	for _, use := range f.Use {
		dir := filepath.FromSlash(use.Path)
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(root, dir)
		}
		m, err := readModule(dir)
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("no go.mod in %s: %w", use.Path, fs.ErrNotExist)
			return nil, &FileError{File: work, Line: use.Syntax.Start.Line, Err: err}
		}
		if err != nil {
			return nil, err
		}
		m.Work, m.Vendor = work, vendor
		m.Replaces = append(replaces(f.Replace), m.Replaces...)
		modules = append(modules, m)
	}
	return modules, nil
}

func readModule(dir string) (Module, error) {
	f, err := readModFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return Module{}, err
	}
	m := Module{
		Path:     f.Module.Mod.Path,
		Dir:      dir,
		Replaces: replaces(f.Replace),
		Vendor:   isDir(filepath.Join(dir, "vendor")),
	}
	if f.Go != nil {
		m.Go = f.Go.Version
	}
	if f.Toolchain != nil {
		m.Toolchain = f.Toolchain.Name
	}
	for _, r := range f.Require {
		if isVersion(r.Mod.Version) {
			m.Requires = append(m.Requires, Require{r.Mod, r.Indirect})
		}
	}
	for _, e := range f.Exclude {
		m.Excludes = append(m.Excludes, e.Mod)
	}
	for _, t := range f.Tool {
		m.Tools = append(m.Tools, t.Path)
	}
	return m, nil
}

func replaces(list []*modfile.Replace) []Replace {
	var rs []Replace
	for _, r := range list {
		rs = append(rs, Replace{r.Old, r.New})
	}
	return rs
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
