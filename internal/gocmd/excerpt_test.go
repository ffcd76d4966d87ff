package gocmd

import (
	"strings"
	"testing"
)

func TestExcerptKeepsBothEnds(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 1000, excerptLimit + 7} {
		var e excerpt
		for rest := "begin" + strings.Repeat("x", 3*excerptLimit) + "end"; rest != ""; {
			n := min(size, len(rest))
			if wrote, err := e.Write([]byte(rest[:n])); wrote != n || err != nil {
				t.Fatalf("Write = %d, %v, want %d", wrote, err, n)
			}
			rest = rest[n:]
		}
		got := e.String()
		if len(got) > 2*excerptLimit+100 || !strings.HasPrefix(got, "begin") || !strings.HasSuffix(got, "end") {
			t.Errorf("writes of %d: excerpt of %d bytes, want both ends in at most %d", size, len(got), 2*excerptLimit)
		}
		if !strings.Contains(got, "\n[65544 bytes left out]\n") {
			t.Errorf("writes of %d: excerpt does not say how much is missing", size)
		}
	}
}

func TestExcerptOfLittleIsAll(t *testing.T) {
	t.Parallel()
	var e excerpt
	text := strings.Repeat("y", 2*excerptLimit)
	for _, part := range []string{text[:1], text[1 : excerptLimit+5], text[excerptLimit+5:]} {
		_, _ = e.Write([]byte(part))
	}
	if got := e.String(); got != text {
		t.Errorf("excerpt of %d bytes is %d bytes long", len(text), len(got))
	}
}
