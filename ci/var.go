package ci

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FileDelimiter is the fixed, public heredoc delimiter that the Actions SDKs
// write around every value. A value that holds it could end its own heredoc and
// define further variables (CVE-2022-35954), so no value may.
const FileDelimiter = "_GitHubActionsFileCommandDelimeter_"

// A Var is one environment variable for later steps.
type Var struct {
	Name, Value string
}

// Check reports whether every CI system and shell can carry v unchanged. It
// refuses rather than escapes: none of the variables of the go command needs a
// line break or a blank at its end, and each of these has been a way to inject
// a second variable somewhere. The error is a *ValueError.
func (v Var) Check() error {
	switch {
	case !validName(v.Name):
		return &ValueError{v.Name, "the name is not letters, digits and _, starting with a letter or _"}
	case !utf8.ValidString(v.Value):
		return &ValueError{v.Name, "the value is not UTF-8"}
	case strings.ContainsAny(v.Value, "\r\n"):
		return &ValueError{v.Name, "the value has a line break"}
	case strings.ContainsFunc(v.Value, forbiddenControl):
		return &ValueError{v.Name, "the value has a control character"}
	case strings.TrimSpace(v.Value) != v.Value:
		return &ValueError{v.Name, "the value starts or ends with a blank"}
	case strings.Contains(v.Value, FileDelimiter):
		return &ValueError{v.Name, "the value contains the delimiter of workflow files"}
	}
	return nil
}

// CheckAll checks every variable and that no name comes twice.
func CheckAll(vars []Var) error {
	seen := make(map[string]bool, len(vars))
	for _, v := range vars {
		if err := v.Check(); err != nil {
			return err
		}
		if seen[v.Name] {
			return &ValueError{v.Name, "the name is given twice"}
		}
		seen[v.Name] = true
	}
	return nil
}

func validName(s string) bool {
	for i, c := range []byte(s) {
		letter := c == '_' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
		digit := '0' <= c && c <= '9'
		if !letter && !(digit && i > 0) {
			return false
		}
	}
	return s != ""
}

// forbiddenControl spares the tab, which may separate flags in GOFLAGS.
// U+2028 and U+2029 end a line for some readers of logs and scripts.
func forbiddenControl(r rune) bool {
	return unicode.IsControl(r) && r != '\t' || r == '\u2028' || r == '\u2029'
}

// A ValueError is a variable that cannot be exported. It never holds the value,
// which may be a secret.
type ValueError struct {
	Name   string
	Reason string
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("variable %q: %s", e.Name, e.Reason)
}

// A LimitError is a set of variables that is too big for its destination.
type LimitError struct {
	To   string // "dotenv", "cmd"
	What string // "bytes", "variables", "characters in one line"
	Size int
	Max  int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s: %d %s, at most %d are allowed", e.To, e.Size, e.What, e.Max)
}
