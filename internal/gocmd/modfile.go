package gocmd

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// A FileError is a go.mod or go.work that cannot be used, or a folder that a
// go.work lists and that holds no module.
type FileError struct {
	File string
	Line int // 0 when it is about the whole file
	Err  error
}

func (e *FileError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("read %s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("read %s:%d: %v", e.File, e.Line, e.Err)
}

func (e *FileError) Unwrap() error { return e.Err }

// FailureClass is go-mod-invalid.
func (e *FileError) FailureClass() report.Class { return report.GoModInvalid }

// errBOM says what x/mod and the go command report as an unexpected character.
var errBOM = errors.New("file begins with a byte order mark, which the go command does not accept; save it as UTF-8 without BOM")

// readModFile reads a go.mod as the main module's. Directives this program does
// not know are skipped: a newer go command may know them, and judges them anyway.
// (modfile.ParseLax would also skip replace and exclude, which are needed here.)
func readModFile(file string) (*modfile.File, error) {
	data, err := readText(file)
	if err != nil {
		return nil, err
	}
	return parseModFile(file, data)
}

func parseModFile(file string, data []byte) (*modfile.File, error) {
	f, err := modfile.Parse(file, data, anyVersion)
	if known, ok := withoutUnknown(file, data, err); ok {
		f, err = modfile.Parse(file, known, anyVersion)
	}
	if err != nil {
		return nil, fileError(file, err)
	}
	if f.Module == nil {
		return nil, &FileError{File: file, Err: errors.New("no module directive")}
	}
	return f, nil
}

func readWorkFile(file string) (*modfile.WorkFile, error) {
	data, err := readText(file)
	if err != nil {
		return nil, err
	}
	f, err := modfile.ParseWork(file, data, anyVersion)
	if known, ok := withoutUnknown(file, data, err); ok {
		f, err = modfile.ParseWork(file, known, anyVersion)
	}
	if err != nil {
		return nil, fileError(file, err)
	}
	return f, nil
}

func readText(file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err // FileError names the file
	}
	if err != nil {
		return nil, &FileError{File: file, Err: err}
	}
	if bytes.HasPrefix(data, []byte("\ufeff")) {
		return nil, &FileError{File: file, Line: 1, Err: errBOM}
	}
	return data, nil
}

// unresolved ends the version that stands in for one that is none, such as the
// name of a branch somebody wrote by hand: go asks a module proxy what it means.
const unresolved = "-0.unresolved"

// anyVersion makes every version acceptable to x/mod for its path.
func anyVersion(path, version string) (string, error) {
	if v := module.CanonicalVersion(version); v != "" {
		return v, nil
	}
	_, major, _ := module.SplitPathVersion(path)
	return cmp.Or(module.PathMajorPrefix(major), "v0") + ".0.0" + unresolved, nil
}

// isVersion tells a real version from none (a folder) and from a stand-in.
func isVersion(v string) bool { return v != "" && !strings.HasSuffix(v, unresolved) }

// withoutUnknown blanks the statements that err calls unknown. It reports false
// if there are none, or if anything else is wrong.
func withoutUnknown(file string, data []byte, err error) ([]byte, bool) {
	var list modfile.ErrorList
	if !errors.As(err, &list) {
		return nil, false
	}
	unknown := map[int]bool{} // by byte offset
	for _, e := range list {
		if !isUnknown(e) {
			return nil, false
		}
		unknown[e.Pos.Byte] = true
	}
	syntax, err := modfile.ParseLax(file, data, anyVersion)
	if err != nil {
		return nil, false
	}
	known := bytes.Clone(data)
	for _, stmt := range syntax.Syntax.Stmt {
		if start, end := stmt.Span(); unknown[start.Byte] {
			blank(known[start.Byte:end.Byte])
		}
	}
	return known, true
}

func blank(text []byte) {
	for i, c := range text {
		if c != '\n' {
			text[i] = ' '
		}
	}
}

// isUnknown recognizes a directive that x/mod does not know, by its words for
// lack of a type. The marks of a merge conflict are none.
func isUnknown(e modfile.Error) bool {
	_, verb, ok := strings.Cut(e.Err.Error(), ": ")
	word := verb != "" && strings.Trim(verb, "abcdefghijklmnopqrstuvwxyz") == ""
	return ok && word && strings.HasPrefix(e.Err.Error(), "unknown ")
}

// fileError gives a complaint of x/mod its file and line: the first that is not
// about a directive which would have been skipped.
func fileError(file string, err error) error {
	var list modfile.ErrorList
	if !errors.As(err, &list) || len(list) == 0 {
		return &FileError{File: file, Err: err}
	}
	e := list[max(0, slices.IndexFunc(list, func(e modfile.Error) bool { return !isUnknown(e) }))]
	line := e.Pos.Line
	e.Filename, e.Pos = "", modfile.Position{} // said by FileError
	return &FileError{File: file, Line: line, Err: &e}
}
