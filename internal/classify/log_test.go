package classify

import (
	"path"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// TestWordings reads one log a file, named by the class it is of.
func TestWordings(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("testdata/wordings.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
		if got, want := classOf(string(f.Data)), report.Class(path.Dir(f.Name)); got != want {
			t.Errorf("%s: Log = %q\n%s", f.Name, got, strings.TrimSpace(string(f.Data)))
		}
	}
}
