package classify

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// logOf returns a log of at least size bytes, made of samples of the corpus
// that fail (or do not).
func logOf(t testing.TB, size int, failing bool) []byte {
	var log bytes.Buffer
	all := corpus(t)
	for i := 0; log.Len() < size; i++ {
		s := all[i%len(all)]
		if (s.Label != none) == failing && s.CI != "utf16-nul" && len(s.Text) < 20000 {
			log.WriteString(s.Text)
		}
		if i > 0 && i%len(all) == 0 && log.Len() == 0 {
			t.Fatal("no sample fits")
		}
	}
	return log.Bytes()
}

// quietLog is a log as GitHub keeps it, of a build in which nothing failed.
func quietLog(size int) []byte {
	var log bytes.Buffer
	for i := 0; log.Len() < size; i++ {
		fmt.Fprintf(&log, "2026-11-22T09:00:15.%07dZ ", i%1e7)
		switch i % 4 {
		case 0:
			fmt.Fprintf(&log, "go: downloading github.com/acme/part%d v1.%d.0\n", i, i%10)
		case 1:
			fmt.Fprintf(&log, "ok  \texample.com/svc/internal/part%d\t0.%03ds\tcoverage: 81.2%% of statements\n", i, i%1000)
		case 2:
			fmt.Fprintf(&log, "internal/part%d/handler.go:%d: level=info msg=\"request served\" status=200 path=/v1/items\n", i, i%900)
		case 3:
			fmt.Fprintf(&log, "    --- PASS: TestHandler/case_%d (0.00s)\n", i)
		}
	}
	return log.Bytes()
}

// BenchmarkLog measures bytes a second: of output in which nothing failed, as
// most of a long log is, and of nothing but failures, the worst that can come.
func BenchmarkLog(b *testing.B) {
	for name, log := range map[string][]byte{
		"quiet":    quietLog(10 << 20),
		"mixed":    logOf(b, 10<<20, false),
		"failing":  logOf(b, 10<<20, true),
		"one line": bytes.Repeat([]byte("go: a "), 10<<20/6),
		"UTF-16":   []byte(utf16Bytes(string(logOf(b, 5<<20, false)), little)),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(log)))
			b.ReportAllocs()
			for b.Loop() {
				Log(bytes.NewReader(log))
			}
		})
	}
}

func FuzzLog(f *testing.F) {
	for i, s := range corpus(f) {
		if i%16 == 0 { // seeds run with every go test
			f.Add([]byte(s.Text))
		}
	}
	f.Add([]byte("go: a.b/c@v1: git x in y: exit status 1:\n\tfatal: https://user:hunter2secret@h/"))
	f.Fuzz(func(t *testing.T, log []byte) {
		for _, failure := range Log(io.LimitReader(bytes.NewReader(log), 1<<20)) {
			if failure.Advice.EN == "" || len(failure.Evidence) == 0 {
				t.Errorf("%+v has no advice or no evidence", failure)
			}
			for _, line := range failure.Evidence {
				if strings.Contains(line, "hunter2secret") || strings.ContainsAny(line, "\n\r\x1b\x00") {
					t.Errorf("evidence %q", line)
				}
			}
		}
	})
}
