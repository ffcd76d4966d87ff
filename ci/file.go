package ci

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A FileError is a file of the CI system that could not be written.
type FileError struct {
	Variable string // that names the file: "GITHUB_ENV"; may be empty
	Path     string // may be empty
	Err      error
}

func (e *FileError) Error() string {
	switch {
	case e.Variable == "":
		return fmt.Sprintf("write %s: %v", e.Path, e.Err)
	case e.Path == "":
		return fmt.Sprintf("write the file of %s: %v", e.Variable, e.Err)
	}
	return fmt.Sprintf("write %s (%s): %v", e.Variable, e.Path, e.Err)
}

func (e *FileError) Unwrap() error { return e.Err }

// ErrNotSet is the cause in a FileError whose variable is empty.
var ErrNotSet = errors.New("the variable is not set")

// AppendFile adds data to an existing file with one write and takes it back if
// only a part could be written. A last line without its end is ended first, so
// that data never continues what somebody else wrote. It returns a function
// that takes the addition back.
func AppendFile(path string, data []byte) (undo func(), err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its reader
		return nil, &fs.PathError{Op: "append", Path: path, Err: errors.New("not a regular file")}
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, open, err := endOf(f)
	if err != nil {
		return nil, err
	}
	if open {
		data = append([]byte("\n"), data...)
	}
	if _, err := f.Write(data); err != nil {
		return nil, errors.Join(err, f.Truncate(size))
	}
	return func() { os.Truncate(path, size) }, nil
}

// endOf returns the size of f and whether its last line has no end.
func endOf(f *os.File) (size int64, open bool, err error) {
	size, err = f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return size, false, err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, size-1); err != nil {
		return 0, false, err
	}
	return size, last[0] != '\n', nil
}

// replaceFile puts data at path by renaming a complete file over it, which also
// replaces a link instead of following it. It returns a function that puts the
// old state back.
func replaceFile(path string, data []byte) (undo func(), err error) {
	undo, err = restorer(path)
	if err != nil {
		return nil, err
	}
	return undo, writeRenamed(path, data)
}

func restorer(path string) (func(), error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return func() { os.Remove(path) }, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return func() {}, nil
	}
	old, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return func() { writeRenamed(path, old) }, nil
}

func writeRenamed(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	// Later steps may run as another user.
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
