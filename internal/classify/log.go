package classify

import (
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
	guess    bool     // nothing but a module's name tells that the go command speaks, and others name modules, too
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
		s.guess = byModule.MatchString(line)
		return
	}
	s.other(line)
}

func (s *scanner) open(line, body string) {
	s.block = []string{body}
	s.evidence = []string{line}
	s.guess = false
}

func (s *scanner) extend(line string) {
	if len(s.block) < maxBlock {
		s.block = append(s.block, line)
		s.evidence = append(s.evidence, line)
	}
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
	if class == report.Unknown && s.guess {
		return
	}
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

// byModule is how an error begins without the name of the command.
var byModule = regexp.MustCompile(`^` + moduleAt + `: `)

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
