package gocmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/mod/module"
)

// Sums are the h1 hashes that the go.sum and go.work.sum files of a job record.
// The zero value knows none.
type Sums struct {
	hashes map[module.Version][]string // go.sum's own keys: a version may end in "/go.mod"
	order  []module.Version            // keys in the order they were read, once each
}

const goModSuffix = "/go.mod"

// Zip returns the hashes recorded for the zip of a module, in the order they
// were read. There is more than one only where files or lines disagree.
func (s Sums) Zip(path, version string) []string {
	return s.hashes[module.Version{Path: path, Version: version}]
}

// Mod returns the hashes recorded for the go.mod file of a module.
func (s Sums) Mod(path, version string) []string {
	return s.Zip(path, version+goModSuffix)
}

// ReadSums reads go.sum and go.work.sum files. A file that does not exist has no
// lines.
func ReadSums(paths ...string) (Sums, error) {
	var s Sums
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return Sums{}, fmt.Errorf("read checksums: %w", err)
		}
		s.add(string(data))
	}
	return s, nil
}

// add reads lines of three fields whose last is an h1 hash, and skips all
// others: the go command itself complains of those it cannot read.
func (s *Sums) add(text string) {
	for line := range strings.SplitSeq(strings.TrimPrefix(text, "\ufeff"), "\n") {
		f := strings.Fields(line)
		if len(f) != 3 || !strings.HasPrefix(f[2], "h1:") {
			continue
		}
		s.put(module.Version{Path: f[0], Version: f[1]}, f[2])
	}
}

func (s *Sums) put(key module.Version, h1 string) {
	if s.hashes == nil {
		s.hashes = map[module.Version][]string{}
	}
	have := s.hashes[key]
	if have == nil {
		s.order = append(s.order, key)
	}
	if !slices.Contains(have, h1) {
		s.hashes[key] = append(have, h1)
	}
}

// zips lists the modules whose zip has a hash, in the order they were read.
func (s Sums) zips() []module.Version {
	var list []module.Version
	for _, key := range s.order {
		if !strings.HasSuffix(key.Version, goModSuffix) {
			list = append(list, key)
		}
	}
	return list
}

// mods is like zips for go.mod files.
func (s Sums) mods() []module.Version {
	var list []module.Version
	for _, key := range s.order {
		if v, ok := strings.CutSuffix(key.Version, goModSuffix); ok {
			list = append(list, module.Version{Path: key.Path, Version: v})
		}
	}
	return list
}
