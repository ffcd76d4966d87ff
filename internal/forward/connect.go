package forward

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// A ValueError is a proxy variable that cannot be used.
type ValueError struct {
	Variable string
	Reason   string // says nothing of the value, which may hold a password
}

func (e *ValueError) Error() string { return e.Variable + " " + e.Reason }

// A ConnectError is a forward proxy that refused to connect us.
type ConnectError struct {
	Proxy      string // redacted
	StatusCode int
	Reason     string   // its own words, often all a person has to search for
	Schemes    []string // what it wants, from Proxy-Authenticate, with status 407
	Refused    string   // the scheme by which credentials were given and refused, empty when none were
	Held       bool     // they were not given again so soon: many wrong ones lock an account
}

func (e *ConnectError) Error() string {
	s := strings.TrimSpace(fmt.Sprintf("forward proxy %s refused CONNECT: %d %s", e.Proxy, e.StatusCode, e.Reason))
	if len(e.Schemes) > 0 {
		s += " (it offers " + strings.Join(e.Schemes, ", ") + ")"
	}
	switch {
	case e.Held:
		s += "; its user and password were refused before and are not sent again for a while"
	case e.Refused != "":
		s += "; user and password, or the account, were refused by " + e.Refused
	}
	return s
}

// FailureClass tells wanted credentials from every other refusal.
func (e *ConnectError) FailureClass() report.Class {
	if e.StatusCode == http.StatusProxyAuthRequired {
		return report.ForwardProxyAuth
	}
	return report.ForwardProxyFailure
}

// CheckConnect types the answer to CONNECT; it fits
// http.Transport.OnProxyConnectResponse, which is the only place that sees it.
func CheckConnect(proxy *url.URL, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	e := &ConnectError{Proxy: redact(proxy), StatusCode: resp.StatusCode}
	_, reason, _ := strings.Cut(resp.Status, " ")
	e.Reason = printable(reason)
	if resp.StatusCode == http.StatusProxyAuthRequired {
		e.Schemes = schemes(resp.Header.Values("Proxy-Authenticate"))
	}
	return e
}

// schemes are the names of challenges (RFC 9110, section 11.6.1). One header may
// have several, between commas that also stand between and inside of parameters.
func schemes(challenges []string) []string {
	var list []string
	for part := range strings.SplitSeq(strings.Join(challenges, ","), ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(part), " ")
		if schemeName.MatchString(name) && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

var schemeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

// printable keeps what a terminal may show, at most 100 characters of it.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			return r
		}
		return -1
	}, s)
	if r := []rune(s); len(r) > 100 {
		return string(r[:100]) + "…"
	}
	return s
}
