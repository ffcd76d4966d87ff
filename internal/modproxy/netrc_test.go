package modproxy

import (
	"net/url"
	"testing"
)

func TestNetrc(t *testing.T) {
	t.Parallel()
	n := ParseNetrc(`machine a.test login ci password s3cret
machine b.test
	login ci # a comment is no comment here
	password two
macdef init
machine macro.test login x password y

machine port.test:8443 login p password q
machine a.test login later password no
default login anyone password anything
machine behind.test login x password y
`)
	for in, want := range map[string]string{
		"https://a.test/go":       "ci:s3cret",
		"https://a.test:8443/":    "",
		"https://port.test:8443/": "p:q",
		"https://port.test/":      "",
		"https://own:pw@a.test/":  "",
		"http://a.test/":          "",
		"https://macro.test/":     "",
		"https://behind.test/":    "",
		"https://b.test/x":        "ci:two",
	} {
		u, err := url.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := n.login(u).String(); got != want {
			t.Errorf("login for %s is %q, want %q", in, got, want)
		}
	}
}
