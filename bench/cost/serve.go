package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/setup"
)

// A loopback is `goproxy-setup serve`, started as setup does it.
type loopback struct {
	cmd     *exec.Cmd
	dir     string
	goproxy string // for go commands
}

func (w *world) serve(ctx context.Context) (*loopback, error) {
	dir, err := w.Folder("serve")
	if err != nil {
		return nil, err
	}
	spec, err := json.Marshal(setup.Spec{
		List: w.upstream.URL, Dir: dir, SumFiles: []string{filepath.Join(w.main, "go.sum")},
		Attempts: 8, RetryFor: 20 * time.Second, Lang: "en", Lifetime: time.Hour,
	})
	if err != nil {
		return nil, err
	}
	l := &loopback{cmd: exec.CommandContext(ctx, w.Tool, "serve"), dir: dir}
	l.cmd.Env, l.cmd.Stdin, l.cmd.Stderr = w.env(""), bytes.NewReader(spec), os.Stderr
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := l.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("serve said nothing: %w", err), l.close())
	}
	l.goproxy, _, _ = strings.Cut(strings.TrimSpace(line), "|")
	return l, nil
}

// close ends it as a CI system does at the end of a job.
func (l *loopback) close() error {
	l.cmd.Process.Signal(os.Interrupt)
	return l.cmd.Wait()
}

// status reads a line of /proc/PID/status, in kB where it has a unit.
func (l *loopback) status(name string) (n int64) {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", l.cmd.Process.Pid))
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			fmt.Sscan(rest, &n)
		}
	}
	return n
}

// leftInDir are files below the folder of the loopback that are not its state.
func (l *loopback) leftInDir() (names []string) {
	all, _ := filepath.Glob(filepath.Join(l.dir, "loopback-*", "*"))
	return all
}

func short(argv []string) string {
	words := []string{filepath.Base(argv[0])}
	for i := 1; i < len(argv); i++ {
		if argv[i] == "-proxies" {
			i++
			continue
		}
		words = append(words, argv[i])
	}
	return "`" + strings.Join(words, " ") + "`"
}
