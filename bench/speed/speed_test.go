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

func TestEveryClientGetsTheGraph(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds goproxy-setup")
	}
	var out strings.Builder
	clients := "plain,oneliner,download,run,setup,fetch-h1,fetch-h2,file"
	err := run(t.Context(), []string{"-cache", t.TempDir(), "-graph", "tiny", "-link", "sleep=1ms", "-rounds", "1", "-clients", clients}, &out)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{
		"| tiny | sleep 1ms | plain | 12 | 12 | 12 | 0 |",
		"| tiny | sleep 1ms | fetch-h2 | 12 | 12 | 12 | 0 |",
		"| tiny | sleep 1ms | file | 0 | 0 | 0 | 0 |",
	} {
		if !strings.Contains(out.String(), row) {
			t.Errorf("no row %s in\n%s", row, &out)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-no"}, {"-clients", "nobody"}, {"-link", "sleep"}, {"-link", "wet string"},
		{"-link", "tun", "-rtt", "1"}, {"-link", "tun", "-loss", "some"},
	} {
		if err := run(t.Context(), args, &strings.Builder{}); err == nil {
			t.Errorf("speed %q: no error", args)
		}
	}
}
