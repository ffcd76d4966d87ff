package modproxy

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain fails when a goroutine of this package outlives the tests.
func TestMain(m *testing.M) {
	code := m.Run()
	if left := leftover(); left != "" && code == 0 {
		os.Stderr.WriteString("left running:\n" + left)
		code = 1
	}
	os.Exit(code)
}

// leftover returns the stacks of goroutines of this package that are still there
// after five seconds.
func leftover() (left string) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 250 {
		buf := make([]byte, 1<<20)
		left = ""
		for g := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(g, "internal/modproxy.") && !strings.Contains(g, "modproxy.TestMain") {
				left += g + "\n\n"
			}
		}
		if left == "" {
			break
		}
		<-tick.C
	}
	return left
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
