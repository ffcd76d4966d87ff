package gocmd

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"

	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// testGo is the go command of this machine with an environment of its own.
func testGo(t *testing.T, vars ...string) Go {
	t.Helper()
	g, err := Find(os.Getenv, runtime.GOOS)
	if err != nil {
		t.Fatal(err)
	}
	// Without HOME there is no telemetry, which writes after the command has ended.
	g.Env = proxytest.GoEnv(t, append([]string{"GOFLAGS=-modcacherw", "HOME="}, vars...)...)
	return g
}

// Each file of testdata/modules is a checkout. Lines "dir: NAME" and "env:
// NAME=VALUE" of its comment say where the job works and what is set there,
// where $WORK is the checkout.
func TestModules(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/modules/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a := readArchive(t, file)
			root := a.write(t)
			dir, env := job(a.comment, root)
			got := describe(t, testGo(t, env...).In(dir), dir)
			a.check(t, strings.ReplaceAll(filepath.ToSlash(got), filepath.ToSlash(root), "$WORK"))
		})
	}
}

func job(comment, root string) (dir string, env []string) {
	dir = root
	for s := bufio.NewScanner(strings.NewReader(comment)); s.Scan(); {
		key, value, _ := strings.Cut(s.Text(), ": ")
		switch key {
		case "dir":
			dir = filepath.Join(root, value)
		case "env":
			env = append(env, strings.ReplaceAll(value, "$WORK", root))
		}
	}
	return dir, env
}

// describe renders what Modules and NeedsOf find in dir.
func describe(t *testing.T, g Go, dir string) string {
	t.Helper()
	settings, err := g.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	modules, err := Modules(dir, settings)
	var b strings.Builder
	if err != nil {
		var broken *FileError
		if !errors.As(err, &broken) || broken.FailureClass() != report.GoModInvalid {
			t.Fatalf("Modules: %v is no *FileError", err)
		}
		fmt.Fprintf(&b, "error %v\n", err)
	}
	if len(modules) == 0 {
		return b.String() + "no modules\n"
	}
	for _, m := range modules {
		describeModule(&b, m)
	}
	needs, _, err := NeedsOf(modules...)
	if err != nil {
		t.Fatal(err)
	}
	describeNeeds(t, &b, needs)
	return b.String()
}

func describeModule(b *strings.Builder, m Module) {
	fmt.Fprintf(b, "module %s in %s", m.Path, m.Dir)
	for _, f := range []struct{ name, value string }{{"go", m.Go}, {"toolchain", m.Toolchain}, {"work", m.Work}} {
		if f.value != "" {
			fmt.Fprintf(b, " %s=%s", f.name, f.value)
		}
	}
	if m.Vendor {
		b.WriteString(" vendor")
	}
	if m.Vendored {
		b.WriteString(" vendored")
	}
	b.WriteString("\n")
	for _, r := range m.Requires {
		fmt.Fprintf(b, "\trequire %s%s\n", r.Version, map[bool]string{true: " indirect"}[r.Indirect])
	}
	for _, e := range m.Excludes {
		fmt.Fprintf(b, "\texclude %s\n", e)
	}
	for _, r := range m.Replaces {
		fmt.Fprintf(b, "\treplace %s => %s\n", r.Old, r.New)
	}
	for _, tool := range m.Tools {
		fmt.Fprintf(b, "\ttool %s\n", tool)
	}
}

func describeNeeds(t *testing.T, b *strings.Builder, n Needs) {
	t.Helper()
	fmt.Fprintf(b, "needs exact=%t\n", n.Exact)
	for _, i := range n.Mods {
		fmt.Fprintf(b, "\tmod %s %s\n", i.Version, i.Sum)
	}
	for _, i := range n.Zips {
		fmt.Fprintf(b, "\tzip %s %s\n", i.Version, i.Sum)
	}
	if !slices.Equal(versions(n.Infos), versions(n.Zips)) {
		t.Errorf("Infos = %v, want those of Zips", n.Infos)
	}
}

func versions(items []Item) []module.Version {
	var list []module.Version
	for _, i := range items {
		list = append(list, i.Version)
	}
	return list
}

func TestModulesBelowKeepsToItsLimits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	deep := dir
	for range maxDepth + 1 {
		deep = filepath.Join(deep, "d")
		writeFile(t, filepath.Join(deep, "go.mod"), "module example.com/d\n")
	}
	modules, err := Modules(dir, Settings{})
	if err != nil || len(modules) != maxDepth {
		t.Errorf("Modules found %d (%v), want %d: one in each folder down to the limit", len(modules), err, maxDepth)
	}
}

func TestModulesBelowFollowsNoLinks(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	writeFile(t, filepath.Join(outside, "go.mod"), "module example.com/outside\n")
	for link, target := range map[string]string{
		"link":   outside,
		"loop":   dir,
		"go.mod": filepath.Join(dir, "none"), // would be broken
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	modules, err := Modules(dir, Settings{})
	if err != nil || len(modules) != 0 {
		t.Errorf("Modules = %v, %v, want none", modules, err)
	}
}
