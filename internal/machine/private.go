package machine

import (
	"crypto/rand"
	"path/filepath"
)

// MkdirTempPrivate makes a new folder below dir, whose name begins with prefix, and
// that no other user enters.
func MkdirTempPrivate(dir, prefix string) (string, error) {
	path := filepath.Join(dir, prefix+rand.Text())
	return path, MkdirPrivate(path)
}
