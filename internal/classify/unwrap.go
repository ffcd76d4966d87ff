package classify

import (
	"encoding/json"
	"regexp"
	"strings"
)

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
	if s.test || s.logged || strings.HasPrefix(line, "go: ") {
		return false
	}
	text, guess := embedded.find(line), false
	if named := byName.find(line); named != "" && text == "" {
		if _, opened := opens(line); !opened {
			text, guess = named, true
		}
	}
	if text == "" {
		return false
	}
	for _, part := range strings.Split(unquote.Replace(text), "\n") {
		part = strings.TrimRight(part, `"'>}) `)
		if s.block != nil && s.continues(part) {
			s.extend(part)
			continue
		}
		if s.block != nil {
			s.close()
		}
		if body, ok := opens("go: " + strings.TrimPrefix(part, "go: ")); ok {
			s.open(line, body)
			s.guess = guess
		}
	}
	return true
}

// embeddings are the ways in which an error of the go command stands within
// the line of another program, each with a literal that is in every one.
type embeddings []struct {
	needle string
	form   *regexp.Regexp
}

var (
	jsonError = regexp.MustCompile(`^"Err(?:or)?": ("(?:[^"\\]|\\.)*"),?$`)
	embedded  = embeddings{
		{"go: ", regexp.MustCompile(`^\s+go: (.*)`)},
		{"go: ", regexp.MustCompile(`.[\s"':=(<>\]]go: ((?:module |download(?:ing)? go1|updates to go|errors parsing|go\.mod |could not create|\S+\.\S+@[^\s:]+(?:: | requires| imports)).*)`)},
		{"fetch_repo: ", regexp.MustCompile(`fetch_repo: (.*)`)},
		{"missing go.sum entry", regexp.MustCompile(`.[\s"':=(<>](missing go\.sum entry.*)`)},
		{"verifying ", regexp.MustCompile(`.[\s"':=(<>](verifying ` + moduleAt + `: .*)`)},
		{".go:", regexp.MustCompile(`^[A-Z][\w ]{1,20}: (?:[A-Za-z]:)?[^\s:"]+\.go:\d+:\d+: ((?:unzip |zip: |unrecognized import path|cannot find module|git |reading https?:).*)`)},
	}
	byName  = embeddings{{"@v", regexp.MustCompile(`[\s"'=(<>](` + moduleAt + `: .*)`)}}
	unquote = strings.NewReplacer(`\\n`, "\n", `\\t`, "\t", `\\\"`, `"`, `\n`, "\n", `\t`, "\t", `\"`, `"`, `\r`, "")
)

// find returns the error in line, empty when there is none.
func (e embeddings) find(line string) string {
	for _, way := range e {
		if !strings.Contains(line, way.needle) {
			continue
		}
		if m := way.form.FindStringSubmatch(line); m != nil {
			return m[1]
		}
	}
	return ""
}

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
