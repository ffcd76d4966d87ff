package proxytest

import (
	"bytes"
	"strings"
)

// A part is a named file of an archive.
type part struct {
	name string
	data []byte
}

// parseTxtar reads the format of golang.org/x/tools/txtar, which is not worth
// a dependency here: a comment, and then files that each begin with a line
// "-- name --". Line ends may be CRLF, as in a checkout on Windows.
func parseTxtar(data []byte) (comment string, list []part) {
	for line := range bytes.Lines(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))) {
		name, ok := strings.CutPrefix(strings.TrimSuffix(string(line), "\n"), "-- ")
		if ok && strings.HasSuffix(name, " --") {
			list = append(list, part{name: strings.TrimSpace(strings.TrimSuffix(name, " --"))})
			continue
		}
		if len(list) == 0 {
			comment += string(line)
			continue
		}
		last := &list[len(list)-1]
		last.data = append(last.data, line...)
	}
	return comment, list
}
