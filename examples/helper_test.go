// Package examples has no code of its own. Its tests run the examples, or read
// them as their systems would where those cannot run here.
package examples

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
)

// A job is a machine of a CI system with a Go module checked out, and a module
// proxy that is the only candidate.
type job struct {
	t     *testing.T
	dir   string // the checkout
	proxy string
	goLog string // "ARGS|GOPROXY" for each call of go that an example makes itself
	vars  map[string]string
}

// newJob makes the job of a system. Its variables are those of a real job,
// from ci/testdata/detect, with folders that exist.
func newJob(t *testing.T, system string) *job {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("NOT RUN: the example is for a POSIX shell")
	}
	srv := proxytest.New(t, proxytest.Dir(filepath.Join("..", "internal", "proxytest", "testdata", "mod")))
	j := &job{t: t, dir: t.TempDir(), proxy: srv.URL, vars: map[string]string{}}
	srv.WriteMain(j.dir, "example.com/m@v1.0.0", "example.com/dep@v1.0.0")
	write(t, filepath.Join(j.dir, "main.go"), "package main\n\nimport _ \"example.com/m\"\n\nfunc main() {}\n")
	bin := j.stubs(filepath.Join(t.TempDir(), "bin"))
	j.goLog = filepath.Join(filepath.Dir(bin), "go.log")
	for _, kv := range proxytest.GoEnv(t,
		"GOCACHE="+output(t, exec.Command("go", "env", "GOCACHE")), // holds results by content
		"GOPROXY=", "GOPROXY_SETUP_PROXIES="+srv.URL, "GO_LOG="+j.goLog,
		"GOPROXY_SETUP_MIRROR=file://"+filepath.Dir(filepath.Dir(filepath.Dir(program(t)))),
		"PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
	) {
		j.set(kv)
	}
	j.detected(system)
	return j
}

func (j *job) set(kv string) {
	name, value, _ := strings.Cut(kv, "=")
	j.vars[name] = strings.ReplaceAll(value, "$WORK", j.dir)
}

func (j *job) detected(system string) {
	if system == "" {
		return
	}
	row, ok := ci.Named(system)
	if !ok {
		j.t.Fatalf("no system %s in ci.Systems", system)
	}
	archive, err := txtar.ParseFile(filepath.Join("..", "ci", "testdata", "detect", system+".txtar"))
	if err != nil {
		j.t.Fatal(err)
	}
	for _, f := range archive.Files {
		if f.Name == "env" {
			for line := range strings.Lines(string(f.Data)) {
				j.set(strings.TrimSpace(line))
			}
		}
	}
	if row.WorkspaceVar != "" {
		j.vars[row.WorkspaceVar] = j.dir
	}
	if row.TempVar != "" {
		j.vars[row.TempVar] = j.t.TempDir()
	}
}

// stubs are the commands that an example finds on its machine: a go that notes
// how it was called, and a curl that has the installer of this checkout, which
// finds the program of this checkout.
func (j *job) stubs(bin string) string {
	realGo, err := exec.LookPath("go")
	if err != nil {
		j.t.Fatal(err)
	}
	// The program's own calls are env, list and mod.
	script(j.t, filepath.Join(bin, "go"), `case $1 in build|test|vet) echo "$*|$GOPROXY" >>"$GO_LOG" ;; esac
exec '`+realGo+`' "$@"`)
	realCurl, err := exec.LookPath("curl")
	if err != nil {
		missing(j.t, "THE EXAMPLES WERE NOT RUN: curl is not here")
	}
	installer, err := filepath.Abs(filepath.Join("..", "install.sh"))
	if err != nil {
		j.t.Fatal(err)
	}
	script(j.t, filepath.Join(bin, "curl"), `case "$*" in
  '-fsSL `+releases+`/install.sh') exec cat '`+installer+`' ;;
  *file://*) exec '`+realCurl+`' "$@" ;;
esac
echo "curl $*: not an address of an example" >&2
exit 6`)
	return bin
}

// Where the examples have the installers and the template from.
const (
	releases   = "https://github.com/goproxy-setup/goproxy-setup/releases/latest/download"
	repository = "https://raw.githubusercontent.com/goproxy-setup/goproxy-setup/v1"
)

// stub adds a command of the system to the machine.
func (j *job) stub(name, body string) {
	script(j.t, filepath.Join(j.bin(), name), body)
}

func (j *job) bin() string {
	bin, _, _ := strings.Cut(j.vars["PATH"], string(os.PathListSeparator))
	return bin
}

func (j *job) environ() []string {
	var out []string
	for name, value := range j.vars {
		out = append(out, name+"="+value)
	}
	return out
}

// run runs a script in a shell of its own and returns its standard output. In
// place of /usr/local/bin it has a folder of the test.
func (j *job) run(shell, text string) string {
	j.t.Helper()
	text = strings.ReplaceAll(text, "/usr/local/bin", j.bin())
	var stderr bytes.Buffer
	ctx, cancel := context.WithTimeout(j.t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, shell, "-e", "-c", text)
	c.Dir, c.Env, c.Stderr = j.dir, j.environ(), &stderr
	out, err := c.Output()
	if err != nil {
		j.t.Fatalf("%v of\n%s\nwith output\n%s%s", err, text, out, &stderr)
	}
	return string(out)
}

