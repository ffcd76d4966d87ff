package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestPlainFailsWhereOursDoesNot(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds goproxy-setup")
	}
	var out strings.Builder
	err := run(t.Context(), []string{"-cache", t.TempDir(), "-faults", "h2reset,goaway", "-rates", "0.3", "-upstreams", "1", "-runs", "2"}, &out)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{
		"| h2reset | 30 % | 1 | go mod download | 0/2 |",
		"| goaway | 30 % | 1 | go mod download | 2/2 |",
	} {
		if !strings.Contains(out.String(), row) {
			t.Errorf("no row %s in\n%s", row, &out)
		}
	}
	for line := range strings.Lines(out.String()) {
		cells := strings.Split(line, " | ")
		if ours := cells[len(cells)-2]; strings.Contains(line, "30 %") && ours != "2/2" {
			t.Errorf("ours %s: %s", ours, line)
		}
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	const head = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x02p0\x07example\x04test\x00"
	const reply = "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x02p0\x07example\x04test\x00"
	const none = "\x12\x34\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00\x02p0\x07example\x04test\x00"
	for name, tt := range map[string]struct{ query, want string }{
		"address":           {head + "\x00\x01\x00\x01", reply + "\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04\x7f\x00\x00\x01"},
		"IPv6 address":      {head + "\x00\x1c\x00\x01", none + "\x00\x1c\x00\x01"},
		"additional record": {head + "\x00\x1c\x00\x01\x00\x00\x29", none + "\x00\x1c\x00\x01"},
		"cut":               {head[:20], ""},
		"header only":       {head[:12], ""},
		"nothing":           {"", ""},
	} {
		if got := answer([]byte(tt.query)); !bytes.Equal(got, []byte(tt.want)) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-no"}, {"-faults", "luck"}, {"-commands", "vet"}, {"-rates", "few"}, {"-upstreams", "3"}} {
		if err := run(t.Context(), args, &strings.Builder{}); err == nil {
			t.Errorf("survival %q: no error", args)
		}
	}
}
