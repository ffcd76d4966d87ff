package proxytest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
)

// Tree is a Source on disk in the layout of the GOPROXY protocol, such as
// $GOMODCACHE/cache/download. It holds what has a .info, .mod or .zip; a file
// that is missing is missing for the client too.
func Tree(dir string) Source { return tree(dir) }

type tree string

func (dir tree) Versions() ([]module.Version, error) {
	seen := map[module.Version]bool{}
	var list []module.Version
	err := filepath.WalkDir(string(dir), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Base(filepath.Dir(name)) != "@v" {
			return err
		}
		m, err := dir.module(name)
		if err == nil && m.Path != "" && !seen[m] {
			seen[m] = true
			list = append(list, m)
		}
		return err
	})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("no modules in %s", dir)
	}
	return list, err
}

// module is what a file in a folder @v is of, or nothing for lists, locks and
// the like.
func (dir tree) module(name string) (m module.Version, err error) {
	ext := filepath.Ext(name)
	if ext == "" || mimes[ext[1:]] == "" {
		return m, nil
	}
	rel, err := filepath.Rel(string(dir), name)
	if err != nil {
		return m, err
	}
	enc, version, _ := strings.Cut(filepath.ToSlash(strings.TrimSuffix(rel, ext)), "/@v/")
	if m.Path, err = module.UnescapePath(enc); err != nil {
		return m, fmt.Errorf("%s: %w", name, err)
	}
	if m.Version, err = module.UnescapeVersion(version); err != nil {
		return m, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

func (dir tree) Open(m module.Version, ext string) (c Content, err error) {
	path, err := module.EscapePath(m.Path)
	if err != nil {
		return c, fs.ErrNotExist
	}
	version, err := module.EscapeVersion(m.Version)
	if err != nil {
		return c, fs.ErrNotExist
	}
	f, err := os.Open(filepath.Join(string(dir), filepath.FromSlash(path), "@v", version+"."+ext))
	if err != nil {
		return c, err
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return c, err
	}
	return Content{f, st.Size(), fmt.Sprintf("%x-%x", st.Size(), st.ModTime().UnixNano())}, nil
}
