package ci

import (
	"io"
	"strconv"
	"time"
)

// A Level is the weight of an Annotation.
type Level string

const (
	Notice  Level = "notice"
	Warning Level = "warning"
	Error   Level = "error"
)

// An Annotation is a message that the CI system shows apart from the log, if it
// can, and otherwise a line of the log.
type Annotation struct {
	Level   Level
	Title   string
	Message string // may have several lines
	File    string // relative to the workspace; may be empty
	Line    int    // from 1; 0 for none
}

// Mask tells the CI system to hide secret in its log from now on. Call it with
// every spelling that may appear. Where a system has no such command nothing is
// written: secrets must be redacted by us in any case.
func (s System) Mask(w io.Writer, secret string) error {
	return write(w, s.log.mask(secret))
}

// Masks reports whether the system hides what Mask names. Where it does not, a secret
// in a variable of later steps is shown by whatever prints its environment.
func (s System) Masks() bool { return s.log.mask("secret") != "" }

// Group starts a part of the log that can be folded. Groups do not nest.
func (s System) Group(w io.Writer, title string, at time.Time) error {
	return write(w, s.log.group(oneLine(title), at))
}

// EndGroup ends the group of that title.
func (s System) EndGroup(w io.Writer, title string, at time.Time) error {
	return write(w, s.log.endGroup(oneLine(title), at))
}

// Annotate shows an annotation. Its texts may be foreign: they are escaped.
func (s System) Annotate(w io.Writer, a Annotation) error {
	return write(w, s.log.annotate(a))
}

// A dialect spells the commands of one kind of log. Each result is whole lines,
// starting in column 0, or empty.
type dialect interface {
	mask(secret string) string
	group(title string, at time.Time) string
	endGroup(title string, at time.Time) string
	annotate(a Annotation) string
}

// write writes once, so that no other output lands inside a command.
func write(w io.Writer, text string) error {
	if text == "" {
		return nil
	}
	_, err := io.WriteString(w, text)
	return err
}

// text is the annotation as prose.
func (a Annotation) text() string {
	text := a.Message
	if a.Title != "" {
		text = a.Title + ": " + text
	}
	if a.File == "" {
		return text
	}
	place := a.File
	if a.Line > 0 {
		place += ":" + strconv.Itoa(a.Line)
	}
	return place + ": " + text
}
