package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// start runs the command and returns its answers to the first lines of stdout.
func start(t *testing.T, ctx context.Context, stdin io.Reader, args ...string) (lines map[string]string, ended chan error) {
	t.Helper()
	r, w := io.Pipe()
	ended = make(chan error, 1)
	go func() {
		ended <- run(ctx, args, stdin, w)
		w.Close()
	}()
	lines = map[string]string{}
	for in := bufio.NewScanner(r); len(lines) < 3 && in.Scan(); {
		name, value, _ := strings.Cut(in.Text(), "=")
		lines[name] = value
	}
	go io.Copy(io.Discard, r)
	return lines, ended
}

func status(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.Status
}

func TestServesUntilStdinEnds(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	stdin, hold := io.Pipe()
	lines, ended := start(t, t.Context(), stdin, "-log", log, "../testdata/mod")
	if got := status(t, lines["URL"]+"/503/example.com/m/@latest"); got != "503 Service Unavailable" {
		t.Errorf("with a fault: %s", got)
	}
	if got := status(t, lines["URL"]+"/example.com/m/@latest"); got != "200 OK" {
		t.Errorf("without: %s", got)
	}
	if !strings.HasPrefix(lines["GOSUMDB"], "sum.example.test+") || lines["STORAGE"] == "" {
		t.Errorf("printed %q", lines)
	}
	hold.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	b, err := os.ReadFile(log)
	if err != nil || strings.Count(string(b), "\n") != 2 || !strings.Contains(string(b), `"Base":"/503"`) {
		t.Errorf("log %q, %v", b, err)
	}
}

func TestServesUntilSignal(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	lines, ended := start(t, ctx, strings.NewReader(""), "-signals", "../testdata/mod")
	if got := status(t, lines["URL"]+"/example.com/m/@v/list"); got != "200 OK" {
		t.Error(got)
	}
	if got := status(t, lines["URL"]+"/nosuch/example.com/m/@v/list"); got != "500 Internal Server Error" {
		t.Error(got)
	}
	cancel()
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "unknown fault") {
		t.Errorf("an unknown fault is lost: %v", err)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"a", "b"}, {"-no"}, {t.TempDir()}, {"no-such-folder"}} {
		if err := run(t.Context(), args, strings.NewReader(""), io.Discard); err == nil {
			t.Errorf("faultproxy %q: no error", args)
		}
	}
}
