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
	if !strings.Contains(line, "go: ") && !strings.Contains(line, "fetch_repo: ") || s.test || s.logged {
		return false
	}
	m := embedded.FindStringSubmatch(line)
	if m == nil {
		return false
	}
	for _, part := range strings.Split(unquote.Replace(m[1]+m[2]), "\n") {
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
	embedded  = regexp.MustCompile(`^\s+go: (.*)|.[\s"':=(>\]](?:go|fetch_repo): ((?:module |download(?:ing)? go1|updates to go|errors parsing|\S+\.\S+@\S+: ).*)`)
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
