package pac

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/goproxy-setup/goproxy-setup/internal/golden"
)

// TestParseResult reads testdata/results.txt: what a script answers, in brackets.
func TestParseResult(t *testing.T) {
	t.Parallel()
	golden.Run(t, "testdata/results.txt", func(t *testing.T, in []string) (out []string) {
		for _, line := range in {
			ways, err := parseResult(strings.TrimSuffix(strings.TrimPrefix(line, "["), "]"))
			if err != nil {
				out = append(out, "error: "+err.Error())
				continue
			}
			var list []string
			for _, w := range ways {
				if w == nil {
					list = append(list, "direct")
				} else {
					list = append(list, w.String())
				}
			}
			out = append(out, strings.Join(list, " "))
		}
		return out
	})
}

func FuzzParseResult(f *testing.F) {
	for _, s := range []string{"PROXY a:1; SOCKS5 [::1]:2; DIRECT", "SOCKS4 a", "PROXY a:99999", "PROXY u:p@h:1", "PROXY\ta ;;", "proxy ::1", "PROXY [::1%eth0]:1", "HTTPS é.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		ways, err := parseResult(answer)
		var re *ResultError
		switch {
		case err != nil && (!errors.As(err, &re) || ways != nil):
			t.Errorf("%q: %v, %T", answer, ways, err)
		case err != nil:
			if strings.ContainsFunc(re.Error(), func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%q gives %q", answer, re)
			}
		case len(ways) == 0:
			t.Errorf("%q gives nothing", answer)
		}
		for _, w := range ways {
			if w == nil {
				continue
			}
			again, err := w.Parse(w.String())
			if err != nil || again.Port() == "" || again.Hostname() == "" || again.User != nil || again.Path != "" {
				t.Errorf("%q gives %q: %v", answer, w, err)
			}
		}
	})
}
