package modproxy

import (
	"golang.org/x/mod/module"
)

// A Sample is content that every public module proxy serves and whose hash is
// known, so that an answer can be told from a page that merely looks like one.
type Sample struct {
	Module  module.Version
	ModHash string // h1 of its go.mod
}

// Pinned is measured when the job has no public module of its own. It is a
// dependency of this program, so its hash is checked by the checksum database;
// a test compares it with go.sum. Its zip is larger than what a race reads.
var Pinned = Sample{
	Module:  module.Version{Path: "golang.org/x/mod", Version: "v0.35.0"},
	ModHash: "h1:+GwiRhIInF8wPm+4AoT6L0FA1QWAad3OMdTRx4tFYlU=",
}

// file returns the path of one of the module's files below a module proxy.
func (s Sample) file(ext string) (string, error) {
	p, err := module.EscapePath(s.Module.Path)
	if err != nil {
		return "", err
	}
	v, err := module.EscapeVersion(s.Module.Version)
	if err != nil {
		return "", err
	}
	return p + "/@v/" + v + ext, nil
}
