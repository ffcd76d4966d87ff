package gocmd

import (
	"testing"

	"golang.org/x/sys/windows"
)

func raise(n int) int { return 128 + n }

// needInterrupts skips a test where there is no console, as under Wine: then
// nobody can be sent a Ctrl-Break, and Run kills at once.
func needInterrupts(t *testing.T) {
	t.Helper()
	if _, err := windows.GetConsoleCP(); err != nil {
		t.Skipf("no console: %v", err)
	}
}
