package ci

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"
	"unicode/utf16"
)

// plainLog is the dialect of logs without commands.
type plainLog struct{}

func (plainLog) mask(string) string                 { return "" }
func (plainLog) group(t string, _ time.Time) string { return Neutralise(t) + "\n" }
func (plainLog) endGroup(string, time.Time) string  { return "" }

func (plainLog) annotate(a Annotation) string {
	return string(a.Level) + ": " + Neutralise(a.text()) + "\n"
}

// ansiLog is a log without commands that shows colours.
type ansiLog struct{ plainLog }

func (ansiLog) annotate(a Annotation) string {
	colour := map[Level]string{Notice: "36", Warning: "33", Error: "31"}[a.Level]
	return "\x1b[" + colour + "m" + string(a.Level) + ":\x1b[0m " + Neutralise(a.text()) + "\n"
}

// githubLog is GitHub's workflow commands
// (actions/runner: src/Runner.Common/ActionCommand.cs).
type githubLog struct{}

var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func (githubLog) mask(secret string) string {
	if strings.TrimSpace(secret) == "" {
		return "" // the runner would warn
	}
	return "::add-mask::" + githubData.Replace(secret) + "\n"
}

func (githubLog) group(t string, _ time.Time) string {
	return "::group::" + githubData.Replace(t) + "\n"
}
func (githubLog) endGroup(string, time.Time) string { return "::endgroup::\n" }

func (githubLog) annotate(a Annotation) string {
	return "::" + string(a.Level) + githubProperties(a) + "::" + githubData.Replace(a.Message) + "\n"
}

func githubProperties(a Annotation) string {
	var list []string
	add := func(name, value string) {
		if value != "" {
			list = append(list, name+"="+githubProperty.Replace(value))
		}
	}
	add("title", a.Title)
	add("file", a.File)
	if a.File != "" && a.Line > 0 {
		add("line", fmt.Sprint(a.Line))
	}
	if list == nil {
		return ""
	}
	return " " + strings.Join(list, ",")
}

// actLog is what act, Gitea and Forgejo make of GitHub's commands: the last
// `::` of a line ends the properties, and a property with a second `=` is lost
// (gitea/act_runner: act/runner/command.go).
type actLog struct{ githubLog }

// mask hides the parts between the colons instead, if it has to. Parts of less
// than four bytes stay: their masks would make holes all over the log.
func (d actLog) mask(secret string) string {
	if !strings.Contains(":"+secret, "::") {
		return d.githubLog.mask(secret)
	}
	var b strings.Builder
	for _, part := range strings.Split(secret, "::") {
		if len(part) >= 4 {
			b.WriteString(d.githubLog.mask(strings.TrimLeft(part, ":")))
		}
	}
	return b.String()
}

func (d actLog) group(t string, at time.Time) string { return d.githubLog.group(splitColons(t), at) }

func (d actLog) annotate(a Annotation) string {
	a.Title = strings.ReplaceAll(a.Title, "=", " ")
	if strings.Contains(a.File, "=") {
		a.File = ""
	}
	a.Message = splitColons(a.Message)
	return d.githubLog.annotate(a)
}

// splitColons leaves no two colons together, nor one at the start, which
// follows the two of the command.
func splitColons(s string) string {
	s = strings.ReplaceAll(":"+s, "::", ": :")
	return strings.ReplaceAll(s, "::", ": :")[1:]
}

// azureLog is Azure Pipelines' logging commands
// (learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands).
type azureLog struct{ plainLog }

var (
	azureData     = strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A")
	azureProperty = strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A", "]", "%5D", ";", "%3B")
)

func (azureLog) mask(secret string) string {
	if strings.TrimSpace(secret) == "" {
		return ""
	}
	return "##vso[task.setsecret]" + azureData.Replace(secret) + "\n"
}

func (azureLog) group(t string, _ time.Time) string { return "##[group]" + Neutralise(t) + "\n" }
func (azureLog) endGroup(string, time.Time) string  { return "##[endgroup]\n" }

// annotate knows issues of two types; a notice is a line.
func (d azureLog) annotate(a Annotation) string {
	if a.Level == Notice {
		return d.plainLog.annotate(a)
	}
	properties := "type=" + string(a.Level) + ";"
	if a.File != "" {
		properties += "sourcepath=" + azureProperty.Replace(a.File) + ";"
		if a.Line > 0 {
			properties += fmt.Sprintf("linenumber=%d;", a.Line)
		}
	}
	a.File = ""
	return "##vso[task.logissue " + properties + "]" + azureData.Replace(a.text()) + "\n"
}

// teamcityLog is TeamCity's service messages
// (jetbrains.com/help/teamcity/service-messages.html).
type teamcityLog struct{ plainLog }

func (teamcityLog) group(t string, _ time.Time) string {
	return "##teamcity[blockOpened name='" + teamcityEscape(t) + "']\n"
}

func (teamcityLog) endGroup(t string, _ time.Time) string {
	return "##teamcity[blockClosed name='" + teamcityEscape(t) + "']\n"
}

func (teamcityLog) annotate(a Annotation) string {
	status := map[Level]string{Notice: "NORMAL", Warning: "WARNING", Error: "ERROR"}[a.Level]
	return "##teamcity[message text='" + teamcityEscape(a.text()) + "' status='" + status + "']\n"
}

// teamcityEscape writes what is not ASCII in UTF-16 units, the escape's four
// digits.
func teamcityEscape(s string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		switch {
		case unit == '\n':
			b.WriteString("|n")
		case unit == '\r':
			b.WriteString("|r")
		case unit >= 0x80:
			fmt.Fprintf(&b, "|0x%04X", unit)
		case strings.ContainsRune("|'[]", rune(unit)):
			b.WriteString("|" + string(rune(unit)))
		default:
			b.WriteByte(byte(unit))
		}
	}
	return b.String()
}

// gitlabLog is GitLab's sections (docs.gitlab.com/ci/jobs/job_logs).
type gitlabLog struct{ ansiLog }

func (gitlabLog) group(t string, at time.Time) string {
	return fmt.Sprintf("\x1b[0Ksection_start:%d:%s[collapsed=true]\r\x1b[0K%s\n", at.Unix(), sectionName(t), Neutralise(t))
}

func (gitlabLog) endGroup(t string, at time.Time) string {
	return fmt.Sprintf("\x1b[0Ksection_end:%d:%s\r\x1b[0K\n", at.Unix(), sectionName(t))
}

// travisLog is Travis CI's folds.
type travisLog struct{ ansiLog }

func (travisLog) group(t string, _ time.Time) string {
	return "travis_fold:start:" + sectionName(t) + "\r\x1b[0K" + Neutralise(t) + "\n"
}

func (travisLog) endGroup(t string, _ time.Time) string {
	return "travis_fold:end:" + sectionName(t) + "\r\x1b[0K\n"
}

// sectionName is a name of letters, digits and _ for a title in any language.
func sectionName(title string) string {
	h := fnv.New32a()
	h.Write([]byte(title))
	return fmt.Sprintf("goproxy_setup_%08x", h.Sum32())
}

// buildkiteLog folds at lines that start with three dashes; the next group ends
// the one before (buildkite.com/docs/pipelines/configure/managing-log-output).
type buildkiteLog struct{ ansiLog }

func (buildkiteLog) group(t string, _ time.Time) string { return "--- " + Neutralise(t) + "\n" }
