package modproxy

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/module"
)

// TestPinned: the hash is vouched for by go.sum, and so by the checksum database.
func TestPinned(t *testing.T) {
	t.Parallel()
	line := fmt.Sprintf("%s %s/go.mod %s\n", Pinned.Module.Path, Pinned.Module.Version, Pinned.ModHash)
	if sum := readFile(t, "../../go.sum"); !strings.Contains(sum, line) {
		t.Errorf("go.sum does not have %q", line)
	}
	if mod := readFile(t, "../../go.mod"); !strings.Contains(mod, fmt.Sprintf("\t%s %s\n", Pinned.Module.Path, Pinned.Module.Version)) {
		t.Errorf("go.mod does not require %v", Pinned.Module)
	}
	if _, err := (Sample{Module: module.Version{Path: "Bad Path", Version: "v1.0.0"}}).file(".mod"); err == nil {
		t.Error("a bad path has a file")
	}
}
