//go:build !windows

package machine

import "time"

// Gone knows of none for certain. Elsewhere a closed port refuses at once, and the
// process may be one of another container.
func Gone(int) bool { return false }

// AwaitEnd has nothing to wait for: a program that runs can be removed.
func AwaitEnd(int, time.Duration) {}
