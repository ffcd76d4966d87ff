package config

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// A Config is the settings of one run, all valid.
type Config struct {
	values map[string]value
	Args   []string // what follows the flags
}

type value struct{ text, source string }

// A Target is a report to write.
type Target struct {
	Format report.Format
	Path   string // "-" for stdout
}

// Parse reads the settings of a subcommand. args are its arguments; inputs
// reads an input of the action and is nil outside of it. An empty variable or
// input counts as not set, an empty flag as the default. The errors are of type
// *Error, *UsageError, or flag.ErrHelp.
func Parse(command string, args []string, getenv func(string) string, inputs func(name string) string) (*Config, error) {
	c := &Config{values: map[string]value{}}
	flags, err := c.flags(command, args)
	if err != nil {
		return nil, err
	}
	for _, r := range Table {
		if !r.For(command) {
			continue
		}
		v := value{r.Default, "default"}
		if s := strings.TrimSpace(getenv(r.Variable())); s != "" {
			v = value{s, r.Variable()}
		}
		if in := r.InputName(); inputs != nil && in != "" {
			if s := strings.TrimSpace(inputs(in)); s != "" {
				v = value{s, "input " + in}
			}
		}
		if s, ok := flags[r.Name]; ok {
			v = value{cmp.Or(strings.TrimSpace(s), r.Default), "flag -" + r.Name}
		}
		c.values[r.Name] = v
		if err := r.validate(v); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (r Row) validate(v value) error {
	if r.check == nil || v.text == "" {
		return nil
	}
	err := r.check(v.text)
	if err == nil {
		return nil
	}
	e := &Error{Setting: r.Name, Source: v.source, Value: redact(v.text), Reason: err.Error(), Hint: "leave it out"}
	if r.Default != "" {
		e.Hint = "leave it out for the default, " + r.Default
	}
	var h *hinted
	if errors.As(err, &h) && h.hint != "" {
		e.Hint = h.hint
	}
	return e
}

// A UsageError is a command line that cannot be read.
type UsageError struct{ Reason, Hint string }

func (e *UsageError) Error() string { return e.Reason }

// flags reads the command line: the last one of a repeated flag counts, but
// -report adds up.
func (c *Config) flags(command string, args []string) (map[string]string, error) {
	set := map[string]string{}
	fs := flag.NewFlagSet(command, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	for _, r := range Table {
		if !r.For(command) {
			continue
		}
		put := func(s string) error {
			if r.Name == "report" && set["report"] != "" {
				s = set["report"] + "," + s
			}
			set[r.Name] = s
			return nil
		}
		if r.Switch() {
			fs.BoolFunc(r.Name, r.Help, put)
		} else {
			fs.Func(r.Name, r.Help, put)
		}
	}
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, &UsageError{Reason: err.Error(), Hint: "see goproxy-setup " + command + " -h"}
	}
	c.Args = fs.Args()
	return set, nil
}

// redact hides credentials in whatever the user wrote: in every word, since a list
// that cannot be read is shown too.
func redact(s string) string { return words.ReplaceAllStringFunc(s, modproxy.RedactRaw) }

var words = regexp.MustCompile(`[^,|\s]+`)

// Text returns the value of a setting; it panics on a name that is not in the
// table, which only a mistake of ours can cause.
func (c *Config) Text(name string) string { return c.value(name).text }

// Source returns where the value of a setting came from.
func (c *Config) Source(name string) string { return c.value(name).source }

func (c *Config) value(name string) value {
	if !slices.ContainsFunc(Table, func(r Row) bool { return r.Name == name }) {
		panic("config: no setting " + name)
	}
	return c.values[name]
}

// Duration returns a setting that was checked to be a duration.
func (c *Config) Duration(name string) time.Duration {
	d, _ := time.ParseDuration(c.Text(name))
	return d
}

// Int returns a setting that was checked to be a number.
func (c *Config) Int(name string) int {
	n, _ := strconv.Atoi(c.Text(name))
	return n
}

// Bool returns a setting that was checked to be true or false.
func (c *Config) Bool(name string) bool { return c.Text(name) == "true" }

// Reports returns where to write which reports.
func (c *Config) Reports() []Target {
	ts, _ := parseReports(c.Text("report"))
	if c.Bool("json") && !slices.ContainsFunc(ts, func(t Target) bool { return t.Path == "-" }) {
		all, _ := parseReports("json=-")
		ts = append(ts, all...)
	}
	return ts
}

// Settings lists what is in effect, for the report.
func (c *Config) Settings() []report.Setting {
	var out []report.Setting
	for _, r := range Table {
		if v, ok := c.values[r.Name]; ok && v.text != "" {
			out = append(out, report.Setting{Name: r.Name, Value: redact(v.text), Source: v.source})
		}
	}
	return out
}

// Usage writes the flags of a subcommand.
func Usage(w io.Writer, command string) {
	for _, r := range Table {
		if !r.For(command) {
			continue
		}
		head := "-" + r.Name
		if r.Arg != "" {
			head += " " + r.Arg
		}
		help := r.Help
		if r.Default != "" && !r.Switch() {
			help += " Default " + r.Default + "."
		}
		fmt.Fprintf(w, "  %s\n%s", head, wrap(help, "        ", 78))
	}
}

func wrap(text, indent string, width int) string {
	var b strings.Builder
	line := indent
	for _, w := range strings.Fields(text) {
		if len(line)+1+len(w) > width && line != indent {
			b.WriteString(line + "\n")
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += w
	}
	b.WriteString(line + "\n")
	return b.String()
}

// Error makes an error about a setting in effect, for what only shows later.
func (c *Config) Error(name, reason, hint string) *Error {
	v := c.value(name)
	return &Error{Setting: name, Source: v.source, Value: redact(v.text), Reason: reason, Hint: hint}
}
