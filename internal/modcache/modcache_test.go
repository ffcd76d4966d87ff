package modcache_test

import (
	"archive/zip"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/internal/modcache"
	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
)

const upper = "example.test/Upper/lib"

func newProxy(t *testing.T) *proxytest.Server {
	return proxytest.New(t,
		proxytest.Module(upper+"@v1.0.0", "-- go.mod --\nmodule "+upper+"\n-- lib.go --\npackage lib\n-- deep/er/x.txt --\nx\n-- LICENSE --\nfree\n"),
		proxytest.Module("example.test/plain@v1.2.3-RC1", "-- go.mod --\nmodule example.test/plain\n-- p.go --\npackage plain\n"),
	)
}

// A job is a main module that needs all of a proxy, and a module cache.
type job struct {
	*testing.T
	proxy       *proxytest.Server
	main, cache string
}

func newJob(t *testing.T, proxy *proxytest.Server) job {
	j := job{t, proxy, t.TempDir(), t.TempDir()}
	proxy.WriteMain(j.main, upper+"@v1.0.0", "example.test/plain@v1.2.3-RC1")
	t.Cleanup(func() { // go leaves folders that cannot be emptied
		filepath.WalkDir(j.cache, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				os.Chmod(path, 0o777)
			}
			return nil
		})
	})
	return j
}

