// Package modcache puts modules into go's module cache as the go command does it
// (https://go.dev/ref/mod#module-cache, src/cmd/go/internal/modfetch/fetch.go), under the
// lock that go takes for each module: a go command that wants one waits, and then finds
// it there. Left to itself go inflates each zip twice and hashes it, one thing after the
// other; here that is done once, while other files are still on their way.
//
// Nothing is taken for granted that go would check: a module is put there only under the
// hash that go.sum has, and go compares the hash that stands beside the zip with go.sum
// again.
package modcache

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/gofrs/flock"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"

	"github.com/goproxy-setup/goproxy-setup/internal/machine"
)

// A Cache is a module cache.
type Cache struct {
	Dir      string // GOMODCACHE
	Writable bool   // folders stay writable: -modcacherw
}

// A Claim is the lock of one module that the cache does not have. Release ends it.
type Claim struct {
	cache *Cache
	mod   module.Version
	base  string // path of its files in cache/download, without the ending
	dir   string // folder of its unpacked files
	lock  *flock.Flock

	mu      sync.Mutex
	folders map[string]bool // made in dir
}

// Claim takes the lock of a module. It is nil when the cache has something of the module
// already, when somebody else works on it, or when there is no writing or locking here:
// then all is left to go.
func (c *Cache) Claim(path, version string) *Claim {
	p, err := module.EscapePath(path)
	v, verr := module.EscapeVersion(version)
	if err != nil || verr != nil {
		return nil
	}
	cl := &Claim{
		cache: c, mod: module.Version{Path: path, Version: version},
		base: filepath.Join(c.Dir, "cache", "download", filepath.FromSlash(p), "@v", v),
		dir:  filepath.Join(c.Dir, filepath.FromSlash(p)+"@"+v),
	}
	if err := os.MkdirAll(filepath.Dir(cl.base), 0o777); err != nil {
		return nil
	}
	cl.lock = flock.New(cl.base+".lock", flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o666))
	if ok, err := cl.lock.TryLock(); !ok || err != nil {
		return nil
	}
	for _, path := range []string{cl.dir, cl.base + ".zip", cl.base + ".ziphash", cl.base + ".partial"} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			cl.Release()
			return nil
		}
	}
	return cl
}

// Release gives the lock back. A nil claim has none.
func (c *Claim) Release() {
	if c != nil {
		c.lock.Close()
	}
}

// Temp makes a file for the zip, in the folder where it is going to be, with a name that
// go cleans up when nobody else did.
func (c *Claim) Temp() (*os.File, error) {
	return os.OpenFile(c.base+".zip"+rand.Text()+".tmp", os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
}

// Zip is where Commit leaves the zip.
func (c *Claim) Zip() string { return c.base + ".zip" }

// Begin checks the names and sizes in a zip, as go does, and marks the module's folder as
// incomplete, so that a go command takes no notice of it before Commit, even if this
// process is killed.
func (c *Claim) Begin(zipFile string) error {
	files, err := zip.CheckZip(c.mod, zipFile)
	if err == nil {
		err = files.Err()
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(c.dir), 0o777)
	}
	if err == nil {
		err = os.WriteFile(c.base+".partial", nil, 0o666)
	}
	c.folders = map[string]bool{}
	return err
}

// Create makes one of the module's files. Its name is that in the zip, which Begin has
// checked. Several may be made at once.
func (c *Claim) Create(name string) (io.WriteCloser, error) {
	name = strings.TrimPrefix(name, c.mod.Path+"@"+c.mod.Version+"/")
	if name == "" || strings.HasSuffix(name, "/") {
		return discard{io.Discard}, nil
	}
	path := filepath.Join(c.dir, filepath.FromSlash(name))
	c.mu.Lock()
	err := c.mkdir(filepath.Dir(path))
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
}

func (c *Claim) mkdir(dir string) error {
	if c.folders[dir] {
		return nil
	}
	if dir != c.dir {
		if err := c.mkdir(filepath.Dir(dir)); err != nil {
			return err
		}
	}
	c.folders[dir] = true
	return os.Mkdir(dir, 0o777)
}

// A discard is a folder's entry in a zip.
type discard struct{ io.Writer }

func (discard) Close() error { return nil }

// Commit leaves the module to go: zipFile, which must be closed, goes where go looks for
// it, with its hash, and the folder is no longer incomplete.
func (c *Claim) Commit(zipFile, h1 string) error {
	if err := os.WriteFile(c.base+".ziphash", []byte(h1), 0o666); err != nil {
		return err
	}
	if err := machine.Rename(zipFile, c.Zip()); err != nil {
		return err
	}
	if err := os.Remove(c.base + ".partial"); err != nil {
		return err
	}
	if !c.cache.Writable {
		c.protect()
	}
	return nil
}

// protect makes the folders read-only, the inner ones first; go, too, takes no notice of
// an error.
func (c *Claim) protect() {
	var dirs []string
	for d := range c.folders {
		dirs = append(dirs, d)
	}
	slices.Sort(dirs)
	for _, d := range slices.Backward(dirs) {
		if info, err := os.Lstat(d); err == nil {
			os.Chmod(d, info.Mode()&^0o222)
		}
	}
}

// Undo removes what Begin, Create and Commit have made. As long as it cannot, the folder
// stays marked as incomplete.
func (c *Claim) Undo() error {
	err := os.RemoveAll(c.dir)
	for _, end := range []string{".zip", ".ziphash", ".partial"} {
		if err == nil {
			err = os.Remove(c.base + end)
		}
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	return err
}
