// Package golden runs tables of cases that are text files, so that adding a case
// is adding lines. It is for tests only.
//
// Cases are separated by blank lines. In each, lines that begin with # say what it
// shows and name the subtest, lines that begin with "=>" are what must come out,
// and all others are its input. Written without the output, a case gets it from
//
//	go test ./the/package -update
//
// and reading the difference before it is committed is the point of it.
package golden

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite expectations in testdata")

// Update reports whether the test was run with -update.
func Update() bool { return *update }

const mark = "=>"

// A block is a case, or a comment with no input.
type block struct{ comments, in, want []string }

// Run checks every case of a file, side by side. eval gets the lines of its input
// and returns the lines of its output.
func Run(t *testing.T, file string, eval func(t *testing.T, in []string) (out []string)) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	blocks, ran := parse(string(data)), 0
	t.Run("in", func(t *testing.T) { // returns when all its cases have
		for i := range blocks {
			if b := &blocks[i]; len(b.in) > 0 {
				ran++
				t.Run(b.name(), func(t *testing.T) { t.Parallel(); b.check(t, lines(eval(t, b.in))) })
			}
		}
	})
	if ran == 0 {
		t.Fatalf("%s has no case", file)
	}
	if *update {
		if err := os.WriteFile(file, []byte(format(blocks)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *block) check(t *testing.T, out []string) {
	t.Helper()
	switch {
	case *update:
		b.want = out
	case !slices.Equal(out, b.want):
		t.Errorf("%s\n got %s\nwant %s\n(accept with -update)", strings.Join(b.in, "\n"), strings.Join(out, "\n     "), strings.Join(b.want, "\n     "))
	}
}

// lines cuts what has line ends in it, and trailing blanks, which no file should
// depend on.
func lines(out []string) []string {
	list := strings.Split(strings.Join(out, "\n"), "\n")
	for i, l := range list {
		list[i] = strings.TrimRight(l, " ")
	}
	return list
}

func (b block) name() string {
	if len(b.comments) == 0 {
		return b.in[0]
	}
	return strings.TrimSpace(strings.TrimLeft(b.comments[0], "#"))
}

func parse(text string) []block {
	var blocks []block
	for part := range strings.SplitSeq(text, "\n\n") {
		var b block
		for line := range strings.Lines(part) {
			line = strings.TrimSuffix(line, "\n")
			switch out, ok := strings.CutPrefix(line, mark); {
			case ok:
				b.want = append(b.want, strings.TrimPrefix(out, " "))
			case strings.HasPrefix(line, "#"):
				b.comments = append(b.comments, line)
			case line != "":
				b.in = append(b.in, line)
			}
		}
		if len(b.comments)+len(b.in) > 0 {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

func format(blocks []block) string {
	var parts []string
	for _, b := range blocks {
		lines := slices.Concat(b.comments, b.in)
		for _, w := range b.want {
			lines = append(lines, strings.TrimRight(mark+" "+w, " "))
		}
		parts = append(parts, strings.Join(lines, "\n"))
	}
	return strings.Join(parts, "\n\n") + "\n"
}
