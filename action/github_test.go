package action

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/ci"
)

func TestSetOutputs(t *testing.T) {
	t.Parallel()
	j := newJob(t)
	want := []ci.Var{{Name: "goproxy", Value: "https://goproxy.cn|direct"}, {Name: "report-path", Value: ""}}
	if err := j.github().SetOutputs(want); err != nil {
		t.Fatal(err)
	}
	if got := j.parsed("GITHUB_OUTPUT"); !slices.Equal(got, want) {
		t.Errorf("the runner reads %q, want %q", got, want)
	}
	if got := j.read("GITHUB_ENV"); got != "" {
		t.Errorf("GITHUB_ENV became %q", got)
	}
	j.checkClean()
}

func TestSaveState(t *testing.T) {
	t.Parallel()
	j := newJob(t)
	if err := j.github().SaveState("serve-pid", "123"); err != nil {
		t.Fatal(err)
	}
	want := []ci.Var{{Name: "serve-pid", Value: "123"}}
	if got := j.parsed("GITHUB_STATE"); !slices.Equal(got, want) {
		t.Errorf("the runner reads %q, want %q", got, want)
	}
}

func TestOutputsAndStateAreRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []ci.Var{{Name: "a-b", Value: "1\n2"}, {Name: "a b", Value: "1"}, {Name: "-", Value: ci.FileDelimiter}} {
		j := newJob(t)
		var refused *ci.ValueError
		if err := j.github().SetOutputs([]ci.Var{{Name: "good", Value: "1"}, bad}); !errors.As(err, &refused) || refused.Name != bad.Name {
			t.Errorf("SetOutputs: %v, want a *ci.ValueError for %q", err, bad.Name)
		}
		if err := j.github().SaveState(bad.Name, bad.Value); !errors.As(err, &refused) || refused.Name != bad.Name {
			t.Errorf("SaveState: %v, want a *ci.ValueError for %q", err, bad.Name)
		}
		if got := j.read("GITHUB_OUTPUT") + j.read("GITHUB_STATE"); got != "" {
			t.Errorf("after %q the files have %q", bad, got)
		}
	}
}

// Outside a step there is nobody to tell; a file that should be there is an
// error.
func TestWithoutFiles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		variable string
		call     func(GitHub) error
	}{
		{"GITHUB_OUTPUT", func(g GitHub) error { return g.SetOutputs([]ci.Var{{Name: "a", Value: "1"}}) }},
		{"GITHUB_STATE", func(g GitHub) error { return g.SaveState("a", "1") }},
		{"GITHUB_STEP_SUMMARY", func(g GitHub) error { return g.AddSummary([]byte("# a\n")) }},
	} {
		t.Run(test.variable, func(t *testing.T) {
			t.Parallel()
			j := newJob(t)
			os.Remove(j.env[test.variable])
			var bad *FileError
			if err := test.call(j.github()); !errors.As(err, &bad) || !errors.Is(err, fs.ErrNotExist) || bad.Variable != test.variable {
				t.Errorf("without the file: %v, want a *FileError for %s", err, test.variable)
			}
			delete(j.env, test.variable)
			if err := test.call(j.github()); err != nil {
				t.Errorf("without the variable: %v, want nothing to happen", err)
			}
		})
	}
}

func TestAddSummary(t *testing.T) {
	t.Parallel()
	j := newJob(t)
	j.write("GITHUB_STEP_SUMMARY", "# mine")
	if err := j.github().AddSummary([]byte("# ours\n| a | b |\n")); err != nil {
		t.Fatal(err)
	}
	if got := strings.ReplaceAll(j.read("GITHUB_STEP_SUMMARY"), "\r\n", "\n"); got != "# mine\n# ours\n| a | b |\n\n" {
		t.Errorf("the summary is %q", got)
	}
	j.checkClean()
}

func TestCutSummary(t *testing.T) {
	t.Parallel()
	rows := func(n int) string { return strings.Repeat("| a row of a table with 模块 |\n", n) }
	exact := strings.Repeat("x", SummaryLimit-1) + "\n"
	for _, test := range []struct {
		name, in string
		check    func(out string) bool
	}{
		{"short text stays", rows(3), func(out string) bool { return out == rows(3) }},
		{"text of the limit stays", exact, func(out string) bool { return out == exact }},
		{"cut after a whole row", rows(10000), func(out string) bool {
			kept, ok := strings.CutSuffix(out, summaryMark)
			return ok && len(out) > SummaryLimit-200 && strings.HasPrefix(rows(10000), kept+"\n")
		}},
		{"a block of code is closed", "```\n" + rows(10000), func(out string) bool {
			return strings.HasSuffix(out, "|\n```"+summaryMark)
		}},
		{"a closed block stays closed", "```\nx\n```\n" + rows(10000), func(out string) bool {
			return strings.HasSuffix(out, "|"+summaryMark)
		}},
		{"one endless line goes", strings.Repeat("é", SummaryLimit), func(out string) bool { return out == summaryMark }},
		{"one byte over the limit", exact + "\n", func(out string) bool { return out == summaryMark }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := []byte(test.in)
			out := cutSummary(in)
			if len(out) > SummaryLimit || !test.check(string(out)) {
				t.Errorf("%d bytes became %d: …%q", len(in), len(out), out[max(0, len(out)-120):])
			}
			if !bytes.Equal(in, []byte(test.in)) {
				t.Error("the caller's text changed")
			}
		})
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for env, want := range map[string]string{
		"GITHUB_ACTIONS": "::add-mask::http://u:hunter2@[::1]:80\n",
		"GITEA_ACTIONS":  "::add-mask::http://u:hunter2@[\n::add-mask::1]:80\n",
	} {
		j := newJob(t)
		j.env[env] = "true"
		if err := j.github().Mask("http://u:hunter2@[::1]:80"); err != nil {
			t.Fatal(err)
		}
		if got := j.stdout.String(); got != want {
			t.Errorf("%s: stdout has %q, want %q", env, got, want)
		}
	}
}
