package proxytest

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/mod/module"
)

// A Graph is a Source of made-up modules: all at v1.0.0, each with one package
// that imports those it requires. Every tenth path has a capital letter. Equal
// fields give equal bytes.
type Graph struct {
	Modules int    // how many
	Deps    int    // most requirements of each, on modules of a higher number
	ZipSize int    // bytes that do not compress in each zip
	BigZip  int    // the same for the zip of the first module, if larger
	Seed    uint64 // of requirements and bytes

	mu   sync.Mutex
	zips map[int][]byte
}

const graphVersion = "v1.0.0"

// Path is the module path of module i.
func (g *Graph) Path(i int) string {
	if i%10 == 5 {
		return fmt.Sprintf("graph.example.test/Upper/m%04d", i)
	}
	return fmt.Sprintf("graph.example.test/m%04d", i)
}

// index is the inverse of Path, or -1.
func (g *Graph) index(path string) int {
	i := -1
	fmt.Sscanf(path[strings.LastIndex(path, "/m")+1:], "m%d", &i)
	if i < 0 || i >= g.Modules || g.Path(i) != path {
		return -1
	}
	return i
}

// Versions implements Source.
func (g *Graph) Versions() ([]module.Version, error) {
	var list []module.Version
	for i := range g.Modules {
		list = append(list, module.Version{Path: g.Path(i), Version: graphVersion})
	}
	return list, nil
}

// Open implements Source.
func (g *Graph) Open(m module.Version, ext string) (Content, error) {
	i := g.index(m.Path)
	if i < 0 || m.Version != graphVersion {
		return Content{}, fs.ErrNotExist
	}
	switch ext {
	case "info":
		return Bytes(info(m.Version)), nil
	case "mod":
		return Bytes(g.mod(i)), nil
	}
	b, err := g.zip(i)
	return Content{bytes.NewReader(b), int64(len(b)), fmt.Sprintf("%x-%x", g.Seed, i)}, err
}

// deps are the numbers of the modules that module i requires, in order.
func (g *Graph) deps(i int) []int {
	later := g.Modules - i - 1
	r := rand.New(rand.NewPCG(g.Seed, uint64(i)))
	list := r.Perm(later)[:min(g.Deps, later)]
	for k := range list {
		list[k] += i + 1
	}
	slices.Sort(list)
	return list
}

func (g *Graph) mod(i int) []byte {
	var list []module.Version
	for _, j := range g.deps(i) {
		list = append(list, module.Version{Path: g.Path(j), Version: graphVersion})
	}
	return goMod(g.Path(i), list)
}

// zip makes the zip of module i once: benchmarks ask for it often.
func (g *Graph) zip(i int) ([]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if b := g.zips[i]; b != nil {
		return b, nil
	}
	src := fmt.Sprintf("package m%04d\n%s", i, imports(g, g.deps(i)))
	b, err := zipOf(module.Version{Path: g.Path(i), Version: graphVersion}, []txtar.File{
		{Name: "go.mod", Data: g.mod(i)},
		{Name: "m.go", Data: []byte(src)},
		{Name: "filler.bin", Data: g.filler(i)},
	}, zip.Store)
	if g.zips == nil {
		g.zips = map[int][]byte{}
	}
	g.zips[i] = b
	return b, err
}

func (g *Graph) filler(i int) []byte {
	n := g.ZipSize
	if i == 0 {
		n = max(n, g.BigZip)
	}
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], g.Seed)
	binary.LittleEndian.PutUint64(key[8:], uint64(i))
	b := make([]byte, n)
	rand.NewChaCha8(key).Read(b)
	return b
}

func imports(g *Graph, list []int) string {
	var b strings.Builder
	for _, j := range list {
		fmt.Fprintf(&b, "\nimport _ %q\n", g.Path(j))
	}
	return b.String()
}

// WriteMain writes a main module into a folder that requires and imports
// every module of the graph: go.mod, a complete go.sum and main.go.
func (g *Graph) WriteMain(dir string) error {
	c, err := newCatalog([]Source{g})
	if err != nil {
		return err
	}
	every := make([]int, g.Modules)
	for i := range every {
		every[i] = i
	}
	main := "package main\n" + imports(g, every) + "\nfunc main() {}\n"
	return c.writeMain(dir, c.all(), main)
}
