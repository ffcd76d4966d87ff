package ci

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// loggers has one system of every dialect.
var loggers = []string{"github", "gitea", "gitlab", "azure", "teamcity", "buildkite", "travis", "circleci", "jenkins"}

// Each file of testdata/log is an annotation (as JSON), a group's title or a
// secret, and what the log of each system gets for it.
func TestLog(t *testing.T) {
	t.Parallel()
	at := time.Unix(1700000000, 0)
	cases(t, "log", func(t *testing.T, c *testCase) {
		var in struct {
			Annotation    *Annotation
			Group, Secret string
		}
		if err := json.Unmarshal([]byte(c.section("in")), &in); err != nil {
			t.Fatal(err)
		}
		for _, name := range loggers {
			s, _ := Named(name)
			var b bytes.Buffer
			if in.Annotation != nil {
				c.must(s.Annotate(&b, *in.Annotation))
			}
			if in.Group != "" {
				c.must(s.Group(&b, in.Group, at))
				c.must(s.EndGroup(&b, in.Group, at))
			}
			c.must(s.Mask(&b, in.Secret))
			c.want("want "+name, strings.NewReplacer("\x1b", "␛", "\r", "␍").Replace(b.String()))
		}
	})
}

func TestEveryDialectIsTested(t *testing.T) {
	t.Parallel()
	tested := make(map[dialect]bool)
	for _, name := range loggers {
		s, _ := Named(name)
		tested[s.log] = true
	}
	for _, s := range Systems {
		if !tested[s.log] {
			t.Errorf("the dialect of %s has no system in loggers", s.Name)
		}
	}
}

// FuzzAnnotate lets each reader, as its source has it, read an annotation back.
func FuzzAnnotate(f *testing.F) {
	f.Add("title", "message", "go.mod", 3)
	f.Add("", "", "", 0)
	f.Add("a=b, c: 100%", "x\r\ny::error::z ##[error] ##vso[a] ##teamcity[b", "C:\\a,b;c].go", 1)
	f.Add("::", ":::::", "a=b", 1)
	f.Add("|'[]\n", "模块 😀|n", "%0A%25%AZP25", 9)
	f.Fuzz(func(t *testing.T, title, message, file string, line int) {
		if !utf8.ValidString(strings.Join([]string{title, message, file}, " ")) {
			t.Skip()
		}
		a := Annotation{Level: Warning, Title: title, Message: message, File: file, Line: line}
		for name, read := range map[string]func(*testing.T, string, Annotation){
			"github": readGitHub, "gitea": readAct, "azure": readAzure, "teamcity": readTeamCity,
		} {
			s, _ := Named(name)
			var b bytes.Buffer
			if err := s.Annotate(&b, a); err != nil {
				t.Fatal(err)
			}
			text, ok := strings.CutSuffix(b.String(), "\n")
			if !ok || strings.ContainsAny(text, "\r\n") {
				t.Fatalf("%s: %q is not one line", name, b.String())
			}
			read(t, text, a)
		}
		for _, name := range []string{"jenkins", "circleci", "gitlab"} {
			s, _ := Named(name)
			var b bytes.Buffer
			if err := s.Annotate(&b, a); err != nil {
				t.Fatal(err)
			}
			if at := commandIn(b.String()); at != "" {
				t.Errorf("%s: %q has the command %q", name, b.String(), at)
			}
		}
	})
}

var (
	unescapeData     = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%")
	unescapeProperty = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
)

// readGitHub follows actions/runner: src/Runner.Common/ActionCommand.cs.
func readGitHub(t *testing.T, line string, want Annotation) {
	t.Helper()
	head, data, ok := strings.Cut(strings.TrimPrefix(line, "::"), "::")
	if !ok {
		t.Fatalf("%q is no command", line)
	}
	command, properties, _ := strings.Cut(head, " ")
	got := map[string]string{}
	for _, property := range strings.Split(properties, ",") {
		if name, value, ok := strings.Cut(property, "="); ok {
			got[name] = unescapeProperty.Replace(value)
		}
	}
	if command != "warning" || got["title"] != want.Title || got["file"] != want.File || unescapeData.Replace(data) != want.Message {
		t.Errorf("%q reads as %s %q %q, want %+v", line, command, got, data, want)
	}
	if place := want.File != "" && want.Line > 0; place && got["line"] != strconv.Itoa(want.Line) || !place && got["line"] != "" {
		t.Errorf("%q has line %q, want %d", line, got["line"], want.Line)
	}
}

var actCommand = regexp.MustCompile(`^::([^ ]+)( (.+))?::([^\r\n]*)[\r\n]+$`)

// readAct follows gitea/act_runner: act/runner/command.go.
func readAct(t *testing.T, line string, want Annotation) {
	t.Helper()
	m := actCommand.FindStringSubmatch(line + "\n")
	if m == nil {
		t.Fatalf("%q is no command", line)
	}
	got := map[string]string{}
	for _, property := range strings.Split(m[3], ",") {
		if kv := strings.Split(property, "="); len(kv) == 2 {
			got[kv[0]] = unescapeProperty.Replace(kv[1])
		}
	}
	title := strings.ReplaceAll(want.Title, "=", " ")
	if m[1] != "warning" || got["title"] != title || unescapeData.Replace(m[4]) != splitColons(want.Message) {
		t.Errorf("%q reads as %s %q %q, want %+v", line, m[1], got, m[4], want)
	}
	if !strings.Contains(want.File, "=") && got["file"] != want.File {
		t.Errorf("%q is about file %q, want %q", line, got["file"], want.File)
	}
}

