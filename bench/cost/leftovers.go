package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goproxy-setup/goproxy-setup/bench/lab"
)

// leftovers looks for processes, whose ports end with them, and temporary files
// after runs that went well, failed, or were ended early.
func (w *world) leftovers(ctx context.Context) error {
	fmt.Fprintf(w.out, "What is left of a run.\n\n")
	t := lab.NewTable(w.out, "run", "exit", "processes", "temporary files", "go.mod and go.sum")
	gone := w.upstream.URL + "/nothing-here"
	for _, one := range []struct {
		what string
		argv []string
	}{
		{"good", []string{w.Tool, "download", "-proxies", w.upstream.URL}},
		{"`run`, good", []string{w.Tool, "run", "-proxies", w.upstream.URL, "--", "go", "list", "-m", "all"}},
		{"nothing to be had", []string{w.Tool, "download", "-proxies", gone}},
		{"time limit", []string{w.Tool, "download", "-timeout", "200ms", "-proxies", w.upstream.URL}},
		{"SIGTERM", []string{"sh", "-c", `"$0" "$@" & sleep 0.2; kill -TERM $!; wait $!`, w.Tool, "download", "-proxies", w.upstream.URL}},
		{"SIGTERM of `run`", []string{"sh", "-c", `"$0" "$@" & sleep 0.2; kill -TERM $!; wait $!`, w.Tool, "run", "-proxies", w.upstream.URL, "--", "go", "mod", "download"}},
	} {
		mod, err := w.Folder("mod")
		if err != nil {
			return err
		}
		before, err := w.mainFiles()
		if err != nil {
			return err
		}
		cost, err := w.link.Run(ctx, lab.Command{Argv: one.argv, Dir: w.main, Env: w.env(mod)}, time.Minute)
		if err != nil {
			return err
		}
		after, err := w.mainFiles()
		if err != nil {
			return err
		}
		same := "as before"
		if after != before {
			same = "changed"
		}
		t.Row(one.what, fmt.Sprint(cost.Exit), fmt.Sprint(len(w.processes())), list(w.tempFiles()), same)
		os.RemoveAll(mod)
	}
	return nil
}

// processes are those whose environment has this bench's folder, but the upstream.
func (w *world) processes() (pids []string) {
	all, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, name := range all {
		if env, err := os.ReadFile(name); err == nil && strings.Contains(string(env), w.Dir+"/") {
			pids = append(pids, filepath.Base(filepath.Dir(name)))
		}
	}
	return pids
}

func (w *world) tempFiles() (names []string) {
	filepath.WalkDir(w.Temp(), func(name string, _ fs.DirEntry, err error) error {
		if err == nil && name != w.Temp() {
			names = append(names, strings.TrimPrefix(name, w.Temp()+"/"))
		}
		return nil
	})
	return names
}

func (w *world) mainFiles() (string, error) {
	mod, err := os.ReadFile(filepath.Join(w.main, "go.mod"))
	if err != nil {
		return "", err
	}
	sum, err := os.ReadFile(filepath.Join(w.main, "go.sum"))
	return string(mod) + string(sum), err
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
