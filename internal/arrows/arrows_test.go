// Package arrows has no code of its own. Its test keeps the imports of this
// module pointing one way, so that whoever reads a package knows what it cannot
// depend on, and every dependency has one package that knows it.
package arrows

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// layers are the packages of this module from the top down. A package imports
// what stands in lines below its own, and nothing beside it. "/..." means all
// packages below a folder.
var layers = [][]string{
	{"cmd/...", "examples", "internal/release", "bench/speed", "bench/survival", "bench/cost"},
	{"bench/lab"},
	{"action"},
	{"internal/setup", "internal/doctor"},
	{"internal/loopback"},
	{"internal/config"},
	{"internal/tunnel"},
	{"internal/modproxy", "internal/forward", "internal/pac", "internal/gocmd", "internal/classify", "internal/modcache"},
	{"internal/machine"},
	{"report", "ci"},
}

// forTests are the packages that exist for tests: they import nothing of ours
// but each other, and only tests and what else is in mayTest import them.
var (
	forTests = []string{"internal/proxytest/...", "internal/golden", "internal/arrows"}
	mayTest  = append([]string{"bench/...", "examples"}, forTests...)
)

// homes tells for each dependency which packages import it, and which only in
// their tests. Adding one is a decision, so it has to be added here.
var homes = []struct {
	module  string
	in      []string
	inTests []string
}{
	{"golang.org/x/mod", []string{"..."}, nil},
	{"github.com/sethvargo/go-githubactions", []string{"action"}, nil},
	{"github.com/hashicorp/go-retryablehttp", []string{"internal/modproxy"}, nil},
	{"github.com/gofrs/flock", []string{"internal/modcache"}, nil},
	{"github.com/klauspost/compress", []string{"internal/loopback"}, nil},
	{"golang.org/x/sys", []string{"internal/gocmd", "internal/machine", "internal/forward", "internal/pac"}, nil}, // job objects; locks and rights; the registry; WinHTTP
	{"golang.org/x/net", []string{"internal/forward", "internal/tunnel"}, []string{"report"}},                     // NO_PROXY; SOCKS5; its HTML parser reads the HTML report
	{"golang.org/x/text", []string{"internal/classify", "internal/pac"}, nil},                                     // GBK
	{"github.com/dop251/goja", []string{"internal/pac"}, nil},
	{"github.com/Azure/go-ntlmssp", []string{"internal/tunnel"}, nil},
	{"github.com/alexbrainman/sspi", []string{"internal/tunnel"}, nil},
	{"github.com/rogpeppe/go-internal", nil, []string{"..."}},
}

// A file is what matters of a Go file.
type file struct {
	pkg     string // folder below the module's root
	test    bool
	imports []string
}

// wrong says what is wrong with an import of f, empty when nothing is.
func wrong(f file, imported, module string) string {
	own, ours := strings.CutPrefix(imported, module+"/")
	switch first, _, _ := strings.Cut(imported, "/"); {
	case imported == module:
		return "the module's root is no package"
	case ours:
		return wrongArrow(f, own)
	case !strings.Contains(first, "."):
		return "" // of the standard library
	}
	return wrongHome(f, imported)
}

func wrongArrow(f file, own string) string {
	from, to := layer(f.pkg), layer(own)
	switch {
	case own == f.pkg && f.test:
		return "" // an external test
	case in(own, forTests):
		if f.test || in(f.pkg, mayTest) {
			return ""
		}
		return own + " is for tests only"
	case in(f.pkg, forTests):
		return "what is for tests imports nothing of ours, but this is " + own
	case from < 0:
		return f.pkg + " has no place in layers"
	case to < 0:
		return own + " has no place in layers"
	case from >= to:
		return "the arrow to " + own + " does not point down"
	}
	return ""
}

func wrongHome(f file, imported string) string {
	for _, h := range homes {
		if imported != h.module && !strings.HasPrefix(imported, h.module+"/") {
			continue
		}
		if in(f.pkg, h.in) || in(f.pkg, h.inTests) && (f.test || in(f.pkg, forTests)) {
			return ""
		}
		return fmt.Sprintf("%s is known to %s and tests of %s only", h.module, h.in, h.inTests)
	}
	return imported + " has no place in homes"
}

// layer is the line of a package in layers, -1 when it has none.
func layer(pkg string) int {
	return slices.IndexFunc(layers, func(l []string) bool { return in(pkg, l) })
}

func in(pkg string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		dir, below := strings.CutSuffix(p, "...")
		return pkg == p || below && strings.HasPrefix(pkg+"/", dir)
	})
}

func TestArrows(t *testing.T) {
	t.Parallel()
	module, files := readModule(t, filepath.Join("..", ".."))
	seen := map[string]bool{}
	for _, f := range files {
		if !seen[f.pkg] && layer(f.pkg) < 0 && !in(f.pkg, forTests) {
			t.Errorf("package %s has no place in layers", f.pkg)
		}
		seen[f.pkg] = true
		for _, imported := range f.imports {
			if text := wrong(f, imported, module); text != "" {
				t.Errorf("package %s: %s", f.pkg, text)
			}
		}
	}
	for _, l := range layers[1:] {
		for _, pkg := range l {
			if !seen[pkg] {
				t.Errorf("package %s stands in layers and does not exist", pkg)
			}
		}
	}
}

