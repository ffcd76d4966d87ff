package proxytest

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// kinds are the names after @ in a fault. A file has one of the first line,
// or is of the checksum database and has sumdb and one more.
var kinds = []string{
	"zip", "mod", "info", "list", "latest", "other",
	"sumdb", "supported", "lookup", "tile", "tree",
}

// A file is what a request asks for.
type file struct {
	path  string // as in Request.Path
	kinds []string
	mime  string
	open  func() (Content, error) // nil for the checksum database
	db    string                  // path below the checksum database
}

func (f file) is(kind string) bool { return slices.Contains(f.kinds, kind) }

// A catalog finds the files of sources. The first source that has one wins.
type catalog struct {
	sources  []Source
	versions map[string][]string // by module path, in order of versions
}

func newCatalog(sources []Source) (*catalog, error) {
	c := &catalog{sources, map[string][]string{}}
	for _, s := range sources {
		list, err := s.Versions()
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			c.versions[m.Path] = append(c.versions[m.Path], m.Version)
		}
	}
	for _, v := range c.versions {
		semver.Sort(v)
	}
	return c, nil
}

func (c *catalog) open(m module.Version, ext string) (Content, error) {
	for _, s := range c.sources {
		content, err := s.Open(m, ext)
		if !errors.Is(err, fs.ErrNotExist) {
			return content, err
		}
	}
	return Content{}, fs.ErrNotExist
}

// list is the answer for @v/list: a known module without a release has an
// empty one.
func (c *catalog) list(path string) (Content, error) {
	all, ok := c.versions[path]
	if !ok {
		return Content{}, fs.ErrNotExist
	}
	var b strings.Builder
	for _, v := range slices.Compact(slices.Clone(all)) {
		if !module.IsPseudoVersion(v) {
			b.WriteString(v + "\n")
		}
	}
	return Bytes([]byte(b.String())), nil
}

// latest is the .info of the highest release, else of the highest of all.
func (c *catalog) latest(path string) (Content, error) {
	all := c.versions[path]
	if len(all) == 0 {
		return Content{}, fs.ErrNotExist
	}
	best := all[len(all)-1]
	for _, v := range slices.Backward(all) {
		if semver.Prerelease(v) == "" {
			best = v
			break
		}
	}
	return c.open(module.Version{Path: path, Version: best}, "info")
}

var mimes = map[string]string{
	"info": "application/json",
	"mod":  "text/plain; charset=UTF-8",
	"zip":  "application/zip",
}

// find reads what a path below a base asks for.
func (s *Server) find(path string) file {
	if rest, ok := strings.CutPrefix(path, "sumdb/"); ok {
		return s.findSum(path, rest)
	}
	c := s.mods
	if enc, ok := strings.CutSuffix(path, "/@latest"); ok {
		return file{path: path, kinds: []string{"latest"}, mime: mimes["info"], open: func() (Content, error) {
			return c.latest(unescape(enc))
		}}
	}
	enc, name, ok := strings.Cut(path, "/@v/")
	if ok && name == "list" {
		return file{path: path, kinds: []string{"list"}, mime: mimes["mod"], open: func() (Content, error) {
			return c.list(unescape(enc))
		}}
	}
	dot := strings.LastIndex(name, ".")
	if !ok || dot < 0 || mimes[name[dot+1:]] == "" {
		return file{path: path, kinds: []string{"other"}, open: func() (Content, error) { return Content{}, fs.ErrNotExist }}
	}
	ext := name[dot+1:]
	return file{path: path, kinds: []string{ext}, mime: mimes[ext], open: func() (Content, error) {
		v, err := module.UnescapeVersion(name[:dot])
		if err != nil {
			return Content{}, fs.ErrNotExist
		}
		return c.open(module.Version{Path: unescape(enc), Version: v}, ext)
	}}
}

// unescape returns the module path, or an unknown one: a path that is not
// escaped as it must be is not served.
func unescape(enc string) string {
	path, err := module.UnescapePath(enc)
	if err != nil {
		return ""
	}
	return path
}

// answer sends the file with what the faults have left of its form.
func answer(x *exchange) {
	if x.file.open == nil {
		x.s.answerSum(x)
		return
	}
	c, err := x.file.open()
	if err != nil {
		code, msg := http.StatusInternalServerError, err.Error()
		if errors.Is(err, fs.ErrNotExist) {
			code, msg = http.StatusNotFound, "not found: "+x.file.path
		}
		http.Error(x.w, msg, code)
		return
	}
	defer c.Close()
	h := x.w.Header()
	h.Set("Content-Type", x.file.mime)
	h.Set("Cache-Control", "public, max-age=10800")
	tag := `"` + c.Tag + `"`
	if x.etag != nil {
		tag = x.etag(tag)
	}
	if tag != "" {
		h.Set("ETag", tag)
	}
	send(x, c)
}

// send is http.ServeContent, or a whole answer without Range.
func send(x *exchange, c Content) {
	modified := released
	if x.noDate {
		modified = time.Time{}
	}
	if !x.noRange {
		http.ServeContent(x.w, x.r, "", modified, c.Body)
		return
	}
	if !modified.IsZero() {
		x.w.Header().Set("Last-Modified", modified.Format(http.TimeFormat))
	}
	x.w.Header().Set("Content-Length", strconv.FormatInt(c.Size, 10))
	if x.r.Method != http.MethodHead {
		io.Copy(x.w, c.Body)
	}
}
