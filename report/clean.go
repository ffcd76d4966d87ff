package report

import (
	"regexp"
	"strings"
	"unicode"
)

// terminal matches ANSI escape sequences: CSI, OSC with its end, and the short
// two-character ones. A lone ESC is left to printable.
var terminal = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]`)

// commands matches what makes GitHub, Azure Pipelines and TeamCity read a log
// line as an order: they look for it anywhere in the line.
var commands = regexp.MustCompile(`##(\w*\[)`)

// clean makes foreign text safe to look at: no escape sequences, no control or
// direction characters, no orders to a CI system inside a line, valid UTF-8. Line
// feeds stay; tabs become four blanks.
func clean(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\t", "    ")
	if strings.ContainsRune(s, '\x1b') {
		s = terminal.ReplaceAllString(s, "")
	}
	s = strings.Map(printable, strings.ToValidUTF8(s, "\uFFFD"))
	if strings.Contains(s, "##") {
		s = commands.ReplaceAllString(s, "# #$1")
	}
	return s
}

func printable(r rune) rune {
	switch {
	case r >= ' ' && r < 0x7F, r == '\n':
		return r
	case r == '\r', r == '\u2028', r == '\u2029':
		return ' '
	case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
		return -1
	case r&0xFFFE == 0xFFFE: // never a character, and not allowed in XML
		return '\uFFFD'
	}
	return r
}

// line is clean on one line of at most limit runes.
func line(s string, limit int) string {
	return clip(strings.Join(strings.Fields(clean(bounded(s, limit))), " "), limit)
}

// bounded cuts off what cannot be shown anyway before any work is done on it; most
// characters that clean drops may come before the limit.
func bounded(s string, limit int) string {
	return s[:min(len(s), 16*limit+1024)]
}

// lines is clean and inert, split into at most limit lines of at most width runes, the
// blank ones at both ends left out.
func lines(s string, limit, width int) []string {
	all := strings.Split(strings.Trim(clean(bounded(s, limit*width)), "\n "), "\n")
	if len(all) == 1 && all[0] == "" {
		return nil
	}
	cut := len(all) - limit
	if cut > 0 {
		all = all[:limit]
	}
	for i := range all {
		all[i] = inert(clip(strings.TrimRight(all[i], " "), width))
	}
	if cut > 0 {
		all = append(all, "...")
	}
	return all
}

// clip cuts s to at most limit runes and shows that it did.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	return string(r[:max(limit-3, 0)]) + "..."
}

// inert breaks "::" at the start of a line, where GitHub, Gitea and their kin read
// it as an order even behind blanks.
func inert(s string) string {
	if t := strings.TrimLeft(s, " "); strings.HasPrefix(t, "::") {
		return s[:len(s)-len(t)] + ": " + t[1:]
	}
	return s
}
