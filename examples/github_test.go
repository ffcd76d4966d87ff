package examples

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestWorkflows reads the workflows with actionlint, whose path is in
// GOPROXY_SETUP_ACTIONLINT or on PATH. What the action does in them is run by
// package action's tests, under act.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	actionlint := lookTool(t, "actionlint", "GOPROXY_SETUP_ACTIONLINT")
	files, err := filepath.Glob("github/*.yml")
	if err != nil || len(files) < 6 {
		t.Fatalf("only %q: %v", files, err)
	}
	c := exec.Command(actionlint, append([]string{"-no-color", "-shellcheck=", "-pyflakes="}, files...)...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Inputs that action.yml does not have would be ignored with a warning only.
func TestWorkflowsUseInputsThatExist(t *testing.T) {
	t.Parallel()
	action := readYAML(t, filepath.Join("..", "action.yml"))
	inputs, _ := at(action, "inputs")[0].(map[string]any)
	files, err := filepath.Glob("github/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, "gitea/default.yml", "forgejo/default.yml")
	uses := 0
	for _, file := range files {
		for _, step := range steps(readYAML(t, file)) {
			if name, _ := step["uses"].(string); !strings.HasSuffix(name, "goproxy-setup/goproxy-setup@v1") {
				continue
			}
			uses++
			with, _ := step["with"].(map[string]any)
			for name := range with {
				if _, ok := inputs[name]; !ok {
					t.Errorf("%s: action.yml has no input %s", file, name)
				}
			}
		}
	}
	if uses < 8 {
		t.Errorf("only %d steps use the action", uses)
	}
}

// steps are those of the job test.
func steps(workflow any) (out []map[string]any) {
	for _, s := range at(workflow, "jobs", "test", "steps", "*") {
		if step, ok := s.(map[string]any); ok {
			out = append(out, step)
		}
	}
	return out
}

// TestShellcheck reads the scripts that people copy.
func TestShellcheck(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("NOT RUN: shellcheck is not there")
	}
	shellcheck := lookTool(t, "shellcheck", "GOPROXY_SETUP_SHELLCHECK")
	c := exec.Command(shellcheck, "-e", "SC1091", "shell/ci.sh", "docker/args.sh", "buildkite/hooks/pre-command", "buildkite/hooks/pre-exit")
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
