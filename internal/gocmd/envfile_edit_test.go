package gocmd

import (
	"strings"
	"testing"
)

func FuzzEditEnvFile(f *testing.F) {
	for _, s := range []string{"", "A=1\n", "GOPROXY=x\nGOPROXY=y", "# c\r\n\r\nGOPROXY=", "odd", "=\n", "GOPROXYX=1\n"} {
		f.Add(s, "v")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		if strings.ContainsAny(value, "\n") {
			return
		}
		before := ParseEnvFile(text)
		set := EditEnvFile(text, []EnvEdit{{Name: "GOPROXY", Value: value}})
		now := ParseEnvFile(set)
		if now["GOPROXY"] != value {
			t.Fatalf("%q became %q, GOPROXY is %q", text, set, now["GOPROXY"])
		}
		gone := ParseEnvFile(EditEnvFile(set, []EnvEdit{{Name: "GOPROXY", Remove: true}}))
		if _, there := gone["GOPROXY"]; there {
			t.Fatalf("%q keeps GOPROXY", set)
		}
		for name, v := range before {
			if name != "GOPROXY" && (now[name] != v || gone[name] != v) {
				t.Fatalf("%q lost %s=%q", text, name, v)
			}
		}
	})
}
