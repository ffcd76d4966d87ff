package machine

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// renameFor is how long go, too, tries to rename a file that somebody has open
// (cmd/internal/robustio).
const renameFor = 2 * time.Second

// Rename is os.Rename for files that a scanner may just be reading.
func Rename(from, to string) error {
	end := time.Now().Add(renameFor)
	for pause := 5 * time.Millisecond; ; pause *= 2 {
		err := os.Rename(from, to)
		if !errors.Is(err, windows.ERROR_ACCESS_DENIED) && !errors.Is(err, windows.ERROR_SHARING_VIOLATION) || time.Now().Add(pause).After(end) {
			return err
		}
		time.Sleep(pause)
	}
}
