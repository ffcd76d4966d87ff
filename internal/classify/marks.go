package classify

import (
	"regexp"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// A mark is a line of a shell, a kernel or a CI system that tells why a
// command ended without a word of its own. The needle is there for speed: no
// line without it is looked at.
type mark struct {
	class  report.Class
	needle string
	form   *regexp.Regexp
}

var marks = []mark{
	{report.Interrupted, "sending signal", regexp.MustCompile(`^timeout: sending signal |Sending interrupt signal`)},
	{report.Interrupted, "] Interrupt", regexp.MustCompile(`^make\S*: \*\*\* `)},
	{report.Interrupted, "] Terminated", regexp.MustCompile(`^make\S*: \*\*\* `)},
	{report.Interrupted, "SIG", regexp.MustCompile(`^SIG(?:QUIT|INT|TERM|HUP): `)},
	{report.Interrupted, "Terminated", shell(`Terminated`)},
	{report.Interrupted, "Hangup", shell(`Hangup`)},
	{report.Interrupted, "Interrupt", shell(`Interrupt`)},
	{report.Interrupted, "shutdown signal", regexp.MustCompile(`received a shutdown signal`)},
	{report.Interrupted, "lost communication", regexp.MustCompile(`lost communication with the server`)},
	{report.Interrupted, "signal: ", regexp.MustCompile(`(?:^|: )signal: (?:interrupt|terminated|hangup)$`)},
	{report.Interrupted, "ancel", regexp.MustCompile(`(?i)^(?:error: )?the operation was cancell?ed|\b(?:job|build|pipeline|workflow|run|step|task)\b (?:was|has been|is being|failed:) cancell?ed|` +
		`\b(?:job|build|pipeline|workflow)\b.{0,20} cancell?ed (?:by|externally)|^cancell?ed(?: by .*)?$|^#\d+ cancell?ed$|^cancell?ing nested|script cancell?ed`)},
	{report.Interrupted, "context canceled", regexp.MustCompile(`^(?:#\d+ )?(?:ERROR|error): .*failed to (?:solve|build).*context canceled$`)},
	{report.Interrupted, "Aborted by", regexp.MustCompile(`^Aborted by `)},
	{report.Interrupted, "exceeded", regexp.MustCompile(`(?i)exceeded the maximum (?:execution )?time|^timeout has been exceeded|^too long with no output`)},
	{report.Interrupted, " longer than ", regexp.MustCompile(`execution took longer than |ran longer than the maximum time`)},
	{report.Interrupted, "timed out (after", regexp.MustCompile(`^Build timed out \(after`)},
	{report.Interrupted, "Job failed", regexp.MustCompile(`Job failed.*: (?:aborted|canceled|terminated)\b`)},
	{report.Interrupted, "timed out after", regexp.MustCompile(`^(?:Error: )?(?:The )?(?:action|job|step|command|build)\b.* timed out after \d+ ?[mh]`)},

	{report.ResourceLimit, "Killed", shell(`Killed`)},
	{report.ResourceLimit, "Killed", regexp.MustCompile(`: Killed$|Killed process \d+|OOMKilled`)},
	{report.ResourceLimit, "limit exceeded", shell(`(?:File size|CPU time) limit exceeded`)},
	{report.ResourceLimit, "pthread_create", regexp.MustCompile(`pthread_create failed`)},
	{report.ResourceLimit, "signal: killed", regexp.MustCompile(`(?:^|: )signal: killed$`)},
	{report.ResourceLimit, "fatal error: ", regexp.MustCompile(`^fatal error: .*(?:memory|cannot allocate|newosproc)`)},
	{report.ResourceLimit, "runtime: ", regexp.MustCompile(`^runtime: (?:failed to create new OS thread|may need to increase max user processes|out of memory|cannot allocate)`)},
	{report.ResourceLimit, "temporarily unavailable", regexp.MustCompile(`(?:fork|clone)\b.*Resource temporarily unavailable`)},

	{report.DiskFull, "space", regexp.MustCompile(`(?i)no space left on device|not enough space on the disk`)},
	{report.DiskFull, "quota exceeded", regexp.MustCompile(`(?i): disk quota exceeded`)},
	{report.FileLocked, "busy", regexp.MustCompile(`(?i): (?:text file|device or resource) busy$`)},
	{report.FileLocked, "another process", regexp.MustCompile(`being used by another process`)},

	{report.PermissionDenied, "Permission denied", regexp.MustCompile(`^\S+: .*/(?:pkg/mod|go-build)\b.*: (?:Cannot \w+: )?Permission denied$`)},

	{report.Toolchain, "go tool version", regexp.MustCompile(`does not match go tool version`)},
	{report.Toolchain, "newer Go version", regexp.MustCompile(`package requires newer Go version`)},
}

// shell returns the form of how a shell tells that a command ended by a signal.
func shell(words string) *regexp.Regexp {
	return regexp.MustCompile(`^(?:\S+: line \d+: +\d+ |\[\d+\]\S? +)?` + words + `(?:$|:| {2,}| *\()`)
}

// other looks at a line that is no error of the go command.
func (s *scanner) other(line string) {
	if line == "" || line[0] == ' ' || line[0] == '\t' {
		return
	}
	if says(line) || strings.HasPrefix(line, "Cloning into ") {
		if len(s.spoken) < maxBlock {
			s.spoken = append(s.spoken, line)
		}
	} else {
		s.spoken = nil
	}
	for _, m := range marks {
		if strings.Contains(line, m.needle) && m.form.MatchString(line) && !strings.Contains(line, fullDevice) {
			s.add(report.Failure{Class: m.class, Evidence: []string{line}})
			return
		}
	}
	if exitClass(line) != "" {
		s.exit = line
	}
	if strings.HasPrefix(line, "+ ") || strings.HasPrefix(line, "$ ") {
		s.confirm()
		return
	}
	if len(s.fresh) > 0 || len(s.failures.Failures) > 0 {
		s.after.see(line)
	}
}
