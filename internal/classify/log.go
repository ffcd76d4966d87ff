package classify

import (
	"encoding/json"
	"io"
	"regexp"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// Limits of what is kept of a log, however long it is.
const (
	maxBlock    = 60  // lines of one error
	maxFailures = 200 // distinct failures
	maxErrors   = 5e3 // errors that are looked at; a log with more has said enough
	maxEvidence = 8   // lines of evidence of one failure
	maxColumns  = 600 // characters of one of these lines
)

// Log reads the log of a job, from whatever CI system and in whatever
// encoding, and returns the module downloads that failed in it: the root cause
// of the whole log first, every distinct failure after it, nil when none did.
// Failures of compilers, tests and programs are none of its business, and
// neither is a failure that a retry overcame. What cannot be read any further
// counts as the end of the log.
func Log(r io.Reader) []report.Failure {
	var s scanner
	in := newLines(r)
	for line, ok := in.next(); ok; line, ok = in.next() {
		s.line(line)
	}
	return s.finish()
}

// A scanner looks for errors of the go command in the lines of a log.
type scanner struct {
	block    []string // lines of the error being read
	evidence []string // the same as they were printed
	spoken   []string // lines of git or ssh just before, as in GOPATH mode
	warnings []string // about the module cache: harmless unless "not in cache" follows

	failures report.Report // confirmed ones; only Failures is used
	fresh    []report.Failure
	after    aftermath
	test     bool   // inside the output of a test
	logged   bool   // behind the name of a failed test, where its log stands indented
	errors   int    // seen so far
	exit     string // last line with an exit code of 124 or above
}

func (s *scanner) line(line string) {
	if s.block != nil {
		if s.continues(line) {
			s.extend(line)
			return
		}
		s.close()
	}
	if s.testing(line) || s.unwrap(line) {
		return
	}
	if body, ok := opens(line); ok {
		s.open(line, body)
		return
	}
	s.other(line)
}

func (s *scanner) open(line, body string) {
	s.block = []string{body}
	s.evidence = []string{line}
}

func (s *scanner) extend(line string) {
	if len(s.block) < maxBlock {
		s.block = append(s.block, line)
		s.evidence = append(s.evidence, line)
	}
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

// close judges the error that has been read.
func (s *scanner) close() {
	block, evidence := s.block, s.evidence
	s.block = nil
	if exitStatus.MatchString(block[0]) && len(block) == 1 && strings.HasPrefix(block[0], "package ") {
		block = append(block, s.spoken...) // GOPATH mode prints the command's output first
		evidence = append(evidence, s.spoken...)
	}
	s.spoken = nil
	if s.errors++; s.errors > maxErrors {
		s.after = aftermath{}
		return
	}
	if cacheWarning.MatchString(block[0]) {
		s.warnings = evidence
		return
	}
	if strings.HasSuffix(block[0], "not in cache") && s.warnings != nil {
		evidence = append(s.warnings, evidence...)
		block = []string{s.warnings[0]}
	}
	t := parse(block)
	class := t.judge()
	if class == report.Unknown && !ofModule.MatchString(t.text) || strings.Contains(t.text, fullDevice) {
		return
	}
	s.add(report.Failure{Class: class, Module: t.module, Version: t.version, Host: t.blame(class), Evidence: evidence})
}

// fullDevice is full by design: somebody tests something.
const fullDevice = "/dev/full"

// cacheWarning are warnings of go that it could not remember something; it
// works on without (modfetch/cache.go).
var cacheWarning = regexp.MustCompile(`^writing (?:stat|go\.mod) cache: `)

// ofModule tells errors about modules whose cause nobody knows from other
// messages of the go command.
var ofModule = regexp.MustCompile(`\S\.\S+@\S+: |unrecognized import path|^(?:-> )?unzip |^zip for |^zip: | in \S*cache[/\\]vcs[/\\]|(?:Get|read) "?https?:/|reading https?:`)

// blame returns the host to act on for a failure of class.
func (t *trouble) blame(class report.Class) string {
	if class == report.ForwardProxyFailure || class == report.ForwardProxyAuth {
		return first(forwardHosts, t.text+"\n"+t.vcs)
	}
	if host := first(namedHosts, t.text); host != "" {
		return host
	}
	if host := t.host(); host != "" {
		return host
	}
	if host := first(vcsHosts, t.vcs); host != "" {
		return host
	}
	if strings.Contains(t.text, "cache/vcs/") {
		return t.modHost()
	}
	return ""
}

var (
	forwardHosts = []*regexp.Regexp{
		regexp.MustCompile(`(?:proxyconnect|socks connect) .*lookup ([^\s:]+)`),
		regexp.MustCompile(`(?:proxyconnect tcp: dial|socks connect) tcp \[?([^\s\]]+?)\]?:\d+`),
		regexp.MustCompile(`Could not resolve proxy: (\S+)`),
		regexp.MustCompile(`Failed to connect to (\S+) port`),
	}
	namedHosts = []*regexp.Regexp{
		regexp.MustCompile(`redirected from secure URL https://([^/:\s]+)`),
		regexp.MustCompile(`invalid response from proxy "https?://(?:[^/@"]*@)?([^/":]+)`),
		regexp.MustCompile(`(?m)^(sum\.\S+): `),
	}
	vcsHosts = []*regexp.Regexp{
		regexp.MustCompile(`(?:Could not resolve host:|resolve hostname|Failed to connect to|connect to host) ([^\s:]+)`),
		regexp.MustCompile(`(?m)^\w+@([\w.-]+): `),
	}
)

func first(forms []*regexp.Regexp, text string) string {
	for _, form := range forms {
		if m := form.FindStringSubmatch(text); m != nil {
			return m[1]
		}
	}
	return ""
}

// add takes a failure in. It may be the output of a test, which only shows
// when the test has failed.
func (s *scanner) add(f report.Failure) {
	if s.after.recovered() {
		s.failures.Failures, s.fresh = nil, nil
	}
	s.after = aftermath{}
	if len(s.fresh) >= maxFailures {
		s.confirm()
	}
	s.fresh = append(s.fresh, f)
}

// confirm takes the failures so far for real.
func (s *scanner) confirm() {
	for _, f := range s.fresh {
		known := len(s.failures.Failures)
		if known == maxFailures {
			break
		}
		if s.failures.Add(f); len(s.failures.Failures) > known {
			f.Evidence = shorten(f.Evidence)
			s.failures.Failures[known] = describe(f)
		}
	}
	s.fresh = s.fresh[:0]
}

func shorten(lines []string) []string {
	var kept []string
	for _, line := range lines {
		line = strings.TrimSpace(Redact(line))
		if line == "" || len(kept) == maxEvidence {
			continue
		}
		if r := []rune(line); len(r) > maxColumns {
			line = string(r[:maxColumns/2]) + " … " + string(r[len(r)-maxColumns/2:])
		}
		kept = append(kept, line)
	}
	return kept
}

func (s *scanner) finish() []report.Failure {
	if s.block != nil {
		s.close()
	}
	s.confirm()
	if s.after.recovered() {
		return nil
	}
	if len(s.failures.Failures) == 0 && s.exit != "" {
		s.after = aftermath{}
		s.add(report.Failure{Class: exitClass(s.exit), Evidence: []string{s.exit}})
		s.confirm()
	}
	return s.failures.Failures
}

// unwrap takes errors out of what other programs pack them in, and says
// whether line was such a package: the JSON of go's own -json, the log line of
// a linter or a release tool. Output of tests is not unwrapped.
func (s *scanner) unwrap(line string) bool {
	bare := strings.TrimLeft(line, " \t")
	if strings.HasPrefix(bare, `{"`) && strings.Contains(bare, `"Action":"`) {
		var event struct{ Action, Output string }
		if json.Unmarshal([]byte(bare), &event) == nil && event.Action == "build-output" {
			s.line(strings.TrimSuffix(event.Output, "\n"))
		}
		return true
	}
	if m := jsonError.FindStringSubmatch(bare); m != nil {
		var text string
		if json.Unmarshal([]byte(m[1]), &text) == nil {
			s.whole(strings.TrimPrefix(text, "go: "))
		}
		return true
	}
	if !strings.Contains(line, "go: ") && !strings.Contains(line, "fetch_repo: ") || s.test || s.logged {
		return false
	}
	m := embedded.FindStringSubmatch(line)
	if m == nil {
		return false
	}
	for _, part := range strings.Split(unquote.Replace(m[1]), "\n") {
		if s.block != nil && s.continues(part) {
			s.extend(part)
			continue
		}
		if s.block != nil {
			s.close()
		}
		if body, ok := opens("go: " + strings.TrimPrefix(part, "go: ")); ok {
			s.open(line, body)
		}
	}
	return true
}

var (
	jsonError = regexp.MustCompile(`^"Err(?:or)?": ("(?:[^"\\]|\\.)*"),?$`)
	embedded  = regexp.MustCompile(`(?:^\s+|.[\s"':=(>\]])(?:go|fetch_repo): ((?:module |download(?:ing)? go1|updates to go|errors parsing|\S+\.\S+@\S+: ).*)`)
	unquote   = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\"`, `"`, `\r`, "")
)

// whole takes in an error that is there with all its lines.
func (s *scanner) whole(text string) {
	for i, part := range strings.Split(text, "\n") {
		if i == 0 {
			s.open(part, part)
			continue
		}
		s.extend(part)
	}
	s.close()
}

// testing follows the output of go test and says whether line belongs to a
// test and not to the go command.
func (s *scanner) testing(line string) bool {
	if line != "" && line[0] != ' ' && line[0] != '\t' {
		s.logged = strings.HasPrefix(line, "--- ")
	}
	switch {
	case hasAny(strings.HasPrefix, line, "=== RUN", "=== CONT", "=== PAUSE", "=== NAME"):
		s.test = true
	case hasAny(strings.HasSuffix, line, " [setup failed]", " [build failed]"):
		s.confirm()
		s.test = false
	case strings.HasPrefix(line, "--- FAIL: "):
		s.fresh = s.fresh[:0]
		s.test = false
	case line == "PASS", line == "FAIL", hasAny(strings.HasPrefix, line, "--- PASS: ", "--- SKIP: ", "FAIL\t", "ok  ", "?   \t", "panic: "):
		s.test = false
	}
	return s.test
}

// hasAny says whether has finds one of the parts in line.
func hasAny(has func(line, part string) bool, line string, parts ...string) bool {
	for _, part := range parts {
		if has(line, part) {
			return true
		}
	}
	return false
}

// Lines that open an error.
var (
	goCommand = regexp.MustCompile(`^(?:v?go|go (?:get|build|install|list|mod|run|test|vet|generate|work|env|version|tool|clean)(?: [^:]*)?): `)
	goFile    = regexp.MustCompile(`^(?:[A-Za-z]:)?[^\s:]+\.go:\d+:(?:\d+:)? `)
	quiet     = regexp.MustCompile(`^(?:downloading|finding|extracting|found|added|upgraded|downgraded|removed|creating new|warning:|to |copying|unused|considering|module \S+(?: \S+)? is deprecated|missing \S+ command)`)
	// without a prefix, as releases before 1.17 and some commands print them
	plain = needles{
		"verifying ", "unzip ", "zip for ", "go.sum", "build cache", "pattern ", "package ", "cannot ", "telemetry", " has been modified", "ziphash", " imports", " requires",
		"not in cache", "requires Go", "by a module", ": copying ", "main module (",
	}.before(`^(?:verifying \S+@|(?:-> )?unzip |zip for |malformed go\.sum|failed to initialize build cache|build cache is |pattern \S+: |package \S+: |can't load package: |` +
		`build \S+: cannot load |main module \(|can't start telemetry|\S+ v\S+: (?:(?:zip|dir) has been modified|missing ziphash)|[^\s:]+\.\S+ (?:imports|requires)$|not in cache$|` +
		`note: (?:module requires Go|imported by a module) |\S+: cannot compile Go |\S+: go (?:build|install) \S+: copying |cannot find module |cannot find package )`)
	// what can stand behind FILE.go:LINE:COLUMN: besides compilers' errors
	subject = regexp.MustCompile(`^(?:[^\s:"]+\.[^\s:"]+@\S+[: ]|reading |verifying |unrecognized import path|cannot find (?:module|package)|no required module|missing go\.sum|module |package \S+ is not in|open |mkdir |write |` +
		`unzip |zip: |read |git |Get |malformed |ambiguous import|import lookup|[^\s:]+\.[^\s:]+: |unable to resolve |package \S+ (?:provided|requires newer)|import "[^"]*": )`)
)

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
