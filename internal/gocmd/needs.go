package gocmd

import (
	"go/version"
	"path/filepath"
	"slices"

	"golang.org/x/mod/module"
)

// An Item is a file a module proxy will be asked for.
type Item struct {
	module.Version
	Sum string // h1 from go.sum; empty if there is none, or more than one
}

// Needs are the files that `go mod download` will ask module proxies for, in the
// order it does: that of go.mod, then of go.sum.
type Needs struct {
	Mods  []Item
	Infos []Item // their Sum is always empty
	Zips  []Item
	// Exact says that Infos and Zips are what the go command asks for. For go.mod
	// files below go 1.17 and in workspaces they are what it may ask for: there it
	// takes the whole build list, which only the module graph tells.
	Exact bool
}

// NeedsOf reads the go.sum files of modules, and the go.work.sum of their
// workspaces, and tells what will be asked for. Modules that match GONOPROXY are
// among it: it is for the caller to keep those from module proxies.
func NeedsOf(modules ...Module) (Needs, Sums, error) {
	sums, err := ReadSums(SumFiles(modules)...)
	if err != nil {
		return Needs{}, Sums{}, err
	}
	return needs(modules, sums), sums, nil
}

// SumFiles lists the go.sum and go.work.sum files of modules, existing or not.
func SumFiles(modules []Module) []string {
	var files []string
	for _, m := range modules {
		files = append(files, filepath.Join(m.Dir, "go.sum"))
	}
	for _, m := range modules {
		if m.Work != "" && !slices.Contains(files, m.Work+".sum") {
			files = append(files, m.Work+".sum")
		}
	}
	return files
}

func needs(modules []Module, sums Sums) Needs {
	zips := required(modules)
	exact := !slices.ContainsFunc(modules, Module.wholeList)
	if !exact {
		zips = append(zips, sums.zips()...)
	}
	n := Needs{Exact: exact}
	for _, v := range unique(zips) {
		n.Infos = append(n.Infos, Item{Version: v})
		n.Zips = append(n.Zips, Item{v, single(sums.Zip(v.Path, v.Version))})
	}
	for _, v := range unique(append(zips, sums.mods()...)) {
		n.Mods = append(n.Mods, Item{v, single(sums.Mod(v.Path, v.Version))})
	}
	return n
}

// required lists what the go.mod files require, after replace, that is no main
// module of the job.
func required(modules []Module) []module.Version {
	var versions []module.Version
	for _, m := range modules {
		for _, r := range m.Requires {
			v, ok := m.resolve(r.Version)
			if ok && !isMember(modules, v.Path) {
				versions = append(versions, v)
			}
		}
	}
	return versions
}

// resolve applies the exclude and replace lines to a requirement. It reports
// false for one that no module proxy is asked for.
func (m Module) resolve(v module.Version) (module.Version, bool) {
	if slices.Contains(m.Excludes, v) {
		return v, false
	}
	if to, ok := m.replacement(v); ok {
		v = to
	}
	return v, isVersion(v.Version)
}

// replacement finds the replace line for v: one for just this version comes
// before one for all versions.
func (m Module) replacement(v module.Version) (module.Version, bool) {
	for _, old := range []module.Version{v, {Path: v.Path}} {
		for _, r := range m.Replaces {
			if r.Old == old {
				return r.New, true
			}
		}
	}
	return module.Version{}, false
}

// isMember tells whether path is a module of a workspace of the job: those are
// taken from their folders.
func isMember(modules []Module, path string) bool {
	return slices.ContainsFunc(modules, func(m Module) bool { return m.Work != "" && m.Path == path })
}

func unique(versions []module.Version) []module.Version {
	var list []module.Version
	seen := map[module.Version]bool{}
	for _, v := range versions {
		if !seen[v] {
			seen[v] = true
			list = append(list, v)
		}
	}
	return list
}

func single(hashes []string) string {
	if len(hashes) != 1 {
		return ""
	}
	return hashes[0]
}

// wholeList tells whether go mod download takes the whole build list for m
// rather than what go.mod requires (cmd/go/internal/modcmd/download.go).
func (m Module) wholeList() bool {
	return m.Work != "" || m.Go == "" || version.Compare("go"+m.Go, "go1.17") < 0
}
