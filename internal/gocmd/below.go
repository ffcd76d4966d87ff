package gocmd

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// Limits of the search for modules below a folder: a checkout has its modules
// near the top, and a runner's home folder, given by mistake, must not be walked
// for minutes.
const (
	maxDepth   = 8     // folders below the first
	maxFolders = 50000 // folders looked into
	maxModules = 500
)

// modulesBelow finds the modules in and below dir, members of a workspace that
// is itself below dir first. A file that is broken is an error beside the
// modules: it may be a template that no job builds.
func modulesBelow(dir string, s Settings) ([]Module, error) {
	found, err := find(dir)
	if err != nil {
		return nil, err
	}
	var members, others []Module
	var errs []error
	if s.GOWORK != "off" {
		for _, work := range found.works {
			modules, err := readWorkspace(work)
			members, errs = append(members, modules...), append(errs, err)
		}
	}
	for _, dir := range found.mods {
		if hasDir(members, dir) {
			continue
		}
		m, err := readModule(dir)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		others = append(others, m)
	}
	return append(members, others...), errors.Join(errs...)
}

// A search walks a tree for modules. Symbolic links are not followed, and
// unreadable folders are passed over.
type search struct {
	root    string
	folders int
	mods    []string // folders with a go.mod
	works   []string // go.work files
}

func find(dir string) (*search, error) {
	s := &search{root: dir}
	return s, filepath.WalkDir(dir, s.visit)
}

func (s *search) visit(path string, d fs.DirEntry, err error) error {
	switch {
	case err != nil && path == s.root:
		return err
	case err != nil:
		return nil
	case d.IsDir():
		return s.enter(path, d.Name())
	case !d.Type().IsRegular():
		return nil
	case d.Name() == "go.mod":
		s.mods = append(s.mods, filepath.Dir(path))
	case d.Name() == "go.work":
		s.works = append(s.works, path)
	}
	if len(s.mods) >= maxModules {
		return fs.SkipAll
	}
	return nil
}

func (s *search) enter(path, name string) error {
	s.folders++
	if s.folders > maxFolders {
		return fs.SkipAll
	}
	if path != s.root && (ignored(name) || s.depth(path) > maxDepth) {
		return fs.SkipDir
	}
	return nil
}

// ignored tells folders that hold no module of the job: those that ./... passes
// over (help packages), and what other languages download.
func ignored(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") ||
		slices.Contains([]string{"vendor", "testdata", "node_modules"}, name)
}

// depth is 1 for the folders in root.
func (s *search) depth(path string) int {
	rel := strings.TrimPrefix(path[len(s.root):], string(filepath.Separator))
	return strings.Count(rel, string(filepath.Separator)) + 1
}
