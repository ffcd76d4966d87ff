package loopback

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/mod/module"
)

// A Kind is what sort of file a path names.
type Kind string

const (
	KindList   Kind = "list"
	KindLatest Kind = "latest"
	KindInfo   Kind = "info"
	KindMod    Kind = "mod"
	KindZip    Kind = "zip"
	KindSumDB  Kind = "sumdb"
)

// A File is one file of the module proxy protocol
// (https://go.dev/ref/mod#goproxy-protocol).
type File struct {
	Kind    Kind
	Module  string // unescaped; empty for the checksum database
	Version string // unescaped; a query such as "main" is possible for KindInfo
	SumDB   string // name of the checksum database
	Rest    string // path below the checksum database: "latest", "lookup/…", "tile/…", "supported"
}

// maxPath is far beyond any real module path and file name.
const maxPath = 2048

// ParsePath reads the decoded path of a request below the secret.
func ParsePath(p string) (File, error) {
	if len(p) > maxPath {
		return File{}, fmt.Errorf("path has %d bytes", len(p))
	}
	if rest, ok := strings.CutPrefix(p, "sumdb/"); ok {
		return parseSumDB(rest)
	}
	if mod, ok := strings.CutSuffix(p, "/@latest"); ok {
		m, err := module.UnescapePath(mod)
		return File{Kind: KindLatest, Module: m}, err
	}
	mod, name, ok := strings.Cut(p, "/@v/")
	if !ok {
		return File{}, fmt.Errorf("path %q is none of a module proxy", p)
	}
	m, err := module.UnescapePath(mod)
	if err != nil {
		return File{}, err
	}
	if name == "list" {
		return File{Kind: KindList, Module: m}, nil
	}
	ext := path.Ext(name)
	v, err := module.UnescapeVersion(strings.TrimSuffix(name, ext))
	if err != nil {
		return File{}, err
	}
	f := File{Module: m, Version: v}
	switch ext {
	case ".info":
		f.Kind = KindInfo // any query, go resolves branches and tags this way
		return f, nil
	case ".mod":
		f.Kind = KindMod
	case ".zip":
		f.Kind = KindZip
	default:
		return File{}, fmt.Errorf("path %q is none of a module proxy", p)
	}
	if !canonical(v) {
		return File{}, fmt.Errorf("version %q is not canonical", v)
	}
	return f, nil
}

func canonical(v string) bool { return module.CanonicalVersion(v) == v }

// parseSumDB accepts the paths of https://go.dev/design/25530-sumdb and
// src/cmd/go/internal/modfetch/sumdb.go.
func parseSumDB(p string) (File, error) {
	name, rest, ok := strings.Cut(p, "/")
	kind, arg, _ := strings.Cut(rest, "/")
	good := ok && name != "" && path.Clean(rest) == rest && !strings.Contains(rest, "..")
	switch kind {
	case "supported", "latest":
		good = good && arg == ""
	case "lookup", "tile":
		good = good && arg != ""
	default:
		good = false
	}
	if !good {
		return File{}, fmt.Errorf("path %q is none of a checksum database", p)
	}
	for _, r := range rest {
		if r <= ' ' || r == '\\' || r == '?' || r == '#' || r == 0x7f {
			return File{}, fmt.Errorf("path %q has the character %q", p, r)
		}
	}
	return File{Kind: KindSumDB, SumDB: name, Rest: rest}, nil
}

// Path returns the escaped path of the file below a module proxy.
func (f File) Path() string {
	if f.Kind == KindSumDB {
		return "sumdb/" + f.SumDB + "/" + f.Rest
	}
	m, err := module.EscapePath(f.Module)
	if err != nil {
		return "invalid" // not reached: Module came from UnescapePath or a go.sum that was checked
	}
	if f.Kind == KindLatest {
		return m + "/@latest"
	}
	if f.Kind == KindList {
		return m + "/@v/list"
	}
	v, err := module.EscapeVersion(f.Version)
	if err != nil {
		return "invalid"
	}
	return m + "/@v/" + v + "." + string(f.Kind)
}

// Name is Path unescaped, for people and reports.
func (f File) Name() string {
	switch f.Kind {
	case KindSumDB:
		return f.Path()
	case KindLatest:
		return f.Module + "/@latest"
	case KindList:
		return f.Module + "/@v/list"
	}
	return f.Module + "/@v/" + f.Version + "." + string(f.Kind)
}

// String names the file for people: "zip of example.com/m@v1.0.0".
func (f File) String() string {
	switch f.Kind {
	case KindSumDB:
		return f.SumDB + "/" + f.Rest
	case KindList, KindLatest:
		return fmt.Sprintf("%s of %s", f.Kind, f.Module)
	}
	return fmt.Sprintf("%s of %s@%s", f.Kind, f.Module, f.Version)
}

// Fixed reports whether the file never changes, so that any upstream's answer is as good.
func (f File) Fixed() bool {
	return f.Kind == KindMod || f.Kind == KindZip || f.Kind == KindInfo && canonical(f.Version)
}
