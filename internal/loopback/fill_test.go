package loopback

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/modcache"
)

// TestFill: a zip fetched ahead gets into the module cache when it is what go.sum says,
// and only then; go gets it as ever where it does not.
func TestFill(t *testing.T) {
	t.Parallel()
	zip := File{Kind: KindZip, Module: m, Version: "v1.0.0"}
	for name, tt := range map[string]struct {
		list   string
		change func(*Config)
		filled bool
		status int // of a request for the zip afterwards
	}{
		"good":                    {"$p", nil, true, 200},
		"other content at first":  {"$p/wrongx1@zip", nil, true, 200},
		"broken at first":         {"$p/truncatedx1@zip", nil, true, 200},
		"cut":                     {"$p/cutx2@zip", nil, true, 200},
		"other content":           {"$p/wrong@zip", nil, false, 200}, // for go to see
		"broken":                  {"$p/badzip@zip", nil, false, 502},
		"of nowhere":              {"$p/404@zip", nil, false, 404},
		"of a hash that is known": {"$p", func(c *Config) { c.Sums = gocmd.Sums{} }, false, 200},
		"in use": {"$p", func(c *Config) {
			held := c.Cache.Claim(m, "v1.0.0")
			t.Cleanup(held.Release)
		}, false, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			t.Cleanup(func() { // after the loopback was closed
				if left, _ := filepath.Glob(filepath.Join(dir, "cache", "download", "example.com", "m", "@v", "*.tmp")); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
			})
			w := start(t, tt.list, func(c *Config) {
				c.Cache = &modcache.Cache{Dir: dir, Writable: true}
				c.Ahead, c.InFlight = []File{zip}, 4
				if tt.change != nil {
					tt.change(c)
				}
			})
			w.work.Wait() // for what is fetched ahead
			var files []string
			filepath.WalkDir(dir, func(path string, d fs.DirEntry, _ error) error {
				if name, _ := filepath.Rel(dir, path); !d.IsDir() && !strings.HasSuffix(name, ".lock") {
					files = append(files, filepath.ToSlash(name))
				}
				return nil
			})
			d, _, _ := w.record.Snapshot()
			var want []string
			if tt.filled {
				want = []string{
					"cache/download/example.com/m/@v/v1.0.0.zip", "cache/download/example.com/m/@v/v1.0.0.ziphash",
					"example.com/m@v1.0.0/go.mod", "example.com/m@v1.0.0/m.go",
				}
				hash, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(want[1])))
				if sum := w.up.ZipHash(m + "@v1.0.0"); err != nil || string(hash) != sum {
					t.Errorf("the hash is %q, want %q: %v", hash, sum, err)
				}
				if d.Modules != 1 || d.Unused != 0 {
					t.Errorf("the report has %d modules, %d unused", d.Modules, d.Unused)
				}
			}
			if files = slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, ".tmp") && !tt.filled }); !slices.Equal(files, want) {
				t.Errorf("the module cache has %v, want %v", files, want)
			}
			if status, body := w.get(t, "0/"+zip.Path()); status != tt.status || status == http.StatusOK && !strings.HasPrefix(body, "PK") {
				t.Errorf("status %d, %.20q", status, body)
			}
		})
	}
}
