package action_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// An event is a line that act prints with --json.
type event struct {
	Command   string
	Name, Arg string
	Content   string
	Pairs     map[string]string `json:"kvPairs"`
	Msg       string
	Raw       bool `json:"raw_output"`
	Step      string
	Stage     string
	Result    string `json:"stepResult"`
	Job       string `json:"jobResult"`
}

// kind sorts an event by what a case can expect of it and returns the text
// that is held against the expectation.
func (e event) kind() (kind, text string) {
	switch {
	case e.Job != "":
		return "job", e.Job
	case e.Result != "":
		return "step", strings.ToLower(e.Stage) + " " + e.Step + ": " + e.Result
	case e.Raw:
		return "log", e.Msg
	case e.Command == "error", e.Command == "warning", e.Command == "notice":
		return e.Command, e.properties() + e.Arg
	case e.Command == "set-env":
		return "env", e.Name + "=" + e.Arg
	case e.Command == "set-output":
		return "output", e.Name + "=" + e.Arg
	case e.Command == "summary":
		return "summary", e.Content
	case e.Command == "add-mask":
		return "mask", e.Arg
	}
	return "", ""
}

// properties are those of an annotation: "file=go.mod line=3 title=x: ".
func (e event) properties() string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(e.Pairs)) {
		list = append(list, name+"="+e.Pairs[name])
	}
	return strings.Join(list, " ") + ": "
}

// parse returns the texts of all events by kind.
func parse(t *testing.T, out []byte) map[string][]string {
	t.Helper()
	seen := map[string][]string{}
	for line := range bytes.Lines(out) {
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("act printed what is no JSON: %q", line)
		}
		if kind, text := e.kind(); kind != "" {
			seen[kind] = append(seen[kind], text)
		}
	}
	return seen
}

// check holds the lines of want against what was seen. A line is
// "KIND REGEXP", and some text of the kind must match, or "! KIND REGEXP", and
// none may.
func check(t *testing.T, want string, seen map[string][]string) {
	t.Helper()
	for line := range strings.Lines(want) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		rule, not := strings.CutPrefix(line, "! ")
		kind, pattern, _ := strings.Cut(rule, " ")
		if !slices.Contains(kinds, kind) {
			t.Errorf("want: %q is none of %q", kind, kinds)
			continue
		}
		re, err := regexp.Compile("(?m)" + pattern)
		if err != nil {
			t.Errorf("want: %v", err)
			continue
		}
		if slices.ContainsFunc(seen[kind], re.MatchString) == not {
			t.Errorf("want %s, saw:\n%s", line, indent(seen[kind]))
		}
	}
	if t.Failed() {
		t.Logf("the log of the job:\n%s", indent(seen["log"]))
	}
}

var kinds = []string{"job", "step", "log", "error", "warning", "notice", "env", "output", "summary", "mask", "asked"}

func indent(texts []string) string {
	if len(texts) == 0 {
		return "\tnothing"
	}
	var b strings.Builder
	for _, text := range texts {
		fmt.Fprintf(&b, "\t%s\n", strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n\t"))
	}
	return b.String()
}
