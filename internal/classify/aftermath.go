package classify

import (
	"regexp"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// An aftermath is what a log shows after its last failure.
type aftermath struct {
	retried bool // something was tried again,
	output  bool // and a command printed something,
	beyond  bool // or the go command came to compile and test
	success bool // somebody says that it went well
	failure bool // or that it did not
}

var (
	retries   = needles{`retry`, `Retry`, `ttempt`, `again`}.before(`(?i)\bretry(?:ing)?\b|\battempt \d+\b.*\bfail|\btrying again\b|\bwill retry\b`)
	successes = needles{`ok`, `OK`, `ucce`, `UCCE`, `asse`, `ASSE`}.before(`(?i)\b(?:build|tests?|downloads?|install|pipeline|job|compil\w+)\b.{0,30}\b(?:ok|succeeded|success(?:ful(?:ly)?)?|passed)\b|^finished: success|^build success`)
	setbacks  = needles{`***`, `fail`, `Fail`, `FAIL`, `rror`, `RROR`, `giv`, `gave`, `nsucc`, `not`}.before(`(?i)\*\*\* |(?:^|[\s:\[(])(?:fail(?:ed|ures?|s|ing)?|errors?)(?:[\s:.!\])]|$)|giving up|gave up|unsuccessful|\bnot\b`)
	further   = needles{`ok `, `--- `, `PASS`, `./`}.before(`^(?:ok  ?\t|--- (?:PASS|FAIL)|PASS$|\./\S+\.go:\d+:\d+: )`)
)

func (a *aftermath) see(line string) {
	if len(line) > 400 {
		return
	}
	code := exitCode(line)
	switch {
	case retries.MatchString(line):
		a.retried = true
		return
	case code != "" && strings.Trim(code, "0") != "":
		a.failure = true
	case further.MatchString(line):
		a.beyond = a.beyond || a.retried
		a.success = a.success || strings.HasPrefix(line, "ok")
	case setbacks.MatchString(line):
		a.failure = true
	case successes.MatchString(line):
		a.success = true
	case !strings.HasPrefix(line, "go: "):
		a.output = a.output || a.retried
	}
}

// recovered says whether what failed went well at last.
func (a *aftermath) recovered() bool {
	return a.beyond || (a.success || a.output) && !a.failure
}

var exitCodes = regexp.MustCompile(`(?i)exit(?:ed with)?(?: code| status)?[ :=']+(\d{1,3})\b`)

// exitCode returns the exit code that a line names, empty without one.
func exitCode(line string) string {
	if !strings.Contains(line, "xit") {
		return ""
	}
	m := exitCodes.FindStringSubmatch(line)
	if m == nil {
		return ""
	}
	return m[1]
}

// exitClass judges by the exit code: 128 and the number of a signal, or what
// timeout(1) returns.
func exitClass(line string) report.Class {
	switch exitCode(line) {
	case "124", "130", "131", "143":
		return report.Interrupted
	case "137":
		return report.ResourceLimit
	}
	return ""
}