// readAzure follows microsoft/azure-pipelines-agent: src/Agent.Sdk/Command.cs.
func readAzure(t *testing.T, line string, want Annotation) {
	t.Helper()
	head, data, ok := strings.Cut(strings.TrimPrefix(line, "##vso["), "]")
	if !ok || !strings.HasPrefix(head, "task.logissue type=warning;") {
		t.Fatalf("%q is no command", line)
	}
	unescape := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%5D", "]", "%3B", ";", "%AZP25", "%")
	got := map[string]string{}
	for _, property := range strings.Split(strings.TrimPrefix(head, "task.logissue "), ";") {
		name, value, _ := strings.Cut(property, "=")
		got[name] = unescape.Replace(value)
	}
	text := want
	text.File = ""
	if got["sourcepath"] != want.File || unescape.Replace(data) != text.text() {
		t.Errorf("%q reads as %q %q, want %+v", line, got, data, want)
	}
}

var teamcityMessage = regexp.MustCompile(`^##teamcity\[message text='((?:[^'|]|\|.)*)' status='WARNING'\]$`)

func readTeamCity(t *testing.T, line string, want Annotation) {
	t.Helper()
	m := teamcityMessage.FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("%q is no service message", line)
	}
	if got := teamcityUnescape(t, m[1]); got != want.text() {
		t.Errorf("%q reads as %q, want %q", line, got, want.text())
	}
}

func teamcityUnescape(t *testing.T, s string) string {
	t.Helper()
	var units []uint16
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] >= 0x80:
			t.Fatalf("%q is not ASCII", s)
		case s[i] != '|':
			units = append(units, uint16(s[i]))
			continue
		}
		i++
		switch s[i] {
		case 'n':
			units = append(units, '\n')
		case 'r':
			units = append(units, '\r')
		case '0':
			unit, err := strconv.ParseUint(s[i+2:i+6], 16, 16)
			if err != nil || s[i+1] != 'x' {
				t.Fatalf("%q: bad escape: %v", s, err)
			}
			units = append(units, uint16(unit))
			i += 5
		default:
			units = append(units, uint16(s[i]))
		}
	}
	return string(utf16.Decode(units))
}

func TestMaskHidesEveryPartWhereColonsEndTheCommand(t *testing.T) {
	t.Parallel()
	const secret = "http://user:hunter2@[::1]:3128"
	s, _ := Named("gitea")
	var b bytes.Buffer
	if err := s.Mask(&b, secret); err != nil {
		t.Fatal(err)
	}
	shown := "a log line with " + secret
	for line := range strings.Lines(b.String()) {
		m := actCommand.FindStringSubmatch(line)
		if m == nil || m[1] != "add-mask" {
			t.Fatalf("the runner reads %q as %q", line, m)
		}
		shown = strings.ReplaceAll(shown, unescapeData.Replace(m[4]), "***")
	}
	if strings.Contains(shown, "hunter2") || strings.Contains(shown, "3128") {
		t.Errorf("the log shows %q", shown)
	}
}

func TestCommandsAreOneWrite(t *testing.T) {
	t.Parallel()
	for _, s := range Systems {
		for name, write := range map[string]func(*countWriter) error{
			"mask":      func(w *countWriter) error { return s.Mask(w, "a::secret") },
			"group":     func(w *countWriter) error { return s.Group(w, "t", time.Now()) },
			"end group": func(w *countWriter) error { return s.EndGroup(w, "t", time.Now()) },
			"annotate":  func(w *countWriter) error { return s.Annotate(w, Annotation{Level: Error, Message: "m"}) },
		} {
			var w countWriter
			if err := write(&w); err != nil || w > 1 {
				t.Errorf("%s: %s: %d writes, error %v", s.Name, name, w, err)
			}
		}
	}
}

type countWriter int

func (w *countWriter) Write(p []byte) (int, error) {
	*w++
	return len(p), nil
}

func TestLogErrorsAreReturned(t *testing.T) {
	t.Parallel()
	s, _ := Named("github")
	if err := s.Group(brokenWriter{}, "t", time.Now()); err == nil {
		t.Error("Group hides the error of its writer")
	}
	if got := fmt.Sprint(s.Annotate(brokenWriter{}, Annotation{})); got == "<nil>" {
		t.Error("Annotate hides the error of its writer")
	}
}

// TestMasks: who has no command to hide a secret is not trusted with one.
func TestMasks(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"github": true, "gitea": true, "azure": true, "gitlab": false, "jenkins": false, "shell": false} {
		if s, ok := Named(name); !ok || s.Masks() != want {
			t.Errorf("%s masks: %t, want %t", name, s.Masks(), want)
		}
	}
}
