package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/goproxy-setup/goproxy-setup/bench/lab"
)

// start measures the action from the start of its JavaScript to the variables that
// later steps see, with nothing to download. It is laid out as a release is.
func (w *world) start(ctx context.Context) error {
	node, err := exec.LookPath("node")
	if err != nil {
		fmt.Fprintln(w.out, "The start of the action was not measured: there is no node.")
		return nil
	}
	dir, err := w.release(ctx)
	if err != nil {
		return err
	}
	t := lab.NewTable(w.out, "the action, nothing to download", "s", "CPU s")
	for _, loopback := range []string{"job", "step"} {
		var wall, cpu []time.Duration
		for range w.rounds {
			cost, err := w.action(ctx, node, dir, loopback)
			if err != nil {
				return err
			}
			wall, cpu = append(wall, cost.Wall), append(cpu, cost.CPU)
		}
		t.Row("loopback: "+loopback, fmt.Sprintf("%.3f", lab.Median(wall).Seconds()), fmt.Sprintf("%.3f", lab.Median(cpu).Seconds()))
	}
	return nil
}

// release makes a folder of what the action consists of.
func (w *world) release(ctx context.Context) (string, error) {
	dir, err := w.Folder("action")
	if err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the source of the action: %w", err)
	}
	program, err := os.ReadFile(w.Tool)
	if err != nil {
		return "", err
	}
	name := "goproxy-setup_" + runtime.GOOS + "_" + runtime.GOARCH
	files := map[string][]byte{"dist/" + name: program, "dist/checksums.txt": fmt.Appendf(nil, "%x  %s\n", sha256.Sum256(program), name)}
	for _, f := range []string{"action.yml", "action/shim/main.js", "action/shim/post.js", "action/shim/binary.js"} {
		if files[f], err = os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), f)); err != nil {
			return "", err
		}
	}
	for f, data := range files {
		path := filepath.Join(dir, f)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(path, data, 0o755); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// action runs the main step and, uncounted, the post step.
func (w *world) action(ctx context.Context, node, dir, loopback string) (lab.Cost, error) {
	runner, err := w.Folder("runner")
	if err != nil {
		return lab.Cost{}, err
	}
	file := func(name string) string { return filepath.Join(runner, name) }
	for _, name := range []string{"env", "output", "state", "summary", "path"} {
		if err := os.WriteFile(file(name), nil, 0o600); err != nil {
			return lab.Cost{}, err
		}
	}
	env := w.env(filepath.Join(runner, "mod"), "CI=true", "GITHUB_ACTIONS=true", "GITHUB_WORKSPACE="+w.main, "RUNNER_TEMP="+runner,
		"GITHUB_ENV="+file("env"), "GITHUB_OUTPUT="+file("output"), "GITHUB_STATE="+file("state"), "GITHUB_STEP_SUMMARY="+file("summary"), "GITHUB_PATH="+file("path"),
		"INPUT_PROXIES="+w.upstream.URL, "INPUT_DOWNLOAD=false", "INPUT_LOOPBACK="+loopback)
	cost, err := w.must(ctx, env, node, filepath.Join(dir, "action", "shim", "main.js"))
	if err != nil {
		return cost, err
	}
	if set, err := os.ReadFile(file("env")); err != nil || !strings.Contains(string(set), "GOPROXY") {
		return cost, fmt.Errorf("GOPROXY was not exported: %q, %v", set, err)
	}
	state, err := os.ReadFile(file("state"))
	if err != nil {
		return cost, err
	}
	_, binary, _ := strings.Cut(strings.TrimSpace(string(state)), "binary=")
	_, err = w.must(ctx, append(env, "STATE_binary="+binary), node, filepath.Join(dir, "action", "shim", "post.js"))
	return cost, err
}
