package action

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/ci"
)

// A job is the files of one step and its standard output.
type job struct {
	t      *testing.T
	dir    string
	env    map[string]string
	stdout bytes.Buffer
}

// newJob makes the files that the runner makes before a step.
func newJob(t *testing.T) *job {
	t.Helper()
	j := &job{t: t, dir: t.TempDir(), env: map[string]string{"GITHUB_ACTIONS": "true"}}
	for _, variable := range []string{"GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"} {
		j.env[variable] = filepath.Join(j.dir, strings.ToLower(variable))
		j.write(variable, "")
	}
	j.env["RUNNER_TEMP"] = filepath.Join(j.dir, "temp")
	if err := os.Mkdir(j.env["RUNNER_TEMP"], 0o755); err != nil {
		t.Fatal(err)
	}
	return j
}

func (j *job) github() GitHub {
	return GitHub{Getenv: func(name string) string { return j.env[name] }, Stdout: &j.stdout}
}

func (j *job) write(variable, text string) {
	j.t.Helper()
	if err := os.WriteFile(j.env[variable], []byte(text), 0o644); err != nil {
		j.t.Fatal(err)
	}
}

func (j *job) read(variable string) string {
	j.t.Helper()
	text, err := os.ReadFile(j.env[variable])
	if err != nil {
		j.t.Fatal(err)
	}
	return string(text)
}

// parsed is the file as the runner reads it after the step.
func (j *job) parsed(variable string) []ci.Var {
	j.t.Helper()
	vars, err := parseEnvFile([]byte(j.read(variable)), runtime.GOOS == "windows")
	if err != nil {
		j.t.Fatalf("%s: %v\n%s", variable, err, j.read(variable))
	}
	return vars
}

// checkClean fails if anything was left in the folder for temporary files.
func (j *job) checkClean() {
	j.t.Helper()
	left, err := os.ReadDir(j.env["RUNNER_TEMP"])
	if err != nil || len(left) > 0 {
		j.t.Errorf("in RUNNER_TEMP: %v, error %v", left, err)
	}
}

var someVars = []ci.Var{
	{Name: "GOPROXY", Value: "http://127.0.0.1:40001/x|https://goproxy.cn,direct"},
	{Name: "GONOSUMDB", Value: ""},
	{Name: "GOFLAGS", Value: `-tags=a '-ldflags=-X "m.v=$1<<EOF%"' 模块`},
}

func TestExport(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, before string }{
		{"empty file", ""},
		{"after a variable", "OTHER=1\n"},
		{"after a last line without its end", "OTHER=1"},
		{"after a heredoc without the end of its last line", "OTHER<<EOF\n1\nEOF"},
		{"after empty lines", "\n\nOTHER=1\n\n"},
		{"after a byte order mark", "\ufeffOTHER=1\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			j := newJob(t)
			j.write("GITHUB_ENV", test.before)
			exported, err := NewExporter(j.github().Getenv, &j.stdout).Export(someVars)
			if err != nil {
				t.Fatal(err)
			}
			got := j.parsed("GITHUB_ENV")
			if test.before != "" {
				if other := (ci.Var{Name: "OTHER", Value: "1"}); got[0] != other {
					t.Errorf("the earlier variable became %q", got[0])
				}
				got = got[1:]
			}
			if !slices.Equal(got, someVars) {
				t.Errorf("the runner reads %q, want %q", got, someVars)
			}
			if !strings.HasPrefix(j.read("GITHUB_ENV"), test.before) {
				t.Errorf("the earlier lines changed: %q", j.read("GITHUB_ENV"))
			}
			if len(exported) != len(someVars) || exported[0] != (ci.Exported{Name: "GOPROXY", To: "GITHUB_ENV"}) {
				t.Errorf("exported %q", exported)
			}
			if j.stdout.Len() > 0 {
				t.Errorf("stdout has %q", j.stdout.String())
			}
			j.checkClean()
		})
	}
}

