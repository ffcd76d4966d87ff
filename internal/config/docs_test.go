package config

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/internal/golden"
)

// TestActionInputs compares action.yml with the table: each input is a setting and
// each setting an input, and the default that a description names is the table's.
// The inputs' own defaults are empty, since an input that is not set must not hide a
// variable that is.
func TestActionInputs(t *testing.T) {
	t.Parallel()
	inputs := readInputs(t, "../../action.yml")
	var want []string
	for _, r := range Table {
		name := r.InputName()
		if name == "" {
			continue
		}
		want = append(want, name)
		in := inputs[name]
		if in["default"] != "''" {
			t.Errorf("input %s has the default %s, want ''", name, in["default"])
		}
		named := namedDefault.FindStringSubmatch(in["description"])
		switch {
		case r.Default == "" && named != nil:
			t.Errorf("input %s names the default %s, the table has none", name, named[1])
		case r.Default != "" && (named == nil || named[1] != r.Default):
			t.Errorf("input %s must end in \"Default %s.\": %s", name, r.Default, in["description"])
		}
	}
	if got := keys(inputs); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("action.yml has the inputs %v, the table %v", got, want)
	}
}

// namedDefault is how a description ends that names a default. "Default: …" and
// "Default is …" tell what happens without a value.
var namedDefault = regexp.MustCompile(`\bDefault ([^ ]+)\.$`)

func keys(m map[string]map[string]string) []string {
	var list []string
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

// readInputs reads the part of YAML in which the inputs of an action are written:
// names at two blanks, their keys at four, and the text of a >- at six.
func readInputs(t *testing.T, name string) map[string]map[string]string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(lf(data), "\ninputs:\n")
	text, _, _ = strings.Cut(text, "\noutputs:\n")
	inputs := map[string]map[string]string{}
	var input, key string
	for line := range strings.SplitSeq(text, "\n") {
		word := strings.TrimLeft(line, " ")
		k, v, _ := strings.Cut(word, ":")
		switch indent := len(line) - len(word); {
		case word == "":
		case indent == 2:
			input = k
			inputs[input] = map[string]string{}
		case indent == 4:
			key = k
			inputs[input][key] = strings.TrimPrefix(strings.TrimSpace(v), ">-")
		case indent == 6:
			inputs[input][key] = strings.TrimSpace(inputs[input][key] + " " + word)
		default:
			t.Fatalf("%s: cannot read %q", name, line)
		}
	}
	return inputs
}

// lf undoes what git does to line ends on Windows.
func lf(data []byte) string { return strings.ReplaceAll(string(data), "\r\n", "\n") }

const (
	begin = "<!-- settings -->\n"
	end   = "<!-- /settings -->"
)

// TestReadme compares the block between the marks in README.md with the table;
// -update writes it.
func TestReadme(t *testing.T) {
	t.Parallel()
	const name = "../../README.md"
	data, err := os.ReadFile(name)
	if os.IsNotExist(err) {
		t.Skip("there is no README.md yet")
	}
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(lf(data), begin)
	block, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("README.md has no block %s … %s", strings.TrimSpace(begin), end)
	}
	if section := before[strings.LastIndex(before, "\n## ")+1:]; !strings.HasPrefix(section, "## Settings\n") {
		t.Errorf("the block stands in the section %.20q", section)
	}
	want := settingsTable()
	if golden.Update() {
		if err := os.WriteFile(name, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if block != want {
		t.Errorf("README.md has other settings than the table (accept with -update):\n%s\nwant\n%s", block, want)
	}
}

// settingsTable is the table in Markdown.
func settingsTable() string {
	var b strings.Builder
	b.WriteString("| flag | input | variable | default | |\n| --- | --- | --- | --- | --- |\n")
	for _, r := range Table {
		help := r.Help
		if r.Only != "" {
			help += " Of " + strings.ReplaceAll(r.Only, " ", " and ") + " only."
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n",
			code(strings.TrimSpace("-"+r.Name+" "+r.Arg)), code(r.InputName()), code(r.Variable()), code(r.Default), strings.ReplaceAll(help, "|", `\|`))
	}
	return b.String()
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(s, "|", `\|`) + "`"
}

// TestSettingsTable: every name and every default stands in its cell.
func TestSettingsTable(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(settingsTable()), "\n")[2:]
	if len(lines) != len(Table) {
		t.Fatalf("%d lines for %d settings", len(lines), len(Table))
	}
	for i, r := range Table {
		cells := strings.Split(strings.ReplaceAll(lines[i], `\|`, "\x00"), " | ")
		if len(cells) != 5 {
			t.Errorf("%s has %d cells: %s", r.Name, len(cells), lines[i])
			continue
		}
		for j, want := range []string{"-" + r.Name, r.InputName(), r.Variable(), r.Default} {
			if !strings.Contains(cells[j], want) {
				t.Errorf("%s: cell %d is %q, want %q", r.Name, j, cells[j], want)
			}
		}
	}
}
