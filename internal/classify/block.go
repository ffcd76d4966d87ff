package classify

import (
	"regexp"
	"strings"
)

// Lines that open an error.
var (
	goCommand = regexp.MustCompile(`^(?:v?go|go (?:get|build|install|list|mod|run|test|vet|generate|work|env|version|tool|clean)(?: [^:]*)?): `)
	goFile    = regexp.MustCompile(`^(?:[A-Za-z]:)?[^\s:]+\.go:\d+:(?:\d+:)? `)
	quiet     = regexp.MustCompile(`^(?:downloading|finding|extracting|found|added|upgraded|downgraded|removed|creating new|warning:|to |copying|unused|considering|module \S+(?: \S+)? is deprecated|missing \S+ command|.*; switching to go)`)
	// without a prefix, as releases before 1.17 and some commands print them
	plain = needles{
		"verifying ", "unzip ", "zip for ", "go.sum", "build cache", "pattern ", "package ", "cannot ", "telemetry", " has been modified", "ziphash", " imports", " requires",
		"not in cache", "requires Go", "by a module", ": copying ", "main module (", "no required ", "malformed ", "ambiguous ", " provides ", "directory ", " tested by", "@v",
	}.before(`^(?:verifying \S+@|(?:-> )?unzip |zip for |malformed go\.sum|failed to initialize build cache|build cache is |pattern \S+: |package \S+: |can't load package: |` +
		`build \S+: cannot load |main module \(|can't start telemetry|\S+ v\S+: (?:(?:zip|dir) has been modified|missing ziphash)|[\w./~@!+-]+ (?:imports|requires|tested by)$|not in cache$|` + moduleAt + `: |` +
		`note: (?:module requires Go|imported by a module) |\S+: cannot compile Go |\S+: go (?:build|install) \S+: copying |cannot find module |cannot find package |no required module provides |missing go\.sum entry|malformed module path |ambiguous import: |module \S+ provides package |(?:current )?directory .*(?:outside|is contained in) |package \S+ imports )`)
	// what can stand behind FILE.go:LINE:COLUMN: besides compilers' errors
	subject = regexp.MustCompile(`^(?:[^\s:"]+\.[^\s:"]+@\S+[: ]|reading |verifying |unrecognized import path|cannot find (?:module|package)|no required module|missing go\.sum|module |package \S+ is not in|open |mkdir |write |` +
		`unzip |zip: |read |git |Get |malformed |ambiguous import|import lookup|[^\s:]+\.[^\s:]+: |unable to resolve |package \S+ (?:provided|requires newer)|import "[^"]*": )`)
)

// moduleAt is a module path with its version, which hardly anything but the go
// command puts before a colon.
const moduleAt = `[a-zA-Z0-9][\w.~-]*\.[\w.~/!+-]+@v\d[^\s:;,@/"']*(?:/go\.mod)?`

// opens says whether line begins an error of the go command, and returns it
// without the name of the command and the position in a source file.
func opens(line string) (body string, ok bool) {
	if line == "" || line[0] == ' ' || line[0] == '\t' {
		return "", false
	}
	if strings.HasPrefix(line, "go") || strings.HasPrefix(line, "vgo: ") {
		if m := goCommand.FindString(line); m != "" {
			body = line[len(m):]
			return body, !quiet.MatchString(body)
		}
	}
	if plain.MatchString(line) {
		return line, true
	}
	if strings.Contains(line, ".go:") {
		if m := goFile.FindString(line); m != "" {
			body = line[len(m):]
			return body, subject.MatchString(body)
		}
	}
	return "", false
}

var (
	indented = regexp.MustCompile(`^(?:\t| {8})`)
	chained  = regexp.MustCompile(` (?:imports|requires|tested by)$`)
	header   = regexp.MustCompile(`errors parsing \S+:$`)
	position = regexp.MustCompile(`^\S*go\.(?:mod|work):\d+`)
)

// voices are how lines of git, hg, svn and ssh begin.
var voices = []string{
	"fatal: ", "error: ", "remote: ", "warning: ", "Warning: ", "ssh: ", "hint: ", "abort: ", "svn: ", "git: ", "hg: ", "Permission denied", "Host key",
	"Connection ", "Load key", "kex_", "Please make sure", "and the repository", "ERROR: ",
}

var login = regexp.MustCompile(`^\w+@[\w.-]+: `)

// says whether a line is one of git, hg, svn or ssh.
func says(line string) bool {
	for _, voice := range voices {
		if strings.HasPrefix(line, voice) {
			return true
		}
	}
	return strings.Contains(line, "@") && login.MatchString(line)
}

// continues says whether line belongs to the error that is being read. The go
// command indents what it quotes by a tab; some log viewers drop that.
func (s *scanner) continues(line string) bool {
	last := s.block[len(s.block)-1]
	switch {
	case indented.MatchString(line), line == "" && len(s.block) > 1, chained.MatchString(last):
		return true
	case header.MatchString(s.block[0]):
		return position.MatchString(line)
	case strings.HasPrefix(line, "server response:"):
		return true
	}
	return (exitStatus.MatchString(last) && strings.HasSuffix(last, ":") || len(s.block) > 1 && says(last)) && says(line)
}
