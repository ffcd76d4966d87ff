// Package forward knows the network's own HTTP proxy, the forward proxy that
// stands between this machine and every module proxy.
//
// It answers per URL, since bypass lists and PAC scripts do. Settings are read
// from an injected environment; nothing here is cached for the process.
package forward

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/http/httpproxy"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// A Config is where the forward proxy's settings came from and what they say.
type Config struct {
	Source  string // the variable that set it: "HTTPS_PROXY"; empty when there is none
	Address string // of the proxy, redacted
	Hides   string // a variable that is set too and loses, empty when there is none
	proxy   func(*url.URL) (*url.URL, error)
}

// FromEnvironment reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY with Go's own rules:
// upper case wins over lower case, ALL_PROXY is not read
// (golang.org/x/net/http/httpproxy). An unparsable value, which Go would ignore
// in silence and go direct, is an error of type *ValueError.
func FromEnvironment(getenv func(string) string) (Config, error) {
	c := Config{}
	env := httpproxy.Config{CGI: getenv("REQUEST_METHOD") != ""}
	for _, v := range []struct {
		name string
		into *string
	}{{"HTTPS_PROXY", &env.HTTPSProxy}, {"HTTP_PROXY", &env.HTTPProxy}, {"NO_PROXY", &env.NoProxy}} {
		name, value, hidden := lookup(getenv, v.name)
		*v.into = value
		if value == "" || v.name == "NO_PROXY" {
			continue
		}
		u, err := parse(value)
		if err != nil {
			return Config{}, &ValueError{Variable: name, Reason: err.Error()}
		}
		if c.Source == "" {
			c.Source, c.Address, c.Hides = name, redact(u), hidden
		}
	}
	c.proxy = env.ProxyFunc()
	return c, nil
}

func lookup(getenv func(string) string, upper string) (name, value, hidden string) {
	lower := strings.ToLower(upper)
	u, l := getenv(upper), getenv(lower)
	switch {
	case u == "":
		return lower, l, ""
	case l != "" && l != u:
		return upper, u, lower
	}
	return upper, u, ""
}

// parse accepts a URL or host[:port]. httpproxy would also read a broken URL as
// the name of a host: http:/proxy as the host http, port and all.
func parse(v string) (*url.URL, error) {
	if !strings.Contains(v, "://") {
		v = "http://" + v
	}
	u, err := url.Parse(v)
	if err != nil || u.Hostname() == "" || strings.HasSuffix(u.Host, ":") {
		return nil, errors.New("is not a URL") // the cause would quote the password
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return u, nil
	}
	return nil, fmt.Errorf("has scheme %q, not http, https or socks5", u.Scheme)
}

// redact hides the user name too, which may be a token.
func redact(u *url.URL) string {
	shown := *u
	if u.User != nil {
		shown.User = url.User("xxxxx")
	}
	return shown.String()
}

// Proxy names the forward proxy for a URL, nil for none.
func (c Config) Proxy(u *url.URL) (*url.URL, error) {
	if c.proxy == nil {
		return nil, nil
	}
	return c.proxy(u)
}

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
}

func (e *ConnectError) Error() string {
	s := strings.TrimSpace(fmt.Sprintf("forward proxy %s refused CONNECT: %d %s", e.Proxy, e.StatusCode, e.Reason))
	if len(e.Schemes) > 0 {
		s += " (it offers " + strings.Join(e.Schemes, ", ") + ")"
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
