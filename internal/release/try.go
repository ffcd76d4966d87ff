package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// try runs the action from the tree as a runner would, main step and post step, with a job that needs no network. The
// shim must take the binary of this platform from dist/, and that binary must know its version.
func (r release) try(ctx context.Context) error {
	native := platform{runtime.GOOS, runtime.GOARCH}
	if !slices.Contains(r.platforms, native) {
		r.say("not tried: %s is not for %s/%s", r.version, native.os, native.arch)
		return nil
	}
	dir, err := os.MkdirTemp(r.out, "job")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	env, err := runnerEnv(r.env, dir)
	if err != nil {
		return err
	}
	binary := r.path("tree", "dist", native.file())
	if err := r.shim(ctx, "main.js", dir, env); err != nil {
		return err
	}
	if err := r.checkJob(dir, binary); err != nil {
		return err
	}
	if err := r.shim(ctx, "post.js", dir, append(env, "STATE_binary="+binary)); err != nil {
		return err
	}
	r.say("the action ran %s", filepath.Base(binary))
	return nil
}

func (r release) shim(ctx context.Context, name, dir string, env []string) error {
	cmd := exec.CommandContext(ctx, "node", r.path("tree", "action", "shim", name))
	cmd.Dir, cmd.Env = dir, env
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s of the release: %w\n%s", name, err, out)
	}
	return nil
}

// runnerEnv is a GitHub runner's environment with its files in dir. GOPROXY=off asks nobody.
func runnerEnv(env []string, dir string) ([]string, error) {
	env = slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "_")
		return slices.Contains([]string{"GITHUB", "RUNNER", "INPUT", "STATE", "GOPROXY"}, name)
	})
	for _, name := range []string{"ENV", "OUTPUT", "PATH", "STATE", "STEP_SUMMARY"} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			return nil, err
		}
		env = append(env, "GITHUB_"+name+"="+file)
	}
	return append(env, "GITHUB_ACTIONS=true", "GITHUB_WORKSPACE="+dir, "RUNNER_TEMP="+dir,
		"INPUT_PROXIES=off", "INPUT_DOWNLOAD=false", "INPUT_LOOPBACK=off", "INPUT_REPORT=json=report.json"), nil
}

// checkJob reads back what the main step wrote.
func (r release) checkJob(dir, binary string) error {
	for name, want := range map[string]string{
		"STATE": "binary=" + binary + "\n", "ENV": "\noff\n", "OUTPUT": "outcome",
	} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if !strings.Contains(strings.ReplaceAll(string(data), "\r\n", "\n"), want) {
			return fmt.Errorf("GITHUB_%s has no %q: %q", name, want, data)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		return err
	}
	var report struct {
		Outcome string
		Tool    struct{ Version string }
	}
	if err := json.Unmarshal(data, &report); err != nil {
		return err
	}
	if report.Outcome != "ok" || report.Tool.Version != r.version {
		return fmt.Errorf("version %s of the action ended %s, want %s and ok", report.Tool.Version, report.Outcome, r.version)
	}
	return nil
}
