package main

import (
	"os"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/bench/lab"
)

func TestMain(m *testing.M) {
	lab.Child()
	os.Exit(m.Run())
}

func TestEveryPart(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds goproxy-setup")
	}
	var out strings.Builder
	err := run(t.Context(), []string{"-cache", t.TempDir(), "-graph", "tiny", "-rounds", "1", "-bytes", "2000000", "-commands", "2"}, &out)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"| `go mod download` | ",
		"| 1,000 requests at once | ",
		"| good | 0 | 0 | none | as before |",
		"| nothing to be had | 1 | 0 | none | as before |",
	} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("no %s in\n%s", text, &out)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	if err := run(t.Context(), []string{"-no"}, &strings.Builder{}); err == nil {
		t.Error("cost -no: no error")
	}
}