func TestExportRefusesValues(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		bad  ci.Var
	}{
		{"line feed", ci.Var{Name: "A", Value: "1\nPATH=/tmp"}},
		{"delimiter", ci.Var{Name: "A", Value: ci.FileDelimiter}},
		{"name with a heredoc", ci.Var{Name: "A<<B", Value: "1"}},
		{"NODE_OPTIONS", ci.Var{Name: "NODE_OPTIONS", Value: "x"}},
		{"node_options", ci.Var{Name: "node_options", Value: "x"}},
		{"GITHUB_ENV", ci.Var{Name: "GITHUB_ENV", Value: "x"}},
		{"Github_Token", ci.Var{Name: "Github_Token", Value: "x"}},
		{"RUNNER_TEMP", ci.Var{Name: "RUNNER_TEMP", Value: "x"}},
		{"a name twice", ci.Var{Name: "GOPROXY", Value: "x"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			j := newJob(t)
			j.write("GITHUB_ENV", "OTHER=1\n")
			var bad *ci.ValueError
			_, err := j.github().Export([]ci.Var{{Name: "GOPROXY", Value: "off"}, test.bad})
			if !errors.As(err, &bad) || bad.Name != test.bad.Name {
				t.Errorf("Export: %v, want a *ci.ValueError for %q", err, test.bad.Name)
			}
			if got := j.read("GITHUB_ENV"); got != "OTHER=1\n" {
				t.Errorf("GITHUB_ENV became %q", got)
			}
			j.checkClean()
		})
	}
}

func TestExportRefusesFiles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		prepare func(*job)
		cause   error  // nil when it has no name
		hint    string // a part of it
	}{
		{"no variable", func(j *job) { delete(j.env, "GITHUB_ENV") }, ci.ErrNotSet, "docker run -e GITHUB_ENV"},
		{"no file", func(j *job) { os.Remove(j.env["GITHUB_ENV"]) }, fs.ErrNotExist, "mount its folder"},
		{"a folder", func(j *job) { j.env["GITHUB_ENV"] = j.dir }, nil, "must be able to write"},
		{"UTF-16 of PowerShell behind other lines", func(j *job) { j.write("GITHUB_ENV", "OK=1\nA\x00=\x001\x00\r\x00\n\x00") }, nil, "Out-File -Encoding utf8"},
		{"UTF-16 of PowerShell", func(j *job) { j.write("GITHUB_ENV", "\xff\xfeA\x00=\x00") }, nil, "Out-File -Encoding utf8"},
		{"an open heredoc", func(j *job) { j.write("GITHUB_ENV", "A<<EOF\nx\n") }, nil, "earlier command"},
		{"a line that fails the step", func(j *job) { j.write("GITHUB_ENV", "hello hunter2\n") }, nil, "earlier command"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			j := newJob(t)
			test.prepare(j)
			before, _ := os.ReadFile(j.env["GITHUB_ENV"])
			_, err := j.github().Export(someVars)
			var bad *FileError
			if !errors.As(err, &bad) || bad.Variable != "GITHUB_ENV" || bad.Path != j.env["GITHUB_ENV"] {
				t.Fatalf("Export: %v, want a *FileError for GITHUB_ENV", err)
			}
			if test.cause != nil && !errors.Is(err, test.cause) {
				t.Errorf("Export: %v, want the cause %v", err, test.cause)
			}
			if !strings.Contains(bad.Hint, test.hint) {
				t.Errorf("the hint is %q, want it to say %q", bad.Hint, test.hint)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows what is in the file: %v", err)
			}
			if after, _ := os.ReadFile(j.env["GITHUB_ENV"]); !bytes.Equal(after, before) {
				t.Errorf("GITHUB_ENV became %q", after)
			}
			j.checkClean()
		})
	}
}

func TestExportWithoutTempFolder(t *testing.T) {
	t.Parallel()
	j := newJob(t)
	j.env["RUNNER_TEMP"] = filepath.Join(j.dir, "nowhere")
	if _, err := j.github().Export(someVars); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Export: %v, want that the folder is missing", err)
	}
	if got := j.read("GITHUB_ENV"); got != "" {
		t.Errorf("GITHUB_ENV became %q", got)
	}
}

func TestExportOfNothing(t *testing.T) {
	t.Parallel()
	j := newJob(t)
	delete(j.env, "GITHUB_ENV")
	if got, err := j.github().Export(nil); err != nil || len(got) > 0 {
		t.Errorf("Export of nothing = %v, %v", got, err)
	}
}

// The SDK reports by panic, so what it is given to do may too.
func TestPanicsOfTheSDKBecomeErrors(t *testing.T) {
	t.Parallel()
	j := newJob(t)
	_, err := j.github().stage("GITHUB_ENV", func(*sdk) { panic(errors.New("disk on fire")) })
	if err == nil || !strings.Contains(err.Error(), "GITHUB_ENV: disk on fire") {
		t.Errorf("stage: %v, want the text of the panic", err)
	}
	j.checkClean()
}

func TestVerifyRefusesWhatReadsBackDifferently(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"", "A=2\n", "A=1\nB=2\n", "A<<E\n1\n", "A =1\n"} {
		if err := verify([]byte(data), []ci.Var{{Name: "A", Value: "1"}}); err == nil {
			t.Errorf("verify(%q) accepts what is not A=1", data)
		}
	}
}
