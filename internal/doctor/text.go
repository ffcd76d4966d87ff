package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// A Printer writes findings for people, a line each, with the fix below what is
// not fine.
type Printer struct {
	W     io.Writer
	Lang  string // "zh", else English
	Color bool
	All   bool // evidence of all findings; else only of those that fail
}

// Widths of the columns: the longest verdict and the longest name of a check.
const (
	verdictWidth = 4
	nameWidth    = 13
)

var colors = map[Verdict]string{OK: "32", Warn: "33", Fail: "1;31", Skip: "2"}

// Print writes one finding.
func (p Printer) Print(f Finding) {
	mark := fmt.Sprintf("%-*s", verdictWidth, f.Verdict)
	if p.Color {
		mark = "\x1b[" + colors[f.Verdict] + "m" + mark + "\x1b[0m"
	}
	fmt.Fprintf(p.W, "%s  %-*s  %s\n", mark, nameWidth, f.Check, oneLine(f.Text.In(p.Lang)))
	if p.All || f.Verdict == Fail {
		for _, line := range f.Evidence {
			p.below("| ", oneLine(line))
		}
	}
	if fix := f.Fix.In(p.Lang); fix != "" && f.Verdict != OK {
		for i, line := range strings.Split(fix, "\n") {
			head := "fix: "
			if i > 0 {
				head = "     "
			}
			p.below(head, line)
		}
	}
}

func (p Printer) below(head, line string) {
	fmt.Fprintf(p.W, "%*s%s%s\n", verdictWidth+2+nameWidth+2, "", head, printable(line))
}

// End writes the last line.
func (p Printer) End(d Diagnosis) {
	count := map[Verdict]int{}
	for _, f := range d.Findings {
		count[f.Verdict]++
	}
	text := say("a Go build can work here", "此处可以进行 Go 构建")
	switch {
	case count[Fail] > 0:
		text = say("a Go build cannot work here: %d to fix, the first one first", "此处无法进行 Go 构建：有 %d 处需要修复，请从第一处开始", count[Fail])
	case count[Warn] > 0:
		text = say("a Go build can work here; worth a look: %d", "此处可以进行 Go 构建；值得关注：%d 处", count[Warn])
	}
	fmt.Fprintf(p.W, "\n%s\n", text.In(p.Lang))
}

// WriteJSON writes a diagnosis for programs.
func WriteJSON(w io.Writer, d Diagnosis) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(d)
}

// oneLine keeps words of others from looking like lines of ours.
func oneLine(s string) string { return printable(strings.Join(strings.Fields(s), " ")) }

// printable drops what moves the cursor or, on a runner, is a command.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || 0x80 <= r && r < 0xa0 {
			return -1
		}
		return r
	}, s)
}

func itoa(n int) string { return strconv.Itoa(n) }

func millis(d time.Duration) string {
	if d < time.Millisecond {
		return "<1 ms"
	}
	return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
}
