package ci

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// hostile are values that mean something to a shell, a line of the log or a
// file format.
var hostile = []Var{
	{"EMPTY", ""},
	{"LIST", "https://a.example|https://b.example,direct"},
	{"SINGLE", `it's 'quoted'`},
	{"SINGLE_ENDS", `''`},
	{"DOUBLE", `say "hello" "`},
	{"BACKTICK", "`touch pwned`"},
	{"COMMAND", "$(touch pwned)"},
	{"VARIABLE", "$HOME ${HOME} $$ $? $1 $"},
	{"BACKSLASH", `C:\new\table\`},
	{"BACKSLASH_QUOTE", `a\'b\"c\\'d`},
	{"HISTORY", "!! !1 !x !"},
	{"PERCENT", "%PATH% %% %1 100%"},
	{"CARET", "^ ^^ ^&"},
	{"OPERATORS", "a & b && c | d || e ; f > g < h"},
	{"PARENS", "(a) [b] {c,d}"},
	{"GLOB", "* ? ~ ~/x [a-z]"},
	{"COMMENT", "a # b"},
	{"EQUALS", "=a==b="},
	{"ESCAPES", `\n\t\x41\u0041\0`},
	{"TAB", "a\tb"},
	{"UNICODE", "模块代理 é 😀"},
	{"TYPOGRAPHIC", "‘a’ ‚b‛ “c”"},
	{"DASHES", "--option -n -e"},
	{"COLON", "::error::x ##[error] ##vso[task]"},
	{"HEREDOC", "A<<EOF"},
	{"NUMBER_SIGN", "#first"},
	{"TILDE", "~root"},
}

// printEnv makes the test program write its environment and end, so that a
// shell can show what a program started by it gets.
const printEnv = "CI_TEST_PRINT_ENV"

// appendFull makes the test program append to the file of that name, in a
// process whose files may not grow: a disk that becomes full.
const appendFull = "CI_TEST_APPEND_FULL"

func TestMain(m *testing.M) {
	if os.Getenv(printEnv) != "" {
		json.NewEncoder(os.Stdout).Encode(os.Environ())
		return
	}
	if path := os.Getenv(appendFull); path != "" {
		appendToFullDisk(path)
	}
	os.Exit(m.Run())
}

func TestRealShellsReadTheValuesBack(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		form   string   // of the variables, and the shell to run
		argv   []string // the script follows
		script string   // $f is the file, $prog the program to run
	}{
		{"sh sources the file", "sh", []string{"sh", "-euc"}, `. "$f"; exec "$prog"`},
		{"sh evaluates the output", "sh", []string{"sh", "-euc"}, `eval "$(cat "$f")"; exec "$prog"`},
		{"dash", "dash", []string{"dash", "-euc"}, `. "$f"; exec "$prog"`},
		{"bash", "bash", []string{"bash", "-euo", "pipefail", "-c"}, `. "$f"; exec "$prog"`},
		{"bash evaluates the output", "bash", []string{"bash", "-euc"}, `eval "$(cat "$f")"; exec "$prog"`},
		{"bash with history expansion", "bash", []string{"bash", "-c"}, "set -o history -H\n" + `. "$f"; exec "$prog"`},
		{"bash in POSIX mode", "bash", []string{"bash", "--posix", "-c"}, `. "$f"; exec "$prog"`},
		{"bash reads it as BASH_ENV", "bash", []string{"env", "BASH_ENV=$f", "bash", "-c"}, `exec "$prog"`},
		{"zsh", "zsh", []string{"zsh", "-fc"}, `. "$f"; exec "$prog"`},
		{"zsh evaluates the output", "zsh", []string{"zsh", "-fc"}, `eval "$(cat "$f")"; exec "$prog"`},
		{"zsh with other quoting rules", "zsh", []string{"zsh", "-f", "-o", "rcquotes", "-o", "banghist", "-c"}, `. "$f"; exec "$prog"`},
		{"fish", "fish", []string{"fish", "--no-config", "-c"}, `source $f; exec $prog`},
		{"fish reads the output", "fish", []string{"fish", "--no-config", "-c"}, `cat $f | source; exec $prog`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(test.form); err != nil {
				t.Skipf("NOT TESTED: %v", err)
			}
			got := runShell(t, test.form, test.argv, test.script)
			for _, v := range hostile {
				if value, ok := got[v.Name]; !ok || value != v.Value {
					t.Errorf("%s = %q (set: %t), want %q", v.Name, value, ok, v.Value)
				}
			}
		})
	}
}

// runShell writes the hostile variables in the form, lets the shell read them
// and returns the environment of a program that the shell starts.
func runShell(t *testing.T, form string, argv []string, script string) map[string]string {
	dir := t.TempDir()
	file := filepath.Join(dir, "vars")
	var b bytes.Buffer
	if err := WriteShell(&b, form, hostile); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append(slices.Clone(argv), script)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "=$f", "="+file)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LANG=C.UTF-8", "f=" + file, "prog=" + program, printEnv + "=1"}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", args, err, stderr.Bytes())
	}
	var environ []string
	if err := json.Unmarshal(out, &environ); err != nil {
		t.Fatalf("the shell printed %q: %v", out, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
		t.Error("the shell ran a command out of a value")
	}
	got := make(map[string]string)
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		got[name] = value
	}
	return got
}

// Each file of testdata/shell is a set of variables and its spelling in every
// form: the proof for the shells that do not run here.
func TestShellForms(t *testing.T) {
	t.Parallel()
	cases(t, "shell", func(t *testing.T, c *testCase) {
		var vars []Var
		for line := range strings.Lines(c.section("vars")) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			vars = append(vars, Var{name, value})
		}
		for _, s := range Shells {
			var b bytes.Buffer
			if err := WriteShell(&b, s.Name, vars); err != nil {
				b.Reset()
				fmt.Fprintf(&b, "error: %v", err)
			}
			// A txtar file may be checked out with any line ends.
			c.want("want "+s.Name, strings.ReplaceAll(b.String(), "\r\n", "␍\n"))
		}
	})
}

func TestDotenvReadsBackAsGitLab(t *testing.T) {
	t.Parallel()
	for chunk := range slices.Chunk(hostile, dotenvVars) {
		var b bytes.Buffer
		if err := WriteShell(&b, "dotenv", chunk); err != nil {
			t.Fatal(err)
		}
		got, err := readAsGitLab(b.String(), map[string]string{"HOME": "/root"})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range chunk {
			if got[v.Name] != v.Value {
				t.Errorf("%s = %q, want %q", v.Name, got[v.Name], v.Value)
			}
		}
	}
}

var gitlabReference = regexp.MustCompile(`\$\$|\$[A-Za-z_][A-Za-z0-9_]*|\$\{[A-Za-z_][A-Za-z0-9_]*\}`)

// readAsGitLab reads a dotenv report as the server (each line cut at its first
// equals sign and stripped) and the runner, which expands references, do:
// gitlabhq app/services/ci/parse_dotenv_artifact_service.rb.
func readAsGitLab(file string, env map[string]string) (map[string]string, error) {
	if len(file) >= 5*1024 {
		return nil, errors.New("Dotenv Artifact Too Big")
	}
	out := make(map[string]string)
	for line := range strings.Lines(file) {
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return nil, errors.New("Invalid Format")
		}
		out[strings.TrimSpace(name)] = gitlabReference.ReplaceAllStringFunc(strings.TrimSpace(value), func(ref string) string {
			if ref == "$$" {
				return "$"
			}
			return env[strings.Trim(ref, "${}")]
		})
	}
	return out, nil
}

func TestJSONReadsBack(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := WriteShell(&b, "json", hostile); err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := make(map[string]string)
	for _, v := range hostile {
		want[v.Name] = v.Value
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestShellLimits(t *testing.T) {
	t.Parallel()
	var many []Var
	for i := range dotenvVars + 1 {
		many = append(many, Var{fmt.Sprintf("V%d", i), "x"})
	}
	// A=…\n of exactly the allowed size, and one byte more.
	fits := []Var{{"A", strings.Repeat("x", dotenvBytes-len("A=\n"))}}
	large := []Var{{"A", fits[0].Value + "x"}}
	dollars := []Var{{"A", strings.Repeat("$", dotenvBytes/2)}}
	line := []Var{{"A", strings.Repeat("x", cmdLineLimit-len(`@set "A="`))}}
	long := []Var{{"A", line[0].Value + "x"}}
	percents := []Var{{"A", strings.Repeat("%", cmdLineLimit/2)}}
	for _, test := range []struct {
		name  string
		shell string
		vars  []Var
		want  *LimitError
	}{
		{"as many variables as GitLab takes", "dotenv", many[:dotenvVars], nil},
		{"one variable more", "dotenv", many, &LimitError{"dotenv", "variables", 21, 20}},
		{"as many bytes as GitLab takes", "dotenv", fits, nil},
		{"one byte more", "dotenv", large, &LimitError{"dotenv", "bytes", 5120, 5119}},
		{"escapes count", "dotenv", dollars, &LimitError{"dotenv", "bytes", 5121, 5119}},
		{"a line as long as cmd reads", "cmd", line, nil},
		{"one character more", "cmd", long, &LimitError{"cmd", "characters in one line", 8192, 8191}},
		{"doubled percent signs count", "cmd", percents, &LimitError{"cmd", "characters in one line", 8199, 8191}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			err := WriteShell(&b, test.shell, test.vars)
			if test.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var limit *LimitError
			if !errors.As(err, &limit) || *limit != *test.want {
				t.Errorf("error %v, want %v", err, test.want)
			}
			if b.Len() > 0 {
				t.Errorf("%d bytes were written in spite of the error", b.Len())
			}
		})
	}
}

func TestWriteShellRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range Shells {
		var b bytes.Buffer
		var bad *ValueError
		err := WriteShell(&b, s.Name, []Var{{"GOOD", "1"}, {"BAD", "1\n2"}})
		if !errors.As(err, &bad) || bad.Name != "BAD" || b.Len() > 0 {
			t.Errorf("%s: error %v and %d bytes, want a *ValueError for BAD and none", s.Name, err, b.Len())
		}
	}
	err := WriteShell(nil, "tcsh", nil)
	if err == nil || !strings.Contains(err.Error(), `"tcsh"`) || !strings.Contains(err.Error(), "fish") {
		t.Errorf("an unknown shell gives %v, want its name and the known ones", err)
	}
}

func TestShellHere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ goos, msystem, want string }{
		{"linux", "", "sh"}, {"windows", "", "powershell"}, {"windows", "MINGW64", "sh"}, {"darwin", "", "sh"},
	} {
		if got := ShellHere(func(string) string { return c.msystem }, c.goos); got != c.want {
			t.Errorf("%s with MSYSTEM=%s: %s, want %s", c.goos, c.msystem, got, c.want)
		}
	}
}

func TestShellNamesAreUnique(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, s := range Shells {
		for _, name := range append([]string{s.Name}, s.Aliases...) {
			if seen[name] {
				t.Errorf("two shells are called %s", name)
			}
			seen[name] = true
		}
		if s.Load == "" {
			t.Errorf("%s: nothing says how to load its output", s.Name)
		}
	}
}
