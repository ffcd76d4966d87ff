package forward

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// environment is the name of the layer of variables.
const environment = "environment"

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
	c.Layers = []Layer{{Name: environment, State: Empty}}
	if c.Source != "" {
		c.Layers[0] = Layer{Name: environment, State: Answers, Says: c.Source + "=" + c.Address}
		c.steps = []step{{source: c.Source, ways: one(env.ProxyFunc())}}
	}
	return c, nil
}

// one makes a list of a single answer. Its error is final: Go's is that a variable
// may come from a request.
func one(proxy func(*url.URL) (*url.URL, error)) func(context.Context, *url.URL) ([]*url.URL, error) {
	return func(_ context.Context, u *url.URL) ([]*url.URL, error) {
		via, err := proxy(u)
		if err != nil {
			return nil, stopError{err}
		}
		return []*url.URL{via}, nil
	}
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

// spared reports whether NO_PROXY sends a URL past every forward proxy, whoever
// named it.
func spared(getenv func(string) string) func(*url.URL) bool {
	_, list, _ := lookup(getenv, "NO_PROXY")
	if list == "" {
		return func(*url.URL) bool { return false }
	}
	const any = "http://proxy.invalid"
	proxy := (&httpproxy.Config{HTTPSProxy: any, HTTPProxy: any, NoProxy: list}).ProxyFunc()
	return func(u *url.URL) bool {
		via, err := proxy(u)
		return via == nil && err == nil
	}
}
