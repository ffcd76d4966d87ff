package classify

import (
	"bufio"
	"bytes"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxLine bounds one line in memory. A cause stands at the end of a line and
// what it is about at the start, so a longer line loses its middle.
const maxLine = 64 << 10

// lines reads a log as go, git and ssh wrote it: one line of theirs at a time,
// without what shells, consoles, encodings and CI systems did to it.
type lines struct {
	in    *bufio.Reader
	parts []string // of the last line read, cut at carriage returns
	ahead *row     // read to see whether it continues the row before
}

// A row is one cleaned line of the log.
type row struct {
	text     string // without prefixes
	width    int    // columns with them
	prefixed bool
}

func newLines(r io.Reader) *lines {
	in := bufio.NewReaderSize(r, maxLine)
	head, _ := in.Peek(1024)
	if order := utf16Order(head); order != notUTF16 {
		in = bufio.NewReaderSize(&utf16Reader{in: in, order: order}, maxLine)
	}
	return &lines{in: in}
}

// next returns the next line with the rows of a console put together again,
// and false at the end.
func (l *lines) next() (string, bool) {
	cur, ok := l.row()
	if !ok {
		return "", false
	}
	whole := cur.text
	for cur.columns() > 0 && len(whole) < maxLine {
		next, ok := l.row()
		if !ok {
			break
		}
		if !next.continues(cur) {
			l.ahead = &next
			break
		}
		if cur.columns()%10 != 0 { // a blank at the end of a row gets lost
			whole += " "
		}
		whole += next.text
		cur = next
	}
	return strings.TrimRight(whole, " \t"), true
}

// columns returns the width at which a console may have broken the line after
// this row, 0 if it did not. Consoles have 80 or 120 columns and break inside
// words, before or after a CI system puts its prefix in front.
func (r row) columns() int {
	for _, width := range []int{r.width, r.textWidth()} {
		switch width {
		case 79, 80, 119, 120:
			return width
		}
	}
	return 0
}

func (r row) textWidth() int {
	if !r.prefixed {
		return r.width
	}
	return utf8.RuneCountInString(r.text)
}

// starts are the ways to begin a line that cannot be the rest of another.
var starts = regexp.MustCompile(`^(?:v?go: |go (?:build|clean|env|generate|get|install|list|mod|run|test|tool|version|vet|work)\b|\t|  |\+ |\$ |# |#\d+ |##|\{"|[{}]$|-> |--- |=== |verifying \S+@|unzip /|FAIL\b|ok  |ERROR: |Error: |exit (?:code|status) \d|make\S*: |\S+\.go:\d+:\d+: |\S+ (?:imports|requires)$|\S*go\.mod:\d+)`)

// continues says whether r can be the rest of the row before it: a console row
// with a prefix of its own only if the one before has one, too.
func (r row) continues(before row) bool {
	narrow := before.prefixed && before.columns() == before.textWidth()
	return r.text != "" && r.prefixed == narrow && !starts.MatchString(r.text)
}

// row returns the next cleaned row.
func (l *lines) row() (row, bool) {
	if l.ahead != nil {
		r := *l.ahead
		l.ahead = nil
		return r, true
	}
	part, ok := l.part()
	if !ok {
		return row{}, false
	}
	text := strip(part)
	return row{text: text, width: utf8.RuneCountInString(part), prefixed: len(text) != len(part)}, true
}

// part returns the text up to the next line feed or carriage return: what
// comes after a return was written over what stood before it.
func (l *lines) part() (string, bool) {
	if len(l.parts) == 0 {
		line, ok := l.read()
		if !ok {
			return "", false
		}
		l.parts = strings.Split(clean(line), "\r")
	}
	part := l.parts[0]
	l.parts = l.parts[1:]
	return part, true
}

// read returns the bytes up to the next line feed, at most maxLine of them.
// They are valid until the next call.
func (l *lines) read() ([]byte, bool) {
	line, err := l.in.ReadSlice('\n')
	if err == nil || err != bufio.ErrBufferFull {
		return bytes.TrimRight(line, "\r\n"), len(line) > 0
	}
	long := append([]byte(nil), line[:maxLine/2]...)
	tail := append([]byte(nil), line[maxLine/2:]...)
	for err == bufio.ErrBufferFull {
		line, err = l.in.ReadSlice('\n')
		tail = append(tail, line...)
		tail = tail[max(0, len(tail)-maxLine/2):]
	}
	return bytes.TrimRight(append(long, tail...), "\r\n"), true
}

// escapes are colours, cursor movements, titles and hyperlinks of terminals
// (ECMA-48), and the start of a colour whose escape character got lost.
var escapes = regexp.MustCompile(`\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]_P^][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])`)

// clean makes a line printable: no escapes, no NUL (UTF-16 in the midst of
// ASCII), no bytes of other encodings. Rules rest mostly on ASCII words and
// numbers, so a line of a code page that is not known keeps enough.
func clean(line []byte) string {
	if bytes.IndexByte(line, 0) >= 0 {
		line = bytes.ReplaceAll(line, []byte{0}, nil)
	}
	text := string(line)
	if strings.IndexByte(text, 0x1b) >= 0 {
		text = escapes.ReplaceAllString(text, "")
	}
	if !utf8.ValidString(text) {
		text = strings.TrimLeft(strings.ToValidUTF8(fromGBK(text), "\uFFFD"), "\uFFFD")
	}
	if strings.ContainsFunc(text, unprintable) {
		text = strings.Map(func(r rune) rune {
			if unprintable(r) {
				return -1
			}
			return r
		}, text)
	}
	return strings.TrimRight(text, "\r")
}

// unprintable are control characters other than tab and return, and the byte
// order mark that PowerShell puts wherever it begins to write.
func unprintable(r rune) bool {
	return r < ' ' && r != '\t' && r != '\r' || r == 0x7f || r == '\uFEFF'
}

// prefixes are what CI systems and log collectors put in front of a line, by
// the first byte. One space belongs to a prefix, the next one to the line.
var prefixes = map[string]*regexp.Regexp{
	// 2026-11-22T09:00:15.0000000Z, GitLab's stream marks, Kubernetes' CRI; #12 without #: 0.312
	"0123456789": regexp.MustCompile(`^(?:(?:\d{4}[-/]\d\d[-/]\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d)?(?: \d\d[OE]\+?)?(?: std(?:out|err) [FP])?|\d+\.\d+)(?: |$)`),
	// BuildKit: #12 0.333; Azure and GitHub: ##[error]
	"#": regexp.MustCompile(`^(?:#\d+ \d+\.\d+(?: |$)|##\[\w+\])`),
	// [2026-11-22T09:00:15.000Z], [07:51:45], [linux], [Container], TeamCity's [09:00:15]W:, [  12.345678]
	// and several of them: [09:00:15][Step 2/4]
	"[": regexp.MustCompile(`^(?:\[[^][]{1,60}\])+(?:[A-Z]?:\t)?(?: |$)`),
	// quotations: goreleaser's │, Buildkite's |, grunt's >>, BuildKit's => => #
	" \xe2>=": regexp.MustCompile(`^ {0,10}(?:[│┃] ?|\| |>> |=> => # )`),
	// ::error file=go.mod::
	":": regexp.MustCompile(`^::\w+[^:]*::`),
	// Step #1 - "test": , web_1  | , Nov 22 09:00:15 host run[12]: , Error: go: , go : go:
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ": regexp.MustCompile(`^(?:Step #\d+(?: - "[^"]*")?: |[\w.-]{1,60} *\| |[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ \S+: |go(?:\.exe)? : )`),
}

// byFirst is prefixes by first byte.
var byFirst = func() (table [256]*regexp.Regexp) {
	for first, form := range prefixes {
		for i := range len(first) {
			table[first[i]] = form
		}
	}
	return table
}()

// strip takes the prefixes off a line; there may be several.
func strip(line string) string {
	for range 5 {
		if line == "" || byFirst[line[0]] == nil {
			return line
		}
		n := byFirst[line[0]].FindStringIndex(line)
		if n == nil {
			return line
		}
		line = line[n[1]:]
	}
	return line
}
