// Package ci knows CI systems: which one runs this job, how it takes variables
// for later steps, and how its log wants masks, groups and annotations.
//
// Everything that differs between systems is in one table, Systems; adding a
// system is adding a row and a file in testdata/detect. A child process cannot
// change its parent's environment, so each row names the one way its system
// offers: files that the runner reads, lines on stdout, a file that a later
// shell sources, or an agent's command. Systems without a way get files in the
// workspace that a job sources itself.
//
// The GitHub family's files are written by package action, which alone imports
// the Actions SDK. Nothing here talks to a network.
package ci

import (
	"os"
	"slices"
	"strings"
)

// Families that callers treat differently. Every other system's family is its
// own name.
const (
	FamilyGitHub = "github" // has workflow files such as GITHUB_ENV
	FamilyShell  = "shell"  // the last row: no CI system was recognised
)

// A System is one CI system, a row of Systems.
type System struct {
	Name   string // "gitlab"
	Family string // FamilyGitHub, or Name
	Title  string // "GitLab CI"
	Doc    string // the page that lists its variables

	// Detect holds when this system runs the job; rows are tried in order.
	Detect Rule
	// Path is a path that only exists in jobs of this system. It is for the
	// systems that set no variable.
	Path string
	// SelfHosted holds when the runner is the user's own machine.
	SelfHosted Rule

	VersionVar   string   // variable with the version of the server or agent; may be empty
	RunURLForm   string   // with ${NAME} for variables; may be empty
	TempVar      string   // variable with a folder that lives as long as the job; may be empty
	WorkspaceVar string   // variable with the folder of the checkout; may be empty
	Load         string   // what a job adds so that later steps see the variables; empty for nothing
	Reports      []string // report formats that the system shows by itself

	log    dialect
	export func(World) []target // nil for the GitHub family
}

// A Rule is a list of alternatives, one of which must hold; no alternative
// never holds. An alternative is a list of terms separated by blanks, all of
// which must hold; the empty one always does. The terms:
//
//	NAME         the variable is not empty
//	NAME=value   it equals value, in any case
//	NAME!=value  it is not empty and differs from value
//	NAME^=value  it starts with value
type Rule []string

// Holds evaluates the rule.
func (r Rule) Holds(getenv func(string) string) bool {
	return slices.ContainsFunc(r, func(alternative string) bool {
		for _, term := range strings.Fields(alternative) {
			if !termHolds(term, getenv) {
				return false
			}
		}
		return true
	})
}

func termHolds(term string, getenv func(string) string) bool {
	name, want, compare := strings.Cut(term, "=")
	if !compare {
		return getenv(name) != ""
	}
	if base, ok := strings.CutSuffix(name, "!"); ok {
		have := getenv(base)
		return have != "" && !strings.EqualFold(have, want)
	}
	if base, ok := strings.CutSuffix(name, "^"); ok {
		return strings.HasPrefix(getenv(base), want)
	}
	return strings.EqualFold(getenv(name), want)
}

// Detect returns the CI system that the variables speak of, the last row when
// they speak of none.
func Detect(getenv func(string) string) System {
	i := slices.IndexFunc(Systems, func(s System) bool { return s.Detect.Holds(getenv) })
	return Systems[i] // the last row always holds
}

// Named finds a row of Systems by name.
func Named(name string) (System, bool) {
	for _, s := range Systems {
		if s.Name == name {
			return s, true
		}
	}
	return System{}, false
}

// RunURL is the page of this run, empty if the system does not tell.
func (s System) RunURL(getenv func(string) string) string {
	complete := true
	url := os.Expand(s.RunURLForm, func(name string) string {
		value := getenv(name)
		complete = complete && value != ""
		return strings.ReplaceAll(value, " ", "%20") // a project of Azure may have blanks
	})
	if !complete {
		return ""
	}
	return url
}

// Temp is a folder that lives as long as the job, empty if the system has none.
func (s System) Temp(getenv func(string) string) string {
	return lookup(getenv, s.TempVar)
}

// Workspace is the folder of the checkout, empty if the system does not tell.
func (s System) Workspace(getenv func(string) string) string {
	return lookup(getenv, s.WorkspaceVar)
}

func lookup(getenv func(string) string, name string) string {
	if name == "" {
		return ""
	}
	return getenv(name)
}
