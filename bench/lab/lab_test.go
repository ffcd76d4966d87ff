package lab

import (
	"strings"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		list []time.Duration
		want time.Duration
	}{
		{nil, 0},
		{[]time.Duration{3}, 3},
		{[]time.Duration{9, 1, 2}, 2},
		{[]time.Duration{9, 1, 2, 4}, 3},
	} {
		if got := Median(tt.list); got != tt.want {
			t.Errorf("Median(%v) = %v, want %v", tt.list, got, tt.want)
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	NewTable(&b, "what", "s", "ratio").Row("x", Seconds(1234*time.Millisecond), Ratio(0, time.Second))
	const want = "| what | s | ratio |\n| --- | --- | --- |\n| x | 1.23 | - |\n"
	if b.String() != want {
		t.Errorf("got\n%s, want\n%s", &b, want)
	}
}

func TestNoSuchGraph(t *testing.T) {
	t.Parallel()
	if _, err := LoadGraph(t.Context(), t.TempDir(), "huge"); err == nil {
		t.Error("no error")
	}
}
