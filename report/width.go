package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// wide holds the characters that fill two columns of a terminal: the W and F
// ranges of Unicode's EastAsianWidth.txt, neighbours joined.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115F, 1}, {0x2E80, 0x303E, 1}, {0x3041, 0x33FF, 1}, {0x3400, 0x4DBF, 1},
		{0x4E00, 0xA4CF, 1}, {0xA960, 0xA97F, 1}, {0xAC00, 0xD7A3, 1}, {0xF900, 0xFAFF, 1},
		{0xFE30, 0xFE6F, 1}, {0xFF01, 0xFF60, 1}, {0xFFE0, 0xFFE6, 1},
	},
	R32: []unicode.Range32{
		{0x16FE0, 0x18DFF, 1}, {0x1B000, 0x1B2FF, 1}, {0x1F300, 0x1F64F, 1}, {0x1F680, 0x1F6FF, 1},
		{0x1F900, 0x1F9FF, 1}, {0x20000, 0x3FFFD, 1},
	},
}

func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// columns is how many columns of a terminal s fills.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

// padRight fills s with blanks up to n columns.
func padRight(s string, n int) string {
	return s + strings.Repeat(" ", max(n-columns(s), 0))
}

// padLeft puts blanks before s up to n columns.
func padLeft(s string, n int) string {
	return strings.Repeat(" ", max(n-columns(s), 0)) + s
}

// fit cuts s to n columns and shows that it did.
func fit(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	head, _ := cutColumns(s, n-3)
	return head + "..."
}

// cutColumns splits s after the last rune that fits into n columns, and never
// before the first.
func cutColumns(s string, n int) (head, tail string) {
	used := 0
	for i, r := range s {
		used += runeColumns(r)
		if used > n && i > 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// wrap breaks one line into lines of at most n columns: at blanks, between wide
// characters, and inside a word only if it is longer than a line.
func wrap(s string, n int) []string {
	var out []string
	for columns(s) > n {
		head, tail := cutColumns(s, n)
		if tail == "" {
			break
		}
		at := breakPoint(head, tail, n)
		out = append(out, strings.TrimRight(s[:at], " "))
		s = strings.TrimLeft(s[at:], " ")
	}
	return append(out, s)
}

// Marks that must not begin a line, and marks that must not end one.
const (
	noStart = ",.;:?!)\uFF0C\u3002\u3001\uFF1B\uFF1A\uFF1F\uFF01\uFF09\u300B\u201D\u2019\u300D\u300F\u3011\u2026"
	noEnd   = "(\uFF08\u300A\u201C\u2018\u300C\u300E\u3010"
)

// breakPoint finds where to break a line that is full after head.
func breakPoint(head, tail string, n int) int {
	rest := head + tail
	for at := len(head); at > 0; {
		r, size := utf8.DecodeLastRuneInString(head[:at])
		next, _ := utf8.DecodeRuneInString(rest[at:])
		switch {
		case r == ' ' || next == ' ':
			word, _, _ := strings.Cut(strings.TrimLeft(rest[at:], " "), " ")
			if columns(word) > n || strings.TrimSpace(head[:at]) == "" {
				return joint(head)
			}
			return at
		case (unicode.Is(wide, r) || unicode.Is(wide, next)) &&
			!strings.ContainsRune(noStart, next) && !strings.ContainsRune(noEnd, r):
			return at
		}
		at -= size
	}
	return joint(head)
}

// joint finds where to break a word that is longer than a line: between the
// entries of a GOPROXY list or the parts of a path, if that leaves half a line.
func joint(head string) int {
	for _, marks := range []string{"|,", "/&?"} {
		if at := strings.LastIndexAny(head, marks) + 1; at > len(head)/2 {
			return at
		}
	}
	return len(head)
}
