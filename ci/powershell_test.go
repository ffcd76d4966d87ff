package ci

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// readAsPowerShell reads assignments as both versions of PowerShell do: within
// single quotes only a doubled quote means something, and the typographic quotes
// ‘ ’ ‚ ‛ are single quotes too
// (learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules).
func readAsPowerShell(script string) (map[string]string, error) {
	out := map[string]string{}
	for line := range strings.Lines(script) {
		line = strings.TrimSuffix(line, "\n")
		m := assignment.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("no assignment: %q", line)
		}
		value, err := expression(m[2])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m[1], err)
		}
		out[m[1]] = value
	}
	return out, nil
}

var (
	assignment = regexp.MustCompile(`^\$env:(\w+) = (.*)$`)
	char       = regexp.MustCompile(`^\[char\]0x([0-9A-F]{4})`)
)

// expression is strings and characters joined by plus signs.
func expression(text string) (string, error) {
	var units []uint16
	for {
		switch m := char.FindStringSubmatch(text); {
		case m != nil:
			n, err := strconv.ParseUint(m[1], 16, 16)
			if err != nil {
				return "", err
			}
			units, text = append(units, uint16(n)), text[len(m[0]):]
		case strings.HasPrefix(text, "'"):
			s, rest, ok := quoted(text[1:])
			if !ok {
				return "", fmt.Errorf("open quote before %q", text)
			}
			units, text = append(units, utf16.Encode([]rune(s))...), rest
		default:
			return "", fmt.Errorf("no operand: %q", text)
		}
		if text == "" {
			return string(utf16.Decode(units)), nil
		}
		var ok bool
		if text, ok = strings.CutPrefix(text, " + "); !ok {
			return "", fmt.Errorf("code behind a value: %q", text)
		}
	}
}

func quoted(text string) (s, rest string, ok bool) {
	var b strings.Builder
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		if !strings.ContainsRune("'‘’‚‛", runes[i]) {
			b.WriteRune(runes[i])
			continue
		}
		if i+1 == len(runes) || !strings.ContainsRune("'‘’‚‛", runes[i+1]) {
			return b.String(), string(runes[i+1:]), true
		}
		b.WriteRune(runes[i])
		i++
	}
	return "", "", false
}

// There is no PowerShell where these tests mostly run, so its rules stand in for
// it; TestWindowsShellsReadTheValuesBack asks the real ones where there are any.
func TestPowerShellReadsBackByItsRules(t *testing.T) {
	t.Parallel()
	wantPowerShell(t, hostile)
}

func FuzzPowerShell(f *testing.F) {
	for _, v := range hostile {
		f.Add(v.Value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if v := (Var{"V", value}); v.Check() == nil {
			wantPowerShell(t, []Var{v})
		}
	})
}

func wantPowerShell(t *testing.T, vars []Var) {
	t.Helper()
	var b bytes.Buffer
	if err := WriteShell(&b, "powershell", vars); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsFunc(b.String(), func(r rune) bool { return r >= 0x80 }) {
		t.Errorf("5.1 would read %q in the ANSI code page", b.String())
	}
	got, err := readAsPowerShell(b.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vars {
		if got[v.Name] != v.Value {
			t.Errorf("%s = %q, want %q", v.Name, got[v.Name], v.Value)
		}
	}
}
