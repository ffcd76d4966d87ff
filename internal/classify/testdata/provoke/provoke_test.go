// Package provoke makes ../extended.jsonl: it provokes failures of module
// downloads on the loopback, with real go commands, git and ssh, and records
// what they print. It lives in testdata so that nobody runs it by accident:
// see README.md.
package provoke

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	out    = flag.String("out", "", "write the logs to this `file`, one JSON object a line")
	goroot = flag.String("goroots", "", "comma-separated `folders` of go installations beside that in PATH")
	only   = flag.String("only", "", "run the faults whose name matches this `expression`")
)

// A fault is one way to make a download fail, or not to.
type fault struct {
	name   string
	label  string
	module string
	host   string
	note   string
	proxy  string // GOPROXY: faults behind the server's URL, or a whole list with $VARIABLES
	as     string // what stands for the server's URL in the log, https://{default} if empty
	env    string // more of the environment, separated by spaces, with $VARIABLES
	script string // bash; "go mod download" if empty
	files  string // txtar that replaces the main module's files
	newest bool   // only the newest go prints this, or has the command
}

// A record is one line of the corpus.
type record struct {
	ID     string `json:"id"`
	Source string `json:"source"`
	OS     string `json:"os"`
	CI     string `json:"ci"`
	Go     string `json:"go"`
	Text   string `json:"text"`
	Label  string `json:"label"`
	Module string `json:"module"`
	Host   string `json:"host"`
	Note   string `json:"note"`
}

// A toolchain is one installed go command.
type toolchain struct{ root, version string }

func toolchains(t *testing.T) []toolchain {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := []toolchain{{root: strings.TrimSpace(string(root))}}
	for dir := range strings.SplitSeq(*goroot, ",") {
		if dir != "" {
			all = append(all, toolchain{root: dir})
		}
	}
	for i := range all {
		cmd := exec.Command(filepath.Join(all[i].root, "bin", "go"), "env", "GOVERSION")
		cmd.Env = append(os.Environ(), "GOTOOLCHAIN=local", "GOROOT="+all[i].root)
		version, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", all[i].root, err)
		}
		all[i].version = strings.TrimPrefix(strings.TrimSpace(string(version)), "go")
	}
	return all
}

// TestProvoke runs each fault twice: bare, and inside the log of a CI system,
// by go commands that take turns.
func TestProvoke(t *testing.T) {
	if *out == "" {
		t.Skip("no -out")
	}
	chosen := regexp.MustCompile(*only)
	gos := toolchains(t)
	l := newLab(t)
	var records []*record
	t.Run("faults", func(t *testing.T) {
		for i, f := range faults {
			if !chosen.MatchString(f.name) {
				continue
			}
			for turn, w := range []wrapper{wrappers[0], wrappers[1+i%(len(wrappers)-1)]} {
				tc := gos[(i+turn*(1+i%3))%len(gos)]
				if f.newest {
					tc = gos[0]
				}
				r := &record{ID: "X" + strconv.Itoa(1000 + 2*i + turn)[1:], OS: "linux", CI: w.name, Go: tc.version, Label: f.label, Module: f.module, Host: f.host, Note: f.note}
				records = append(records, r)
				t.Run(f.name+"/"+w.name, func(t *testing.T) {
					t.Parallel()
					text, status := l.run(t, f, tc)
					r.Source = "internal/classify/testdata/provoke, fault " + f.name + ": " + strings.Join(strings.Fields(f.env+" "+f.command()), " ")
					if w.name == consoleOf80 && r.Host == "{default}" {
						r.Host = "goproxy.cn"
					}
					r.Text = w.wrap(f.command(), strings.TrimRight(text, "\n"), status)
				})
			}
		}
	})
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, r := range records {
		if err := enc.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	if len(records) == 0 {
		t.Fatal("nothing recorded")
	}
	if err := os.WriteFile(*out, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

func (f fault) command() string {
	if f.script == "" {
		return "go mod download"
	}
	return strings.TrimSpace(f.script)
}

// run returns what a fault prints, with stand-ins for what belongs to this
// machine, and the exit status.
func (l *lab) run(t *testing.T, f fault, tc toolchain) (text string, status int) {
	dirs := newDirs(t)
	l.files(t, f, dirs.work)
	env := l.environ(t, f, tc, dirs)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", "exec 2>&1\n"+f.command())
	cmd.Dir, cmd.Env = dirs.work, env
	cmd.WaitDelay = time.Second
	got, err := cmd.Output()
	if err != nil {
		status = max(cmd.ProcessState.ExitCode(), 1)
	}
	return l.clean(f, tc, dirs, string(got)), status
}
