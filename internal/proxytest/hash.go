package proxytest

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
)

// GoSum returns the lines of go.sum for modules "path@version", or for all
// that are served when none is named.
func (s *Server) GoSum(pathVersions ...string) string {
	var list []module.Version
	for _, id := range pathVersions {
		list = append(list, parseVersion(id))
	}
	if len(list) == 0 {
		list = s.mods.all()
	}
	text, err := s.mods.goSum(list)
	if err != nil {
		s.fail("go.sum: %v", err)
	}
	return text
}

// ZipHash returns the h1 hash of the zip of "path@version".
func (s *Server) ZipHash(pathVersion string) string { return s.hash(pathVersion, "zip") }

// ModHash returns the h1 hash of the go.mod of "path@version".
func (s *Server) ModHash(pathVersion string) string { return s.hash(pathVersion, "mod") }

func (s *Server) hash(pathVersion, ext string) string {
	h, err := s.mods.hash(parseVersion(pathVersion), ext)
	if err != nil {
		s.fail("hash of %s.%s: %v", pathVersion, ext, err)
	}
	return h
}

func parseVersion(pathVersion string) module.Version {
	path, version, _ := strings.Cut(pathVersion, "@")
	return module.Version{Path: path, Version: version}
}

// all lists every version of every module.
func (c *catalog) all() []module.Version {
	var list []module.Version
	for path, versions := range c.versions {
		for _, v := range versions {
			list = append(list, module.Version{Path: path, Version: v})
		}
	}
	module.Sort(list)
	return slices.Compact(list)
}

func (c *catalog) goSum(list []module.Version) (string, error) {
	var b strings.Builder
	for _, m := range list {
		zip, err := c.hash(m, "zip")
		if err != nil {
			return "", err
		}
		mod, err := c.hash(m, "mod")
		if err != nil {
			return "", err
		}
		b.WriteString(m.Path + " " + m.Version + " " + zip + "\n")
		b.WriteString(m.Path + " " + m.Version + "/go.mod " + mod + "\n")
	}
	return b.String(), nil
}

// hash is the h1 hash of a file of a module, "zip" or "mod".
func (c *catalog) hash(m module.Version, ext string) (string, error) {
	content, err := c.open(m, ext)
	if err != nil {
		return "", err
	}
	defer content.Close()
	if ext == "zip" {
		return hashZip(content)
	}
	b, err := io.ReadAll(content.Body)
	if err != nil {
		return "", err
	}
	return dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(b)), nil
	})
}

func hashZip(c Content) (string, error) {
	z, err := zip.NewReader(c.Body, c.Size)
	if err != nil {
		return "", err
	}
	var names []string
	byName := map[string]*zip.File{}
	for _, f := range z.File {
		names = append(names, f.Name)
		byName[f.Name] = f
	}
	return dirhash.Hash1(names, func(name string) (io.ReadCloser, error) { return byName[name].Open() })
}
