package ci

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// inline are the beginnings of commands that a log reader finds anywhere in a
// line: of GitHub's old syntax and Azure Pipelines, TeamCity, GitLab, Travis.
var inline = []string{"##[", "##vso[", "##teamcity[", "section_start:", "section_end:", "travis_fold:"}

// Neutralise makes foreign text harmless as commands of any CI system by a
// blank in the middle of what would start one: `::` where a line starts, and
// what the older syntaxes look for anywhere. Other text stays as it is.
func Neutralise(text string) string {
	for _, start := range inline {
		text = breakAll(text, start)
	}
	return breakLineStarts(text)
}

// breakAll puts a blank before the last byte of each start, in any case.
func breakAll(text, start string) string {
	var b strings.Builder
	for {
		i := indexFold(text, start)
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		end := i + len(start) - 1
		b.WriteString(text[:end] + " ")
		text = text[end:]
	}
}

// indexFold finds an ASCII needle in any case.
func indexFold(text, needle string) int {
	for i := 0; i+len(needle) <= len(text); i++ {
		if strings.EqualFold(text[i:i+len(needle)], needle) {
			return i
		}
	}
	return -1
}

// breakLineStarts turns `::` into `: :` after nothing but blanks. The runner
// ends a line at a lone CR too and takes all of Unicode's blanks off its start
// (actions/runner: src/Runner.Common/ActionCommand.cs).
func breakLineStarts(text string) string {
	var b strings.Builder
	atStart := true
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		b.WriteString(text[i : i+size])
		if atStart && strings.HasPrefix(text[i:], "::") {
			b.WriteByte(' ')
		}
		i += size
		atStart = r == '\n' || r == '\r' || atStart && (unicode.IsSpace(r) || r == '\ufeff')
	}
	return b.String()
}

// oneLine joins the lines of a text and drops its control characters.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, unicode.IsControl), " ")
}