// TestHomes: the dependencies of go.mod are those that have a home.
func TestHomes(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	gomod, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	var direct, known []string
	for _, r := range gomod.Require {
		if !r.Indirect {
			direct = append(direct, r.Mod.Path)
		}
	}
	for _, h := range homes {
		known = append(known, h.module)
	}
	slices.Sort(direct)
	slices.Sort(known)
	if !slices.Equal(direct, known) {
		t.Errorf("go.mod requires %v, homes has %v", direct, known)
	}
}

// readModule parses the imports of every Go file of a module, whatever system it is for.
func readModule(t *testing.T, root string) (module string, files []file) {
	t.Helper()
	gomod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == root {
			return err
		}
		if d.IsDir() {
			if foreign(name, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(d.Name()) != ".go" {
			return nil
		}
		f, err := readFile(root, name)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return modfile.ModulePath(gomod), files
}

// foreign reports whether a folder is none of the module's: the go command
// passes it over, or it is a module of its own.
func foreign(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil || name == "testdata" || name == "vendor" || name == "node_modules" || name[0] == '.' || name[0] == '_'
}

func readFile(root, name string) (f file, err error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		return f, err
	}
	dir, err := filepath.Rel(root, filepath.Dir(name))
	f = file{pkg: filepath.ToSlash(dir), test: strings.HasSuffix(name, "_test.go")}
	for _, spec := range parsed.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return f, err
		}
		f.imports = append(f.imports, p)
	}
	return f, err
}

func TestWrong(t *testing.T) {
	t.Parallel()
	const module = "example.com/tool"
	tests := []struct {
		pkg      string // "_test" behind it: a test of the package
		imported string
		want     string // empty is allowed
	}{
		{"report", "strings", ""},
		{"report", module + "/ci", "the arrow to ci does not point down"},
		{"ci", module + "/internal/config", "the arrow to internal/config does not point down"},
		{"report_test", module + "/internal/setup", "the arrow to internal/setup does not point down"},
		{"report_test", module + "/report", ""},
		{"internal/config", module + "/internal/modproxy", ""},
		{"internal/config", module + "/report", ""},
		{"internal/modproxy", module + "/internal/config", "the arrow to internal/config does not point down"},
		{"internal/modproxy", module + "/internal/forward", "the arrow to internal/forward does not point down"},
		{"internal/loopback", module + "/internal/setup", "the arrow to internal/setup does not point down"},
		{"internal/setup", module + "/action", "the arrow to action does not point down"},
		{"action", module + "/cmd/tool", "the arrow to cmd/tool does not point down"},
		{"cmd/tool", module + "/ci", ""},
		{"cmd/tool", module + "/cmd/other", "the arrow to cmd/other does not point down"},
		{"cmd/tool", module + "/internal/util", "internal/util has no place in layers"},
		{"internal/util", module + "/report", "internal/util has no place in layers"},
		{"cmd/tool", module, "the module's root is no package"},

		{"internal/loopback", module + "/internal/proxytest", "internal/proxytest is for tests only"},
		{"cmd/tool", module + "/internal/proxytest", "internal/proxytest is for tests only"},
		{"internal/loopback_test", module + "/internal/proxytest", ""},
		{"report_test", module + "/internal/proxytest", ""},
		{"bench", module + "/internal/proxytest", ""},
		{"internal/proxytest/faultproxy", module + "/internal/proxytest", ""},
		{"internal/proxytest", module + "/internal/modproxy", "what is for tests imports nothing of ours, but this is internal/modproxy"},

		{"action", "github.com/sethvargo/go-githubactions", ""},
		{"cmd/tool", "github.com/sethvargo/go-githubactions", "github.com/sethvargo/go-githubactions is known to [action] and tests of [] only"},
		{"internal/loopback", "github.com/hashicorp/go-retryablehttp", "github.com/hashicorp/go-retryablehttp is known to [internal/modproxy] and tests of [] only"},
		{"internal/setup", "golang.org/x/sync/errgroup", "golang.org/x/sync/errgroup has no place in homes"},
		{"internal/forward", "golang.org/x/sys/windows/registry", ""},
		{"internal/setup", "golang.org/x/sys/windows", "golang.org/x/sys is known to [internal/gocmd internal/machine internal/forward internal/pac] and tests of [] only"},
		{"report", "golang.org/x/net/html", "golang.org/x/net is known to [internal/forward internal/tunnel] and tests of [report] only"},
		{"report_test", "golang.org/x/net/html", ""},
		{"internal/config", "golang.org/x/mod/module", ""},
		{"ci", "github.com/rogpeppe/go-internal/txtar", "github.com/rogpeppe/go-internal is known to [] and tests of [...] only"},
		{"ci_test", "github.com/rogpeppe/go-internal/txtar", ""},
		{"internal/proxytest", "github.com/rogpeppe/go-internal/txtar", ""},
		{"ci", "golang.org/x/modern", "golang.org/x/modern has no place in homes"},
		{"ci_test", "example.com/assert", "example.com/assert has no place in homes"},
	}
	for _, tt := range tests {
		pkg, test := strings.CutSuffix(tt.pkg, "_test")
		if got := wrong(file{pkg: pkg, test: test}, tt.imported, module); got != tt.want {
			t.Errorf("%s imports %s: %q, want %q", tt.pkg, tt.imported, got, tt.want)
		}
	}
}