// goSaw checks that all calls of go in the example had the choice as GOPROXY.
func (j *job) goSaw(calls ...string) {
	j.t.Helper()
	data, err := os.ReadFile(j.goLog)
	if err != nil {
		j.t.Fatalf("the example called go for nothing: %v", err)
	}
	var got []string
	for line := range strings.Lines(string(data)) {
		call, goproxy, _ := strings.Cut(strings.TrimSpace(line), "|")
		got = append(got, call)
		if !strings.Contains(goproxy, j.proxy) && !ofLoopback.MatchString(goproxy) {
			j.t.Errorf("go %s saw GOPROXY=%q, want the choice %s or a loopback", call, goproxy, j.proxy)
		}
	}
	if g, w := strings.Join(got, "; "), strings.Join(calls, "; "); g != w {
		j.t.Errorf("the example called go for %q, want %q", g, w)
	}
}

var ofLoopback = regexp.MustCompile(`^http://127\.0\.0\.1:\d+/[A-Z2-7]{26}/`)

func (j *job) wrote(files ...string) {
	j.t.Helper()
	for _, name := range files {
		if info, err := os.Stat(filepath.Join(j.dir, name)); err != nil || info.Size() == 0 {
			j.t.Errorf("no report %s: %v", name, err)
		}
	}
}

// built is a release folder with the program for this platform, made once.
var built = sync.OnceValues(func() (string, error) {
	root, err := os.MkdirTemp("", "goproxy-setup-examples-*")
	if err != nil {
		return "", err
	}
	base := fmt.Sprintf("goproxy-setup_%s_%s", runtime.GOOS, runtime.GOARCH)
	name := filepath.Join(root, "latest", "download", base)
	c := exec.Command("go", "build", "-o", name, "./cmd/goproxy-setup")
	c.Dir, c.Env = "..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return name, fmt.Errorf("%w: %s", err, out)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return name, err
	}
	sums := fmt.Appendf(nil, "%x  %s\n", sha256.Sum256(data), base)
	return name, os.WriteFile(filepath.Join(filepath.Dir(name), "checksums.txt"), sums, 0o644)
})

// program is goproxy-setup, in a folder made like that of a release.
func program(t *testing.T) string {
	t.Helper()
	name, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func TestMain(m *testing.M) {
	code := m.Run()
	if name, _ := built(); name != "" {
		os.RemoveAll(filepath.Dir(filepath.Dir(filepath.Dir(name))))
	}
	os.Exit(code)
}

// toYAML is what the tests read YAML with: no module for it is among the
// dependencies, and PyYAML is wherever cloud images and hosted runners are.
const toYAML = `
import sys, json, yaml
class Loader(yaml.SafeLoader): pass
Loader.add_multi_constructor('!', lambda l, tag, node: l.construct_sequence(node, deep=True))
print(json.dumps(list(yaml.load_all(sys.stdin, Loader)), default=str))`

// readYAML returns the last document of a file.
func readYAML(t *testing.T, file string) any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("python3", "-c", "import yaml").Run(); err != nil {
		missing(t, "YAML WAS NOT READ: python3 with PyYAML is not here")
	}
	c := exec.Command("python3", "-c", toYAML)
	c.Stdin = bytes.NewReader(data)
	var documents []any
	if err := json.Unmarshal([]byte(output(t, c)), &documents); err != nil || len(documents) == 0 {
		t.Fatalf("read %s: %v", file, err)
	}
	return documents[len(documents)-1]
}

// missing ends a test for want of a tool: skipped where people work, failed
// with GOPROXY_SETUP_EXAMPLES=required, for whoever has installed them all.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("GOPROXY_SETUP_EXAMPLES") == "required" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// lookTool finds a tool by a variable, or by its name on PATH.
func lookTool(t *testing.T, name, variable string) string {
	t.Helper()
	if path := os.Getenv(variable); path != "" {
		return path
	}
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, "EXAMPLES WERE NOT READ BY "+name+": it is not on PATH, nor named by "+variable)
	}
	return path
}

// at returns the values at a path of keys; "*" stands for every item of a list.
func at(doc any, path ...string) []any {
	if len(path) == 0 {
		return []any{doc}
	}
	var out []any
	switch v := doc.(type) {
	case map[string]any:
		if child, ok := v[path[0]]; ok {
			return at(child, path[1:]...)
		}
	case []any:
		if path[0] == "*" {
			for _, child := range v {
				out = append(out, at(child, path[1:]...)...)
			}
		}
	}
	return out
}

// texts returns the scripts at a path, each of one shell: lines of a list
// share theirs.
func texts(t *testing.T, doc any, path ...string) []string {
	t.Helper()
	var out []string
	for _, v := range at(doc, path...) {
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case []any:
			var lines []string
			for _, line := range v {
				lines = append(lines, line.(string))
			}
			out = append(out, strings.Join(lines, "\n"))
		}
	}
	if len(out) == 0 {
		t.Fatalf("nothing at %s", strings.Join(path, "."))
	}
	return out
}

func script(t *testing.T, name, body string) {
	t.Helper()
	write(t, name, "#!/bin/sh\n"+body+"\n")
	if err := os.Chmod(name, 0o755); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), "\r\n", "\n")
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func output(t *testing.T, c *exec.Cmd) string {
	t.Helper()
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", c, err, out, &stderr)
	}
	return strings.TrimSpace(string(out))
}
