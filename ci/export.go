package ci

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// An Exporter hands variables to the later steps of the job, all or none.
type Exporter interface {
	// Export returns where each variable went. After an error nothing was
	// changed; a refused variable is a *ValueError, a set too big for its
	// destination a *LimitError, an unusable file a *FileError.
	Export(vars []Var) ([]Exported, error)
}

// Exported says where a variable went.
type Exported struct {
	Name string
	To   string // "GITHUB_ENV", "stdout", "goproxy.env, goproxy.sh"
}

// World is what an Exporter needs of the outside.
type World struct {
	Getenv func(string) string
	Stdout io.Writer // read by the CI system
	GOOS   string
	Dir    string // where files go when the system names no workspace
	// Exec runs a command of the CI system's agent to its end. Nil means that
	// there is none.
	Exec func(stdin []byte, command ...string) error
}

// NewExporter returns the Exporter for a system. The GitHub family has its own
// in package action.
func NewExporter(s System, w World) (Exporter, error) {
	if s.export == nil {
		return nil, fmt.Errorf("export for %s: its files are written by package action", s.Title)
	}
	return exporter(s.export(w)), nil
}

// A target is one place that takes all variables.
type target struct {
	to string
	// plan checks and encodes without changing anything.
	plan func([]Var) (commit, error)
}

// A commit writes what was planned and returns how to take it back. A nil undo
// is a target that cannot be taken back, so it must come last.
type commit func() (undo func(), err error)

type exporter []target

func (e exporter) Export(vars []Var) ([]Exported, error) {
	if err := CheckAll(vars); err != nil {
		return nil, err
	}
	var commits []commit
	for _, t := range e {
		c, err := t.plan(vars)
		if err != nil {
			return nil, err
		}
		commits = append(commits, c)
	}
	if err := run(commits); err != nil {
		return nil, err
	}
	return e.exported(vars), nil
}

func run(commits []commit) error {
	var undos []func()
	for _, c := range commits {
		undo, err := c()
		if err != nil {
			for _, undo := range slices.Backward(undos) {
				undo()
			}
			return err
		}
		if undo != nil {
			undos = append(undos, undo)
		}
	}
	return nil
}

func (e exporter) exported(vars []Var) []Exported {
	var to []string
	for _, t := range e {
		to = append(to, t.to)
	}
	var out []Exported
	for _, v := range vars {
		out = append(out, Exported{v.Name, strings.Join(to, ", ")})
	}
	return out
}
