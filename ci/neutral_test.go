package ci

import (
	"strings"
	"testing"
	"unicode"
)

func TestNeutralise(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, in, want string }{
		{"plain text", "go: downloading example.com/m v1.0.0\n", "go: downloading example.com/m v1.0.0\n"},
		{"colons in a line", "std::vector and a::error::b", "std::vector and a::error::b"},
		{"command", "::error::x", ": :error::x"},
		{"command in a later line", "a\n::set-output name=x::y", "a\n: :set-output name=x::y"},
		{"after blanks", " \t\u3000::stop-commands::x", " \t\u3000: :stop-commands::x"},
		{"after a lone CR", "50%\r::add-mask::a", "50%\r: :add-mask::a"},
		{"after CRLF", "a\r\n::debug::b", "a\r\n: :debug::b"},
		{"after empty lines", "\n\n::x", "\n\n: :x"},
		{"after a byte order mark", "\ufeff::x", "\ufeff: :x"},
		{"many colons", "::::", ": :::"},
		{"old syntax anywhere", "a ##[set-env name=X]b", "a ## [set-env name=X]b"},
		{"old syntax behind more number signs", "####[x", "#### [x"},
		{"old syntax twice", "##[##[", "## [## ["},
		{"Azure", "x##vso[task.setvariable variable=A]b", "x##vso [task.setvariable variable=A]b"},
		{"Azure in another case", "##VsO[task", "##VsO [task"},
		{"TeamCity", "##teamcity[setParameter", "##teamcity [setParameter"},
		{"GitLab", "\x1b[0Ksection_start:1:a\r\x1b[0Kb", "\x1b[0Ksection_start :1:a\r\x1b[0Kb"},
		{"Travis", "travis_fold:end:x", "travis_fold :end:x"},
		{"Markdown heading", "## [link](x)", "## [link](x)"},
		{"not UTF-8", "\xff\n::x\xff", "\xff\n: :x\xff"},
		{"empty", "", ""},
	} {
		if got := Neutralise(test.in); got != test.want {
			t.Errorf("%s: Neutralise(%q) = %q, want %q", test.name, test.in, got, test.want)
		}
	}
}

func FuzzNeutralise(f *testing.F) {
	f.Add("a\r ::error file=x::y ##[error]z ##vso[a] ##TeamCity[b")
	f.Add("###[[ ##vso##[vso[")
	f.Fuzz(func(t *testing.T, text string) {
		got := Neutralise(text)
		if at := commandIn(got); at != "" {
			t.Errorf("Neutralise(%q) = %q, which still has %q", text, got, at)
		}
		if commandIn(text) == "" && got != text {
			t.Errorf("Neutralise changed the harmless %q to %q", text, got)
		}
		if Neutralise(got) != got {
			t.Errorf("Neutralise(%q) is not stable", text)
		}
		if strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(text, " ", "") {
			t.Errorf("Neutralise(%q) = %q adds more than blanks", text, got)
		}
	})
}

// commandIn finds what a runner would take for a command.
func commandIn(text string) string {
	lower := strings.ToLower(text)
	for _, start := range inline {
		if strings.Contains(lower, start) {
			return start
		}
	}
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.TrimLeftFunc(line, func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' })
		if strings.HasPrefix(line, "::") {
			return line
		}
	}
	return ""
}
