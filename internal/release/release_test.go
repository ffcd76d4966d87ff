package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestRelease makes a release of this platform alone, from the HEAD of this checkout: two builds, the commit, the
// action run from it. That is all of the program but its other platforms.
func TestRelease(t *testing.T) {
	t.Parallel()
	native := runtime.GOOS + "/" + runtime.GOARCH
	if !slices.Contains(allPlatforms, native) {
		t.Skipf("%s is not released", native)
	}
	for _, name := range []string{"git", "node", "go"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s here", name)
		}
	}
	if err := exec.Command("git", "-C", "../..", "cat-file", "-e", "HEAD:install.sh").Run(); err != nil {
		t.Skip("this is no git checkout, or one from before the installer")
	}
	env := append(os.Environ(), "GOPROXY=off") // tests reach loopback addresses only
	deps := exec.Command("go", "list", "-deps", "../../cmd/goproxy-setup")
	deps.Env = env
	if err := deps.Run(); err != nil {
		t.Skip("not all modules of the program are in the module cache")
	}
	out := filepath.Join(t.TempDir(), "out")
	var log bytes.Buffer
	if err := run(t.Context(), []string{"-version", "v1.999.0", "-o", out, "-C", "../..", "-platforms", native}, env, &log); err != nil {
		t.Fatal(err)
	}
	file := platform{runtime.GOOS, runtime.GOARCH}.file()
	for _, want := range []string{"is tagged v1.999.0 and v1\n", "the action ran " + file + "\n", "  " + file + "\n"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %q in\n%s", want, &log)
		}
	}
	bundle := exec.Command("git", "-C", filepath.Join(out, "source"), "bundle", "list-heads", filepath.Join(out, "release.bundle"))
	heads, err := bundle.Output()
	if got := strings.Fields(string(heads)); err != nil || len(got) != 4 || got[0] != got[2] || got[1] != "refs/tags/v1.999.0" || got[3] != "refs/tags/v1" {
		t.Errorf("the bundle has %q, %v", heads, err)
	}
	want := []string{"checksums.txt", strings.TrimSuffix(file, ".exe") + ".cdx.json", file, "install.ps1", "install.sh"}
	slices.Sort(want)
	if got := names(t, filepath.Join(out, "assets")); !slices.Equal(got, want) {
		t.Errorf("assets has %v, want %v", got, want)
	}
	want = []string{"checksums.txt", "go.mod", file}
	slices.Sort(want)
	if got := names(t, filepath.Join(out, "tree", "dist")); !slices.Equal(got, want) {
		t.Errorf("dist has %v, want %v", got, want)
	}
	t.Run("install", func(t *testing.T) { installAssets(t, filepath.Join(out, "assets")) })
	t.Run("image", func(t *testing.T) { buildImage(t, filepath.Join(out, "assets")) })
}

// installAssets runs install.sh with what it finds in a real release.
func installAssets(t *testing.T, assets string) {
	if runtime.GOOS == "windows" {
		t.Skip("install.sh is for POSIX shells")
	}
	server := httptest.NewServer(http.StripPrefix("/download/v1.999.0/", http.FileServer(http.Dir(assets))))
	defer server.Close()
	cmd := exec.Command("sh", filepath.Join(assets, "install.sh"), "-b", t.TempDir(), "v1.999.0")
	cmd.Env = append(os.Environ(), "GOPROXY_SETUP_MIRROR="+server.URL)
	if got, err := cmd.Output(); err != nil || !strings.HasPrefix(string(got), "goproxy-setup v1.999.0 ") {
		t.Errorf("printed %q, %v", got, err)
	}
}

// buildImage builds the image without an engine and looks into it.
func buildImage(t *testing.T, assets string) {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("needs root on Linux")
	}
	if _, err := exec.LookPath("buildah"); err != nil {
		t.Skip("no buildah here")
	}
	certs, store := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(certs, "ca-certificates.crt"), []byte("certificates\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	buildah := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("buildah", append([]string{"--root", store, "--runroot", filepath.Join(store, "run"), "--storage-driver", "vfs"}, args...)...)
		cmd.Stderr = new(bytes.Buffer)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("buildah %s: %v\n%s", args[0], err, cmd.Stderr)
		}
		return strings.TrimSpace(string(out))
	}
	image := buildah("bud", "-q", "--isolation", "chroot", "--pull-never", "--build-context", "binary="+assets, "--build-context", "certs="+certs, "../..")
	container := buildah("from", "--pull-never", image)
	defer buildah("rm", container)
	root := buildah("mount", container)
	var files []string
	var size int64
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			info, _ := d.Info()
			size += info.Size()
			files = append(files, strings.TrimPrefix(path, root)+" "+info.Mode().String())
		}
		return err
	})
	want := []string{"/etc/ssl/certs/ca-certificates.crt -rw-r--r--", "/goproxy-setup -rwxr-xr-x"}
	if !slices.Equal(files, want) || size > 20e6 {
		t.Errorf("the image has %v, %d bytes; want %v", files, size, want)
	}
	if user := buildah("inspect", "--format", "{{.OCIv1.Config.User}} {{.OCIv1.Config.Entrypoint}}", container); user != "65532:65532 [/goproxy-setup]" {
		t.Errorf("user and entry point are %s", user)
	}
	if got := buildah("run", "--isolation", "chroot", container, "--", "/goproxy-setup", "version"); !strings.HasPrefix(got, "goproxy-setup v1.999.0 ") {
		t.Errorf("the program in it says %q", got)
	}
}

