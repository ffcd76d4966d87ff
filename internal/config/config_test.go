package config

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/golden"
)

// samples are three right values of each setting that differ where they can.
var samples = map[string][3]string{
	"proxies":       {"https://a.example", "goproxy.cn,direct", "default"},
	"private":       {"a.example", "b.example/*", "c.example,d.example"},
	"sumdb":         {"off", "sum.golang.org", "sum.golang.google.cn"},
	"timeout":       {"1s", "2m", "3h"},
	"probe-timeout": {"1s", "2s", "3s"},
	"attempts":      {"1", "2", "3"},
	"retry-for":     {"1s", "2s", "3s"},
	"loopback":      {"job", "step", "off"},
	"in-flight":     {"0", "1", "2"},
	"download":      {"false", "true", "false"},
	"cache-dir":     {"/mnt/cache", `D:\cache`, "C:/cache"},
	"persist":       {"user", "undo", "user"},
	"fail":          {"never", "download", "never"},
	"forward-proxy": {"none", "http://proxy.corp.example:3128", "pac+http://wpad.corp.example/proxy.pac"},
	"ca-file":       {"testdata/ca-a.pem", "testdata/ca-b.pem", "testdata/ca-a.pem, testdata/ca-b.pem"},
	"report":        {"json=a", "html=b", "junit"},
	"C":             {"a", "b", "c"},
	"lang":          {"en", "zh", "auto"},
	"json":          {"true", "false", "true"},
	"v":             {"true", "false", "true"},
	"shell":         {"sh", "fish", "cmd"},
}

// TestPrecedence: flag, input, variable, default, for every row and with every
// selection of them set.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	for _, r := range Table {
		sample, ok := samples[r.Name]
		if !ok {
			t.Errorf("setting %s has no samples", r.Name)
			continue
		}
		command := "action"
		if !r.For(command) {
			command = r.Only
		}
		for set := range 8 {
			byFlag, byInput, byVariable := set&1 != 0, set&2 != 0, set&4 != 0
			var args []string
			if byFlag {
				args = []string{"-" + r.Name + "=" + sample[0]}
			}
			inputs := lookup(byInput && r.InputName() != "", r.InputName(), sample[1])
			c, err := Parse(command, args, lookup(byVariable, r.Variable(), sample[2]), inputs)
			if err != nil {
				t.Fatalf("%s: %v", r.Name, err)
			}
			text, source := r.Default, "default"
			switch {
			case byFlag:
				text, source = sample[0], "flag -"+r.Name
			case byInput && r.InputName() != "":
				text, source = sample[1], "input "+r.InputName()
			case byVariable:
				text, source = sample[2], r.Variable()
			}
			if c.Text(r.Name) != text || c.Source(r.Name) != source {
				t.Errorf("%s with flag %t, input %t, variable %t: %q from %s, want %q from %s",
					r.Name, byFlag, byInput, byVariable, c.Text(r.Name), c.Source(r.Name), text, source)
			}
		}
	}
}

// lookup is an environment, or the inputs, with one value in it or none. Blanks and
// line ends around a value do not count.
func lookup(set bool, name, value string) func(string) string {
	return func(asked string) string {
		if set && asked == name {
			return " " + value + "\n"
		}
		return ""
	}
}

func none(string) string { return "" }

// TestEmpty: an empty variable or input is not set, an empty flag is the default.
func TestEmpty(t *testing.T) {
	t.Parallel()
	for _, r := range Table {
		command := "action"
		if !r.For(command) {
			command = r.Only
		}
		for _, empty := range []string{"", " ", "\n"} {
			c, err := Parse(command, nil, func(string) string { return empty }, func(string) string { return empty })
			if err != nil || c.Text(r.Name) != r.Default || c.Source(r.Name) != "default" {
				t.Errorf("%s by an empty variable %q: %q, %v", r.Name, empty, c.Text(r.Name), err)
			}
			c, err = Parse(command, []string{"-" + r.Name + "=" + empty}, lookup(true, r.Variable(), samples[r.Name][0]), nil)
			if err != nil || c.Text(r.Name) != r.Default || c.Source(r.Name) != "flag -"+r.Name {
				t.Errorf("%s by an empty flag %q: %v", r.Name, empty, err)
			}
		}
	}
}

// TestValues reads testdata/values.txt: a setting and a value in each case.
func TestValues(t *testing.T) {
	t.Parallel()
	golden.Run(t, "testdata/values.txt", func(t *testing.T, in []string) []string {
		name, text, _ := strings.Cut(strings.Join(in, "\n"), " ")
		r, command := row(t, name)
		c, err := Parse(command, nil, lookup(true, r.Variable(), text), nil)
		if err == nil {
			return []string{"ok " + c.Text(name)}
		}
		var e *Error
		if !errors.As(err, &e) || e.Setting != name || e.Source != r.Variable() || e.Reason == "" || e.Hint == "" {
			t.Errorf("error %#v of type %T", err, err)
			return []string{err.Error()}
		}
		if strings.Contains(e.Error()+e.Hint, "s3cr3t") {
			t.Errorf("a password is in %v; %s", e, e.Hint)
		}
		return []string{fmt.Sprintf("error: %v", e), "hint: " + e.Hint}
	})
}

// TestChecksRefuse: no check lets everything through.
func TestChecksRefuse(t *testing.T) {
	t.Parallel()
	for _, r := range Table {
		nonsense := func(v string) bool { return r.check(v) != nil }
		if r.check != nil && !slices.ContainsFunc([]string{"|", "a b c d", "://"}, nonsense) {
			t.Errorf("the check of %s refuses nothing", r.Name)
		}
	}
}

