package gocmd

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// A Snapshot holds go.mod, go.sum, go.work and go.work.sum files as they were.
type Snapshot struct{ files []savedFile }

type savedFile struct {
	path string
	data []byte // nil if there was no file
}

// TakeSnapshot reads those files of modules.
func TakeSnapshot(modules []Module) (*Snapshot, error) {
	var paths []string
	for _, m := range modules {
		paths = append(paths, filepath.Join(m.Dir, "go.mod"))
		if m.Work != "" {
			paths = append(paths, m.Work)
		}
	}
	paths = append(paths, SumFiles(modules)...)
	slices.Sort(paths)
	s := &Snapshot{}
	for _, path := range slices.Compact(paths) {
		data, err := readOrNil(path)
		if err != nil {
			return nil, fmt.Errorf("take snapshot: %w", err)
		}
		s.files = append(s.files, savedFile{path, data})
	}
	return s, nil
}

// Changed lists the files that are not as they were.
func (s *Snapshot) Changed() ([]string, error) {
	var changed []string
	for _, f := range s.files {
		data, err := readOrNil(f.path)
		if err != nil {
			return nil, fmt.Errorf("compare with snapshot: %w", err)
		}
		if !f.is(data) {
			changed = append(changed, f.path)
		}
	}
	return changed, nil
}

// Restore puts the files that changed back byte for byte, and removes those
// that were not there.
func (s *Snapshot) Restore() error {
	var errs []error
	for _, f := range s.files {
		data, err := readOrNil(f.path)
		if err == nil && f.is(data) {
			continue
		}
		errs = append(errs, f.restore())
	}
	return errors.Join(errs...)
}

func (f savedFile) is(data []byte) bool {
	return bytes.Equal(f.data, data) && (f.data == nil) == (data == nil)
}

func (f savedFile) restore() error {
	var err error
	if f.data == nil {
		err = os.Remove(f.path)
	} else {
		err = os.WriteFile(f.path, f.data, 0o666)
	}
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

// readOrNil returns nil for a file that does not exist, never for one that does.
func readOrNil(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return append([]byte{}, data...), nil
}
