package gocmd

import (
	"maps"
	"os"
	"strings"
	"testing"
)

func TestParseEnvFile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       map[string]string
	}{
		{"plain", "GOPROXY=direct\nGOFLAGS=-x\n", map[string]string{"GOPROXY": "direct", "GOFLAGS": "-x"}},
		{"no newline at the end", "GOPROXY=off", map[string]string{"GOPROXY": "off"}},
		{"last one counts", "GOPROXY=a\nGOPROXY=b\n", map[string]string{"GOPROXY": "b"}},
		{"value with =", "GOFLAGS=-mod=mod\n", map[string]string{"GOFLAGS": "-mod=mod"}},
		{"no quoting, no trimming", "GOPROXY= \"a\" \n", map[string]string{"GOPROXY": " \"a\" "}},
		{"carriage return stays", "GOPROXY=a\r\n", map[string]string{"GOPROXY": "a\r"}},
		{"skipped", "# GOPROXY=a\n GOPROXY=b\n=c\ngoproxy=d\n\nexport GOPROXY=e\nGOPROXY\n", map[string]string{}},
		{"empty value", "GOPROXY=\n", map[string]string{"GOPROXY": ""}},
	} {
		if got := ParseEnvFile(c.text); !maps.Equal(got, c.want) {
			t.Errorf("%s: ParseEnvFile(%q) = %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

func FuzzParseEnvFile(f *testing.F) {
	f.Add("GOPROXY=https://proxy.example.com,direct\n# comment\nGOFLAGS=-mod=mod")
	f.Add("=\nA\nA=\n[=x\n@=y")
	f.Fuzz(func(t *testing.T, text string) {
		for name, value := range ParseEnvFile(text) {
			if name[0] < 'A' || 'Z' < name[0] || strings.ContainsAny(name, "=\n") || strings.Contains(value, "\n") {
				t.Fatalf("%q = %q cannot come from a line", name, value)
			}
			if !strings.Contains("\n"+text+"\n", "\n"+name+"="+value+"\n") {
				t.Fatalf("%q = %q is no line of the file", name, value)
			}
		}
	})
}

func readSeed(f *testing.F, path string) []byte {
	f.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	return data
}
