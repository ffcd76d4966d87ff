package proxytest

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/mod/module"
)

// A Source holds modules.
type Source interface {
	// Versions lists what it holds. It is asked once, when a server starts.
	Versions() ([]module.Version, error)
	// Open returns a file of a module by its extension: "info", "mod" or
	// "zip". The error of a missing one is fs.ErrNotExist.
	Open(m module.Version, ext string) (Content, error)
}

// A Content is one file as it is served. A Body that is an io.Closer is closed.
type Content struct {
	Body interface {
		io.ReadSeeker
		io.ReaderAt
	}
	Size int64
	Tag  string // validator: equal tags, equal bytes
}

// Bytes is a Content in memory.
func Bytes(b []byte) Content {
	sum := sha256.Sum256(b)
	return Content{bytes.NewReader(b), int64(len(b)), hex.EncodeToString(sum[:8])}
}

// Close closes the body if it can be closed.
func (c Content) Close() error {
	if closer, ok := c.Body.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// read returns the bytes and closes the content.
func (c Content) read() ([]byte, error) {
	defer c.Close()
	return io.ReadAll(c.Body)
}

// released is the time in every generated .info: fixed, so that runs repeat.
var released = time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)

// files is a Source in memory: its files by module and extension.
type files map[module.Version]map[string][]byte

func (s files) Versions() ([]module.Version, error) {
	var list []module.Version
	for m := range s {
		list = append(list, m)
	}
	module.Sort(list)
	return list, nil
}

func (s files) Open(m module.Version, ext string) (Content, error) {
	b, ok := s[m][ext]
	if !ok {
		return Content{}, fs.ErrNotExist
	}
	return Bytes(b), nil
}

// failed is a Source that could not be made. The server it is given to says so.
type failed struct{ err error }

func (s failed) Versions() ([]module.Version, error)          { return nil, s.err }
func (s failed) Open(module.Version, string) (Content, error) { return Content{}, s.err }

// Module is a Source of one module, "example.com/m@v1.0.0", whose files are
// a txtar archive. A missing go.mod is made up; files named .info and .mod
// are served as they are and take no part in the zip.
func Module(pathVersion, archive string) Source {
	m := parseVersion(pathVersion)
	f, err := pack(m, txtar.Parse([]byte(archive)).Files)
	if err != nil {
		return failed{fmt.Errorf("module %s: %w", m, err)}
	}
	return files{m: f}
}

// Dir is a Source of txtar files, one a module, as for Module. Their names
// are path_version.txtar with _ for each slash: "example.com_m_v1.0.0.txtar".
// A comment line "module path@version" at the top names paths that have a _.
func Dir(dir string) Source {
	names, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(names) == 0 {
		return failed{fmt.Errorf("no .txtar files in %s", dir)}
	}
	all := files{}
	for _, name := range names {
		m, f, err := readTxtar(name)
		if err != nil {
			return failed{fmt.Errorf("%s: %w", name, err)}
		}
		all[m] = f
	}
	return all
}

func readTxtar(name string) (m module.Version, f map[string][]byte, err error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return m, nil, err
	}
	// A checkout on Windows may have CRLF, which would change the hashes.
	a := txtar.Parse(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")))
	if m, err = moduleOf(filepath.Base(name), string(a.Comment)); err != nil {
		return m, nil, err
	}
	f, err = pack(m, a.Files)
	return m, f, err
}

// moduleOf reads the module from the comment of an archive or its file name.
func moduleOf(name, comment string) (m module.Version, err error) {
	for line := range strings.Lines(comment) {
		if id, ok := strings.CutPrefix(strings.TrimSpace(line), "module "); ok {
			return parseVersion(id), nil
		}
	}
	name = strings.TrimSuffix(name, ".txtar")
	i := strings.LastIndex(name, "_v")
	if i < 0 {
		return m, fmt.Errorf("name is not path_version.txtar")
	}
	if m.Path, err = module.UnescapePath(strings.ReplaceAll(name[:i], "_", "/")); err != nil {
		return m, err
	}
	m.Version, err = module.UnescapeVersion(name[i+1:])
	return m, err
}

// pack makes the three files of a module from its archive.
func pack(m module.Version, parts []txtar.File) (map[string][]byte, error) {
	if err := module.Check(m.Path, m.Version); err != nil {
		return nil, err
	}
	out := map[string][]byte{"info": info(m.Version)}
	var zipped []txtar.File
	for _, f := range parts {
		switch f.Name {
		case ".info", ".mod":
			out[f.Name[1:]] = f.Data
		default:
			zipped = append(zipped, f)
		}
	}
	i := slices.IndexFunc(zipped, func(f txtar.File) bool { return f.Name == "go.mod" })
	if i < 0 {
		i = len(zipped)
		zipped = append(zipped, txtar.File{Name: "go.mod", Data: fmt.Appendf(nil, "module %s\n\ngo 1.21\n", m.Path)})
	}
	if out["mod"] == nil {
		out["mod"] = zipped[i].Data
	}
	var err error
	out["zip"], err = zipOf(m, zipped, zip.Deflate)
	return out, err
}

func info(version string) []byte {
	b, _ := json.Marshal(struct {
		Version string
		Time    time.Time
	}{version, released})
	return b
}

// zipOf makes the zip of a module.
func zipOf(m module.Version, list []txtar.File, method uint16) ([]byte, error) {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, f := range list {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.Path + "@" + m.Version + "/" + f.Name, Method: method})
		if err != nil {
			return nil, err
		}
		w.Write(f.Data)
	}
	err := z.Close()
	return buf.Bytes(), err
}
