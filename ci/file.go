package ci

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A FileError is a file of the CI system that could not be written.
type FileError struct {
	Variable string // that names the file, "GITHUB_ENV"; empty when none does
	Path     string // empty when the variable is
	Err      error
	Hint     string // what to do about it; may be empty
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

// withoutPath takes the path off an error that will be shown with the path the
// user knows: that of a temporary file would mislead.
func withoutPath(err error) error {
	var pathError *fs.PathError
	var linkError *os.LinkError
	switch {
	case errors.As(err, &pathError):
		return pathError.Err
	case errors.As(err, &linkError):
		return linkError.Err
	}
	return err
}

// ErrNotSet is the cause in a FileError whose variable is empty.
var ErrNotSet = errors.New("the variable is not set")

// ErrUTF16 is the cause in a FileError whose file has UTF-16 in it. Bytes of ours
// behind it would be read as other letters, and the variables be lost.
var ErrUTF16 = errors.New("the step already wrote UTF-16 to it")

// HintUTF16 is what to do about ErrUTF16.
const HintUTF16 = "in Windows PowerShell 5.1 > and >> write UTF-16; write with: Out-File -Encoding utf8 -Append"

// IsUTF16 reports whether a text is UTF-16, as Windows PowerShell writes it into a new
// file, or has some in it, as it writes behind what is there.
func IsUTF16(text []byte) bool {
	return bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) || bytes.IndexByte(text, 0) >= 0
}

// AppendFile adds data to a regular file with one write, and takes it back when
// only a part could be written. A last line without its end is ended first, so
// that data never continues what somebody else wrote. A missing file is made.
// The function returned takes the addition back.
func AppendFile(path string, data []byte) (undo func(), err error) {
	undo = func() { os.Remove(path) }
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular(): // opening a pipe would wait for its reader
		return nil, errors.New("not a regular file")
	case err == nil:
		undo = func() { os.Truncate(path, info.Size()) }
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	if IsUTF16(text) {
		return nil, ErrUTF16
	}
	if len(text) > 0 && text[len(text)-1] != '\n' { // the last line has no end
		data = append([]byte("\n"), data...)
	}
	if _, err := f.Write(data); err != nil {
		undo()
		return nil, err
	}
	return undo, nil
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
	case info.IsDir():
		return nil, errors.New("a folder is in the way")
	case !info.Mode().IsRegular(): // a link, or what the rename replaces for good
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
