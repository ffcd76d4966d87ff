package proxytest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
)

// WriteMain writes go.mod and go.sum of a main module into a folder. It
// requires the modules "path@version", and knows the sums of all that are served.
func (s *Server) WriteMain(dir string, pathVersions ...string) {
	var list []module.Version
	for _, id := range pathVersions {
		list = append(list, parseVersion(id))
	}
	if err := s.mods.writeMain(dir, list, ""); err != nil {
		s.fail("main module: %v", err)
	}
}

func (c *catalog) writeMain(dir string, requires []module.Version, main string) error {
	sums, err := c.goSum(c.all())
	if err != nil {
		return err
	}
	for name, text := range map[string]string{
		"go.mod":  string(goMod("main.example.test", requires)),
		"go.sum":  sums,
		"main.go": main,
	} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
}

func goMod(path string, requires []module.Version) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "module %s\n\ngo 1.21\n", path)
	for _, m := range requires {
		fmt.Fprintf(&b, "\nrequire %s %s\n", m.Path, m.Version)
	}
	return []byte(b.String())
}
