package classify

import (
	"strings"
)

// testing follows the output of go test and says whether line belongs to a
// test and not to the go command.
func (s *scanner) testing(line string) bool {
	if line != "" && line[0] != ' ' && line[0] != '\t' {
		s.logged = strings.HasPrefix(line, "--- ")
	}
	switch {
	case hasAny(strings.HasPrefix, line, "=== RUN", "=== CONT", "=== PAUSE", "=== NAME"):
		s.test = true
	case hasAny(strings.HasSuffix, line, " [setup failed]", " [build failed]"):
		s.confirm()
		s.test = false
	case strings.HasPrefix(line, "--- FAIL: "):
		s.fresh = s.fresh[:0]
		s.test = false
	case line == "PASS", line == "FAIL", hasAny(strings.HasPrefix, line, "--- PASS: ", "--- SKIP: ", "FAIL\t", "ok  ", "?   \t", "panic: ", "exit status ", "+ ", "$ "):
		s.test = false
	}
	return s.test
}

// hasAny says whether has finds one of the parts in line.
func hasAny(has func(line, part string) bool, line string, parts ...string) bool {
	for _, part := range parts {
		if has(line, part) {
			return true
		}
	}
	return false
}