func row(t *testing.T, name string) (r Row, command string) {
	t.Helper()
	i := slices.IndexFunc(Table, func(r Row) bool { return r.Name == name })
	if i < 0 {
		t.Fatalf("no setting %q", name)
	}
	command = "setup"
	if !Table[i].For(command) {
		command = Table[i].Only
	}
	return Table[i], command
}

// TestArgs reads testdata/args.txt: a command line in each case.
func TestArgs(t *testing.T) {
	t.Parallel()
	golden.Run(t, "testdata/args.txt", func(t *testing.T, in []string) []string {
		words := strings.Fields(in[0])
		c, err := Parse(words[0], words[1:], none, nil)
		var usage *UsageError
		switch {
		case errors.Is(err, flag.ErrHelp):
			return []string{"help"}
		case errors.As(err, &usage):
			return []string{"usage: " + usage.Error(), "hint: " + usage.Hint}
		case err != nil:
			return []string{"error: " + err.Error()}
		}
		var out []string
		for _, s := range c.Settings() {
			if s.Source != "default" {
				out = append(out, fmt.Sprintf("%s = %s, by %s", s.Name, s.Value, s.Source))
			}
		}
		for _, target := range c.Reports() {
			out = append(out, "writes "+target.Format.Name+" to "+target.Path)
		}
		if len(c.Args) > 0 {
			out = append(out, fmt.Sprintf("arguments %q", c.Args))
		}
		return append(out, "ok")
	})
}

func TestTyped(t *testing.T) {
	t.Parallel()
	c, err := Parse("setup", []string{"-timeout", "90s", "-attempts", "3", "-v"}, none, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := c.Duration("timeout"); d != 90*time.Second {
		t.Errorf("timeout %v", d)
	}
	if n := c.Int("attempts"); n != 3 {
		t.Errorf("attempts %d", n)
	}
	if !c.Bool("v") || c.Bool("json") {
		t.Errorf("v %t, json %t", c.Bool("v"), c.Bool("json"))
	}
	if d := c.Duration("probe-timeout"); d <= 0 {
		t.Errorf("the default of probe-timeout is %v", d)
	}
	defer func() {
		if recover() == nil {
			t.Error("a name that is not in the table is let through")
		}
	}()
	c.Text("timeuot")
}

// TestSettings: what the report shows has no password, not even half of one.
func TestSettings(t *testing.T) {
	t.Parallel()
	c, err := Parse("setup", []string{"-proxies", "https://user:s3cr3t@a.example,https://s3cr3t@b.example,default", "-report", `html=C:\out\x.html`}, none, nil)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{}
	for _, s := range c.Settings() {
		shown[s.Name] = s.Value
	}
	for name, want := range map[string]string{
		"proxies": "https://xxxxx@a.example,https://xxxxx@b.example,default",
		"report":  `html=C:\out\x.html`,
		"timeout": "10m",
	} {
		if shown[name] != want {
			t.Errorf("%s is shown as %s, want %s", name, shown[name], want)
		}
	}
	if _, ok := shown["private"]; ok {
		t.Error("an empty setting is shown")
	}
	if e := c.Error("proxies", "is wrong", "write another"); strings.Contains(e.Error(), "s3cr3t") || e.Source != "flag -proxies" {
		t.Errorf("%v", e)
	}
}

// TestDefaults: the defaults pass their own checks.
func TestDefaults(t *testing.T) {
	t.Parallel()
	for _, r := range Table {
		if r.check != nil && r.Default != "" && r.check(r.Default) != nil {
			t.Errorf("%s: %v", r.Name, r.check(r.Default))
		}
		if r.Help == "" || !strings.HasSuffix(r.Help, ".") {
			t.Errorf("%s: help %q is no sentence", r.Name, r.Help)
		}
		if r.Switch() && r.Default != "false" {
			t.Errorf("%s takes no value and is %q by default: nothing could be switched off", r.Name, r.Default)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	Usage(&b, "env")
	for _, r := range Table {
		if shown := strings.Contains(b.String(), "  -"+r.Name); shown != r.For("env") {
			t.Errorf("usage of env shows %s: %t", r.Name, shown)
		}
	}
	for line := range strings.Lines(b.String()) {
		if len(line) > 80 {
			t.Errorf("longer than a terminal: %s", line)
		}
	}
}

// FuzzValue: whatever a setting is set to, there is an answer, and no secret in it.
func FuzzValue(f *testing.F) {
	for i := range Table {
		for _, s := range []string{"", " ", "off ", "a b", "https://u:s3cr3tPW@h|x", "u:x,s3cr3tPW@h", "sum.golang.org https://s3cr3tPW@h y", "json=,=-", "[", "9999999999h"} {
			f.Add(i, s)
		}
	}
	f.Fuzz(func(t *testing.T, i int, v string) {
		if i < 0 || i >= len(Table) {
			return
		}
		r, command := row(t, Table[i].Name)
		c, err := Parse(command, []string{"-" + r.Name + "=" + v}, none, nil)
		var e *Error
		var usage *UsageError
		switch {
		case err == nil:
			c.Reports()
			c.Duration(r.Name)
			if r.Name == "private" && strings.ContainsAny(c.Text(r.Name), " \n\t") {
				t.Errorf("private = %q has a pattern that never matches", c.Text(r.Name))
			}
		case errors.As(err, &e):
			if e.Hint == "" || strings.Contains(v, "s3cr3tPW@") && strings.Contains(e.Error()+e.Hint, "s3cr3tPW") {
				t.Errorf("%s = %q: %v; %s", r.Name, v, e, e.Hint)
			}
		case !errors.As(err, &usage):
			t.Errorf("error %v of type %T", err, err)
		}
	})
}
