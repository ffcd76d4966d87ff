package action

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/ci"
)

// parseEnvFile reads a workflow file by the rules of the runner
// (actions/runner: src/Runner.Worker/FileCommandManager.cs): NAME=value or a
// heredoc NAME<<DELIMITER, nothing trimmed, empty lines skipped, CRLF a line
// end on Windows only. Errors tell the line's number and never its text, which
// may be a secret.
func parseEnvFile(data []byte, crlf bool) ([]ci.Var, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	lines := &lineReader{rest: string(data), crlf: crlf}
	var vars []ci.Var
	for {
		line, ok := lines.next()
		if !ok {
			return vars, nil
		}
		if line == "" {
			continue
		}
		v, err := parseEntry(line, lines)
		if err != nil {
			return nil, err
		}
		vars = append(vars, v)
	}
}

func parseEntry(line string, lines *lineReader) (ci.Var, error) {
	equals := strings.Index(line, "=")
	heredoc := strings.Index(line, "<<")
	switch {
	case equals >= 0 && (heredoc < 0 || equals < heredoc):
		return entry(line[:equals], line[equals+1:], lines.n)
	case heredoc >= 0:
		start := lines.n
		value, err := lines.until(line[heredoc+2:])
		if err != nil {
			return ci.Var{}, err
		}
		return entry(line[:heredoc], value, start)
	}
	return ci.Var{}, fmt.Errorf("line %d has neither = nor <<", lines.n)
}

func entry(name, value string, line int) (ci.Var, error) {
	if name == "" {
		return ci.Var{}, fmt.Errorf("line %d has no name", line)
	}
	return ci.Var{Name: name, Value: value}, nil
}

// A lineReader gives the lines of a text, an unfinished last one too.
type lineReader struct {
	rest string
	crlf bool
	n    int // of the line last given, from 1
}

func (r *lineReader) next() (line string, ok bool) {
	if r.rest == "" {
		return "", false
	}
	r.n++
	line, r.rest, _ = strings.Cut(r.rest, "\n")
	if r.crlf {
		line = strings.TrimSuffix(line, "\r")
	}
	return line, true
}

// until joins the lines before the one that equals a heredoc's delimiter.
func (r *lineReader) until(delimiter string) (string, error) {
	start := r.n
	if delimiter == "" {
		return "", fmt.Errorf("line %d has no delimiter after <<", start)
	}
	var value []string
	for {
		line, ok := r.next()
		if !ok {
			return "", fmt.Errorf("the delimiter of line %d never comes", start)
		}
		if line == delimiter {
			return strings.Join(value, "\n"), nil
		}
		value = append(value, line)
	}
}
