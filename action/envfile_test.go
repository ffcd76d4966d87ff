package action

import (
	"slices"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/ci"
)

func TestParseEnvFile(t *testing.T) {
	t.Parallel()
	v := func(pairs ...string) (vars []ci.Var) {
		for i := 0; i < len(pairs); i += 2 {
			vars = append(vars, ci.Var{Name: pairs[i], Value: pairs[i+1]})
		}
		return vars
	}
	for _, test := range []struct {
		name, in string
		crlf     bool
		want     []ci.Var
		err      string // a part of it
	}{
		{name: "empty", in: ""},
		{name: "nothing is trimmed or unquoted", in: "A =\" x \"\n", want: v("A ", "\" x \"")},
		{name: "only the first equals sign counts", in: "A=b=c\n", want: v("A", "b=c")},
		{name: "equals before heredoc", in: "A=b<<c\n", want: v("A", "b<<c")},
		{name: "heredoc before equals", in: "A<<E=F\nx\nE=F\n", want: v("A", "x")},
		{name: "heredoc of several lines", in: "A<<E\nx\n\ny=z\nE\nB=1\n", want: v("A", "x\n\ny=z", "B", "1")},
		{name: "empty heredoc", in: "A<<E\n\nE\n", want: v("A", "")},
		{name: "heredoc without lines", in: "A<<E\nE\n", want: v("A", "")},
		{name: "delimiter is not trimmed", in: "A<<E\n E\nE\n", want: v("A", " E")},
		{name: "no end of the last line", in: "A<<E\nx\nE", want: v("A", "x")},
		{name: "byte order mark", in: "\ufeffA=1\n", want: v("A", "1")},
		{name: "CRLF on Linux stays", in: "A=1\r\n", want: v("A", "1\r")},
		{name: "CRLF on Windows", in: "A=1\r\nB<<E\r\nx\r\nE\r\n", crlf: true, want: v("A", "1", "B", "x")},
		{name: "LF on Windows", in: "A=1\n\nB=2\n", crlf: true, want: v("A", "1", "B", "2")},
		{name: "empty lines", in: "\n\nA=1\n\n", want: v("A", "1")},
		{name: "line of blanks", in: "A=1\n  \n", err: "line 2"},
		{name: "CR of an empty line on Linux", in: "\r\n", err: "line 1"},
		{name: "text", in: "A=1\nhello\n", err: "line 2 has neither"},
		{name: "no name", in: "=1\n", err: "line 1 has no name"},
		{name: "heredoc without a name", in: "<<E\nx\nE\n", err: "line 1 has no name"},
		{name: "heredoc without a delimiter", in: "A<<\nx\n", err: "line 1 has no delimiter"},
		{name: "open heredoc", in: "A=1\nB<<E\nx\nE \n", err: "delimiter of line 2 never comes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseEnvFile([]byte(test.in), test.crlf)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want %q", err, test.err)
				}
				return
			}
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

// FuzzExport: whatever is in the file and in the value, either the runner reads
// exactly our variable after the earlier ones, or nothing was written.
func FuzzExport(f *testing.F) {
	f.Add("", "A", "1")
	f.Add("X=1", "GOPROXY", "https://goproxy.cn|direct")
	f.Add("X<<E\ny", "A", "E\nNODE_OPTIONS=x")
	f.Add("X<<"+ci.FileDelimiter+"\n", "A<<B", ci.FileDelimiter)
	f.Fuzz(func(t *testing.T, before, name, value string) {
		j := newJob(t)
		j.write("GITHUB_ENV", before)
		earlier, earlierErr := parseEnvFile([]byte(before), false)
		_, err := j.github().Export([]ci.Var{{Name: name, Value: value}})
		if err != nil {
			if got := j.read("GITHUB_ENV"); got != before {
				t.Fatalf("after the error %v the file is %q, want %q", err, got, before)
			}
			return
		}
		if earlierErr != nil {
			t.Fatalf("Export wrote after %q: %v", before, earlierErr)
		}
		if got, want := j.parsed("GITHUB_ENV"), append(earlier, ci.Var{Name: name, Value: value}); !slices.Equal(got, want) {
			t.Fatalf("the runner reads %q, want %q", got, want)
		}
	})
}
