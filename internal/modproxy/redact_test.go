package modproxy

import "testing"

func TestRedactText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://user:pw@a.example/x?sig=pw": "https://xxxxx@a.example/x?xxxxx",
		"https://pw@a.example:port/x?sig=pw": "https://xxxxx@a.example:port/x", // no URL
		"https://a.example/x":                "https://a.example/x",
		"https://a.example/@v/list":          "https://a.example/@v/list",
	} {
		if got := redactText(in); got != want {
			t.Errorf("redactText(%q) = %q, want %q", in, got, want)
		}
	}
}
