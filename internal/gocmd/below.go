package gocmd

import (
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

// modulesBelow finds the modules in and below dir. A module in a workspace that
// is itself below dir is marked as its member.
func modulesBelow(dir string, s Settings) ([]Module, error) {
	mods, works, err := find(dir)
	if err != nil {
		return nil, err
	}
	var modules []Module
	if s.GOWORK != "off" {
		for _, work := range works {
			members, err := readWorkspace(work)
			if err != nil {
				return nil, err
			}
			modules = append(modules, members...)
		}
	}
	for _, dir := range mods {
		if hasDir(modules, dir) {
			continue
		}
		m, err := readModule(dir)
		if err != nil {
			return nil, err
		}
		modules = append(modules, m)
	}
	return modules, nil
}

// find lists the folders with a go.mod and the go.work files below dir. Symbolic
// links are not followed, unreadable folders are passed over.
func find(dir string) (mods, works []string, err error) {
	folders := 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if path == dir {
				return err
			}
			return nil
		}
		if d.IsDir() {
			folders++
			if path != dir && (ignored(d.Name()) || depth(dir, path) > maxDepth) {
				return fs.SkipDir
			}
			if folders > maxFolders {
				return fs.SkipAll
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		switch d.Name() {
		case "go.mod":
			mods = append(mods, filepath.Dir(path))
		case "go.work":
			works = append(works, path)
		}
		if len(mods) >= maxModules {
			return fs.SkipAll
		}
		return nil
	})
	return mods, works, err
}

// ignored tells folders that hold no module of the job: those that ./... passes
// over (help packages), and what other languages download.
func ignored(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") ||
		slices.Contains([]string{"vendor", "testdata", "node_modules"}, name)
}

func depth(root, path string) int {
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return 0
	}
	return strings.Count(rel, string(filepath.Separator)) + 1
}
