package ci

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
)

// A Shell is a form in which variables can be written for another program.
type Shell struct {
	Name    string
	Aliases []string
	Load    string // how a user loads the output of `goproxy-setup env -shell NAME`

	encode encoder
}

// Shells are all forms that WriteShell knows.
var Shells = []Shell{
	{
		Name:    "sh",
		Aliases: []string{"bash", "zsh", "dash", "ash", "ksh", "posix"},
		Load:    `eval "$(goproxy-setup env -shell sh)"`,
		encode:  encodeSh,
	},
	{
		Name:   "fish",
		Load:   `goproxy-setup env -shell fish | source`,
		encode: encodeFish,
	},
	{
		Name:    "powershell",
		Aliases: []string{"pwsh"},
		Load:    `goproxy-setup env -shell powershell | Out-String | Invoke-Expression`,
		encode:  encodePowerShell,
	},
	{
		Name:    "cmd",
		Aliases: []string{"bat", "batch"},
		Load:    `goproxy-setup env -shell cmd > goproxy.cmd && call goproxy.cmd`,
		encode:  encodeCmd,
	},
	{
		Name:   "dotenv",
		Load:   `goproxy-setup env -shell dotenv > goproxy.env`,
		encode: encodeDotenv,
	},
	{
		Name:   "json",
		Load:   `goproxy-setup env -shell json`,
		encode: encodeJSON,
	},
}

// ShellNamed finds a row of Shells by its name or an alias.
func ShellNamed(name string) (Shell, bool) {
	i := slices.IndexFunc(Shells, func(s Shell) bool {
		return s.Name == name || slices.Contains(s.Aliases, name)
	})
	if i < 0 {
		return Shell{}, false
	}
	return Shells[i], true
}

// ShellHere names the form that the shell of a person reads on this system. Git Bash
// and MSYS2 set MSYSTEM; cmd and PowerShell cannot be told apart by variables, and
// of the two PowerShell is asked for more.
func ShellHere(getenv func(string) string, goos string) string {
	if goos == "windows" && getenv("MSYSTEM") == "" {
		return "powershell"
	}
	return "sh"
}

// WriteShell writes the variables in the form of a shell, a name or an alias of
// Shells. It writes once, and nothing if any variable is refused: the error is
// then a *ValueError or a *LimitError.
func WriteShell(w io.Writer, shell string, vars []Var) error {
	s, ok := ShellNamed(shell)
	if !ok {
		return fmt.Errorf("shell %q is not one of %s", shell, strings.Join(shellNames(), ", "))
	}
	data, err := s.Encode(vars)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// Encode returns the variables in the form of the shell.
func (s Shell) Encode(vars []Var) ([]byte, error) {
	if err := CheckAll(vars); err != nil {
		return nil, err
	}
	return s.encode(vars)
}

func shellNames() []string {
	var out []string
	for _, s := range Shells {
		out = append(out, s.Name)
	}
	return out
}

func eachLine(vars []Var, line func(Var) string) ([]byte, error) {
	var b bytes.Buffer
	for _, v := range vars {
		b.WriteString(line(v) + "\n")
	}
	return b.Bytes(), nil
}

func encodeSh(vars []Var) ([]byte, error)         { return eachLine(vars, shLine) }
func encodeFish(vars []Var) ([]byte, error)       { return eachLine(vars, fishLine) }
func encodePowerShell(vars []Var) ([]byte, error) { return eachLine(vars, powershellLine) }

func shLine(v Var) string {
	return "export " + v.Name + "='" + strings.ReplaceAll(v.Value, "'", `'\''`) + "'"
}

// Inside single quotes fish knows two escapes, \\ and \'.
var fishEscapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

func fishLine(v Var) string {
	return "set -gx " + v.Name + " '" + fishEscapes.Replace(v.Value) + "'"
}

// powershellLine keeps the script pure ASCII: Windows PowerShell 5.1 reads a
// script without a byte order mark in the ANSI code page, and both versions
// take the typographic quotes ‘ ’ ‚ ‛ for single quotes.
func powershellLine(v Var) string {
	var b strings.Builder
	b.WriteString("$env:" + v.Name + " = '")
	for _, unit := range utf16.Encode([]rune(v.Value)) {
		switch {
		case unit == '\'':
			b.WriteString("''")
		case unit < 0x80:
			b.WriteByte(byte(unit))
		default:
			fmt.Fprintf(&b, "' + [char]0x%04X + '", unit)
		}
	}
	b.WriteString("'")
	return b.String()
}

// cmdLineLimit is the longest line that cmd.exe reads, in characters
// (learn.microsoft.com/troubleshoot/windows-client/shell-experience/command-line-string-limitation).
const cmdLineLimit = 8191

// encodeCmd writes a batch file. It refuses text that is not ASCII, which
// cmd.exe would read in the console's code page. A `!` survives unless the
// caller has switched delayed expansion on; no spelling works both ways.
func encodeCmd(vars []Var) ([]byte, error) {
	var b bytes.Buffer
	for _, v := range vars {
		if strings.ContainsFunc(v.Value, func(r rune) bool { return r >= 0x80 }) {
			return nil, &ValueError{v.Name, "cmd.exe would read text that is not ASCII in the console's code page"}
		}
		line := cmdLine(v)
		if len(line) > cmdLineLimit {
			return nil, &LimitError{"cmd", "characters in one line", len(line), cmdLineLimit}
		}
		b.WriteString(line + "\r\n")
	}
	return b.Bytes(), nil
}

// The quotes around the whole assignment protect all but the percent sign. A
// quote in the value would end them, so then every special character is
// escaped by itself.
func cmdLine(v Var) string {
	value := strings.ReplaceAll(v.Value, "%", "%%")
	if !strings.Contains(value, `"`) {
		return `@set "` + v.Name + "=" + value + `"`
	}
	return "@set " + v.Name + "=" + cmdEscapes.Replace(value)
}

var cmdEscapes = strings.NewReplacer(
	"^", "^^", "&", "^&", "|", "^|", "<", "^<", ">", "^>", "(", "^(", ")", "^)", `"`, `^"`)

// Limits of GitLab's dotenv reports; the number of variables is the default of
// a self-managed server (docs.gitlab.com/ci/yaml/artifacts_reports).
const (
	dotenvBytes = 5*1024 - 1
	dotenvVars  = 20
)

// encodeDotenv writes what GitLab's parser reads back: one NAME=value a line
// without quotes, comments or empty lines. GitLab expands references in the
// value, so `$` is doubled; a %NAME% of an existing variable has no escape
// (lib/gitlab/ci/variables/collection.rb).
func encodeDotenv(vars []Var) ([]byte, error) {
	if len(vars) > dotenvVars {
		return nil, &LimitError{"dotenv", "variables", len(vars), dotenvVars}
	}
	var b bytes.Buffer
	for _, v := range vars {
		b.WriteString(v.Name + "=" + strings.ReplaceAll(v.Value, "$", "$$") + "\n")
	}
	if b.Len() > dotenvBytes {
		return nil, &LimitError{"dotenv", "bytes", b.Len(), dotenvBytes}
	}
	return b.Bytes(), nil
}
