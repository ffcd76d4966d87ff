package gocmd

import (
	"go/version"
	"os"
	"path/filepath"
	"strings"
)

// vendored tells whether builds of m use the vendor folder, as setDefaultBuildMod
// in cmd/go/internal/modload/init.go decides.
func (m Module) vendored(goflags string) bool {
	if mod := modFlag(goflags); mod != "" {
		return mod == "vendor"
	}
	if !m.Vendor {
		return false
	}
	if m.Work != "" {
		return vendoredWorkspace(filepath.Dir(m.Work))
	}
	return m.Go != "" && version.Compare("go"+m.Go, "go1.14") >= 0 && !vendoredWorkspace(m.Dir)
}

// modFlag returns the value of -mod in GOFLAGS. None of its values needs quotes.
func modFlag(goflags string) string {
	mod := ""
	for _, flag := range strings.Fields(goflags) {
		if v, ok := strings.CutPrefix(strings.TrimLeft(flag, "-"), "mod="); ok {
			mod = v
		}
	}
	return mod
}

// vendoredWorkspace tells whether dir/vendor was written by go work vendor: the
// first line of its modules.txt then says so.
func vendoredWorkspace(dir string) bool {
	data, err := os.ReadFile(filepath.Join(dir, "vendor", "modules.txt"))
	if err != nil {
		return false
	}
	line, _, _ := strings.Cut(string(data), "\n")
	notes, ok := strings.CutPrefix(line, "## ")
	if !ok {
		return false
	}
	for note := range strings.SplitSeq(notes, ";") {
		if strings.TrimSpace(note) == "workspace" {
			return true
		}
	}
	return false
}