func (j job) goes(goproxy string, args ...string) string {
	j.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = j.main
	cmd.Env = append(os.Environ(), "GOPROXY="+goproxy, "GOMODCACHE="+j.cache, "GOSUMDB=off", "GOFLAGS=", "GONOPROXY=none", "GOENV=off", "GOTOOLCHAIN=local", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		j.Fatalf("go %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// fetch puts a zip into a file of the claim.
func (j job) fetch(c *modcache.Claim, path string) string {
	j.Helper()
	resp, err := http.Get(j.proxy.URL + "/" + path)
	if err != nil {
		j.Fatal(err)
	}
	defer resp.Body.Close()
	f, err := c.Temp()
	if err != nil {
		j.Fatal(err)
	}
	defer f.Close()
	if _, err := io.Copy(f, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		j.Fatal(resp.Status, err)
	}
	return f.Name()
}

// unpack creates the files of a zip, at most so many.
func (j job) unpack(c *modcache.Claim, zipFile string, most int) {
	j.Helper()
	if err := c.Begin(zipFile); err != nil {
		j.Fatal(err)
	}
	z, err := zip.OpenReader(zipFile)
	if err != nil {
		j.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File[:min(most, len(z.File))] {
		r, err := f.Open()
		if err != nil {
			j.Fatal(err)
		}
		w, err := c.Create(f.Name)
		if err != nil {
			j.Fatal(err)
		}
		if _, err := io.Copy(w, r); err != nil {
			j.Fatal(err)
		}
		if err := w.Close(); err != nil {
			j.Fatal(err)
		}
	}
}

const all = 1 << 20

func (j job) fill(path, version, file string) {
	j.Helper()
	c := (&modcache.Cache{Dir: j.cache}).Claim(path, version)
	if c == nil {
		j.Fatalf("no claim of %s@%s", path, version)
	}
	defer c.Release()
	name := j.fetch(c, file)
	j.unpack(c, name, all)
	if err := c.Commit(name, j.proxy.ZipHash(path+"@"+version)); err != nil {
		j.Fatal(err)
	}
}

func (j job) fillAll() {
	j.Helper()
	j.fill(upper, "v1.0.0", "example.test/!upper/lib/@v/v1.0.0.zip")
	j.fill("example.test/plain", "v1.2.3-RC1", "example.test/plain/@v/v1.2.3-!r!c1.zip")
}

// tree lists a folder: each file with its mode and content.
func (j job) tree() map[string]string {
	j.Helper()
	list := map[string]string{}
	err := filepath.WalkDir(j.cache, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(j.cache, path)
		info, err := d.Info()
		if err != nil || name == "." {
			return err
		}
		list[name] = info.Mode().String()
		if !d.IsDir() {
			data, err := os.ReadFile(path)
			list[name] += " " + string(data)
			return err
		}
		return nil
	})
	if err != nil {
		j.Fatal(err)
	}
	return list
}

// TestLikeGo: what is put into the cache is what go puts there, to the last mode, and
// go takes it without asking for a zip.
func TestLikeGo(t *testing.T) {
	t.Parallel()
	proxy := newProxy(t)
	theirs := newJob(t, proxy)
	theirs.goes(proxy.URL, "mod", "download")
	proxy.Forget()
	ours := newJob(t, proxy)
	ours.fillAll()
	proxy.Forget()
	ours.goes(proxy.URL, "mod", "download")
	if n := proxy.Count("*.zip"); n != 0 {
		t.Errorf("go asked for %d zips that are there", n)
	}
	if out := ours.goes("off", "mod", "verify"); !strings.Contains(out, "all modules verified") {
		t.Errorf("go mod verify: %s", out)
	}
	got, want := ours.tree(), theirs.tree()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s is\n%q, from go it is\n%q", name, got[name], want[name])
		}
		delete(got, name)
	}
	for name := range got {
		t.Errorf("%s is there, which go does not make", name)
	}
}

// TestKilled: a module whose files are not complete is none to go, which makes it anew.
func TestKilled(t *testing.T) {
	t.Parallel()
	proxy := newProxy(t)
	j := newJob(t, proxy)
	c := (&modcache.Cache{Dir: j.cache}).Claim(upper, "v1.0.0")
	name := j.fetch(c, "example.test/!upper/lib/@v/v1.0.0.zip")
	j.unpack(c, name, 2)
	c.Release()
	if again := (&modcache.Cache{Dir: j.cache}).Claim(upper, "v1.0.0"); again != nil {
		t.Error("what somebody has begun is left to go")
	}
	j.goes(proxy.URL, "mod", "download")
	if out := j.goes("off", "mod", "verify"); !strings.Contains(out, "all modules verified") {
		t.Errorf("go mod verify: %s", out)
	}
	if _, err := os.Stat(name); err == nil {
		t.Errorf("%s is left", name)
	}
}

// TestUndo: nothing stays but what go leaves of a failure: the lock and its folder.
func TestUndo(t *testing.T) {
	t.Parallel()
	proxy := newProxy(t)
	j := newJob(t, proxy)
	cache := &modcache.Cache{Dir: j.cache}
	c := cache.Claim(upper, "v1.0.0")
	name := j.fetch(c, "example.test/!upper/lib/@v/v1.0.0.zip")
	j.unpack(c, name, all)
	if err := c.Undo(); err != nil {
		t.Fatal(err)
	}
	os.Remove(name)
	c.Release()
	for name, what := range j.tree() {
		if !strings.HasPrefix(what, "d") && filepath.Ext(name) != ".lock" {
			t.Errorf("%s is left", name)
		}
	}
	if c = cache.Claim(upper, "v1.0.0"); c == nil {
		t.Fatal("no claim after that")
	}
	c.Release()
}

// TestClaims: who cannot have a module alone leaves it to go.
func TestClaims(t *testing.T) {
	t.Parallel()
	proxy := newProxy(t)
	j := newJob(t, proxy)
	cache := &modcache.Cache{Dir: j.cache}
	first := cache.Claim(upper, "v1.0.0")
	if first == nil || cache.Claim(upper, "v1.0.0") != nil {
		t.Error("two have it at once, or nobody")
	}
	other := cache.Claim(upper, "v1.0.1")
	if other == nil {
		t.Error("another version cannot be had at the same time")
	}
	first.Release()
	other.Release()
	j.fillAll()
	for what, c := range map[string]*modcache.Claim{
		"a module that is there": cache.Claim(upper, "v1.0.0"),
		"a path that is none":    cache.Claim("a\x00b", "v1.0.0"),
		"a folder that is none":  (&modcache.Cache{Dir: filepath.Join(j.main, "go.mod")}).Claim(upper, "v1.0.0"),
	} {
		if c != nil {
			t.Errorf("a claim of %s", what)
		}
		c.Release()
	}
}

// TestWritable: with -modcacherw the folders stay writable.
func TestWritable(t *testing.T) {
	t.Parallel()
	proxy := newProxy(t)
	j := newJob(t, proxy)
	c := (&modcache.Cache{Dir: j.cache, Writable: true}).Claim(upper, "v1.0.0")
	name := j.fetch(c, "example.test/!upper/lib/@v/v1.0.0.zip")
	j.unpack(c, name, all)
	if err := c.Commit(name, "h1:x"); err != nil {
		t.Fatal(err)
	}
	c.Release() // Windows removes no open file
	if err := os.RemoveAll(j.cache); err != nil {
		t.Error(err)
	}
}

// TestBegin: a zip with names that go refuses is not unpacked.
func TestBegin(t *testing.T) {
	t.Parallel()
	j := newJob(t, newProxy(t))
	c := (&modcache.Cache{Dir: j.cache}).Claim(upper, "v1.0.0")
	defer c.Release()
	for _, name := range []string{"../../x", "a\\b", "A.go", "a.go/b", "con"} {
		f, err := c.Temp()
		if err != nil {
			t.Fatal(err)
		}
		z := zip.NewWriter(f)
		for _, n := range []string{"a.go", name} {
			if _, err := z.Create(upper + "@v1.0.0/" + n); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		f.Close()
		if err := c.Begin(f.Name()); err == nil {
			t.Errorf("%q is taken", name)
		}
		os.Remove(f.Name())
	}
	if _, err := os.Lstat(filepath.Join(j.cache, "example.test")); err == nil {
		t.Error("something was unpacked")
	}
}