// TestDockerignore: the build context of the image has every folder that the program is built from.
func TestDockerignore(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(data))
	list, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "../../cmd/goproxy-setup").Output()
	if err != nil {
		t.Fatal(err)
	}
	ours := 0
	for path := range strings.FieldsSeq(string(list)) {
		if rest, ok := strings.CutPrefix(path, modulePath+"/"); ok {
			ours++
			if folder, _, _ := strings.Cut(rest, "/"); !slices.Contains(lines, "!"+folder) {
				t.Errorf(".dockerignore leaves out %s", folder)
			}
		}
	}
	if ours < 5 {
		t.Errorf("the program has %d packages of ours:\n%s", ours, list)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestMovingTag(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ version, tags, want string }{
		{"v1.0.0", "", "v1"},
		{"v1.3.0", "v1 v1.2.0 v1.2.10", "v1"},
		{"v1.2.9", "v1 v1.2.10", ""}, // a fix of an old version
		{"v1.2.9", "v1.2.10-rc.1", "v1"},
		{"v1.3.0-rc.1", "v1.2.0", ""},
		{"v1.3.0", "v2.0.0 v0.9.0", "v1"},
		{"v1.3.0", "v1.9 release v1.x", "v1"}, // no versions
		{"v2.0.0", "v1.9.0", "v2"},
	} {
		if got := movingTag(c.version, strings.Fields(c.tags)); got != c.want {
			t.Errorf("movingTag(%s, %s) = %q, want %q", c.version, c.tags, got, c.want)
		}
	}
}

// TestRefused: what cannot be released fails before anything is built.
func TestRefused(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	fresh := filepath.Join(full, "new")
	for _, c := range []struct{ args, want string }{
		{"-version 1.2.3 -o " + fresh, "not of the form"},
		{"-version v1.2 -o " + fresh, "not of the form"},
		{"-version v1.2.3+meta -o " + fresh, "not of the form"},
		{"-version v1.2.3 -platforms plan9/amd64 -o " + fresh, "platform"},
		{"-version v1.2.3 -o " + full, "exist"},
	} {
		var log bytes.Buffer
		if err := run(t.Context(), strings.Fields(c.args), os.Environ(), &log); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.args, err, c.want)
		}
	}
	if _, err := os.Stat(fresh); err == nil {
		t.Errorf("%s was made", fresh)
	}
}

// TestCheckModule: dist/ stays out of the module, and what is too large is named.
func TestCheckModule(t *testing.T) {
	t.Parallel()
	tree := t.TempDir()
	write := func(name string, size int) {
		t.Helper()
		file := filepath.Join(tree, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, make([]byte, size), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	check := func(limit int64, want string) {
		t.Helper()
		err := checkModule(tree, limit)
		if got := fmt.Sprint(err); err != nil != (want != "") || !strings.Contains(got, want) {
			t.Errorf("%s, want %q", got, want)
		}
	}
	write("a.go", 10)
	write("b/b.go", 30)
	check(40, "")
	check(39, "40 bytes, at most 39 may be; the largest file is "+filepath.Join("b", "b.go")+" with 30")
	write("dist/binary", 5)
	check(100, "the module's zip would have "+filepath.Join("dist", "binary"))
	write("dist/go.mod", 5)
	check(40, "")
	write("b/B.go", 1)
	if runtime.GOOS == "linux" { // elsewhere it is the same file
		check(100, "the go command would refuse the module")
	}
}

// TestBuildEnv: nothing that the machine has set reaches the bytes of a binary.
func TestBuildEnv(t *testing.T) {
	t.Parallel()
	env := buildEnv([]string{"PATH=/bin", "GOFLAGS=-race", "GOEXPERIMENT=boringcrypto", "GOAMD64=v4", "GOPROXY=https://proxy.example"}, platform{"linux", "arm64"})
	got := map[string]string{}
	for _, kv := range env { // the last of a name counts
		name, value, _ := strings.Cut(kv, "=")
		got[name] = value
	}
	for name, want := range map[string]string{
		"GOFLAGS": "-trimpath", "GOEXPERIMENT": "", "GOAMD64": "v1", "GOOS": "linux", "GOARCH": "arm64", "CGO_ENABLED": "0",
		"GOPROXY": "https://proxy.example", "PATH": "/bin",
	} {
		if got[name] != want {
			t.Errorf("%s=%s, want %q", name, got[name], want)
		}
	}
}
