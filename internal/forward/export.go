package forward

import (
	"context"
	"net/url"
	"strings"
)

// An Export is the forward proxy as the variables that go, git and curl read, for
// what does not go through us.
type Export struct {
	HTTPS, HTTP *url.URL // of the proxy for each kind of URLs, nil for none
	NoProxy     string
	Lost        []string // exceptions that NO_PROXY cannot say as Windows means them
	Differ      []string // "a.example directly": a script's answers, when one variable cannot say them all
}

// Export says the settings in variables, unless they come from there. A script can
// be said when it has the same answer for every one of the URLs that matter.
// noProxy is what NO_PROXY has already.
func (c Config) Export(ctx context.Context, noProxy string, urls []*url.URL) (e Export) {
	switch {
	case c.static != nil:
		e.HTTPS, e.HTTP = c.static.first("https"), c.static.first("http")
		e.NoProxy, e.Lost = c.static.bypass.NoProxy()
	case c.PAC != "":
		via, differ := c.same(ctx, urls)
		if differ != nil || via == nil {
			return Export{Differ: differ}
		}
		e.HTTPS, e.HTTP, e.NoProxy = via, via, strings.Join(spares, ",")
	default:
		return e
	}
	e.NoProxy = merge(e.NoProxy, noProxy)
	return e
}

// same is the answer that all URLs get, or what they get when it is not one.
func (c Config) same(ctx context.Context, urls []*url.URL) (via *url.URL, differ []string) {
	answers := map[string]bool{}
	for _, u := range urls {
		ways, err := c.Ways(ctx, u)
		if err != nil {
			continue
		}
		via = ways[0]
		answers[Name(via)] = true
		differ = append(differ, u.Hostname()+" "+Name(via))
	}
	if len(answers) < 2 {
		return via, nil
	}
	return nil, differ
}

// Name is a way for people: the proxy without its secrets, or DIRECT as scripts
// say it.
func Name(way *url.URL) string {
	if way == nil {
		return "DIRECT"
	}
	return redact(way)
}

func merge(a, b string) string {
	var out []string
	seen := map[string]bool{}
	for item := range strings.SplitSeq(a+","+b, ",") {
		if item = strings.TrimSpace(item); item != "" && !seen[item] {
			seen[item] = true
			out = append(out, item)
		}
	}
	return strings.Join(out, ",")
}

// Secrets are what must not be shown of the proxies in an Export.
func (e Export) Secrets() (list []string) {
	for _, u := range []*url.URL{e.HTTPS, e.HTTP} {
		if u == nil || u.User == nil {
			continue
		}
		password, _ := u.User.Password()
		for _, s := range []string{password, url.QueryEscape(password), u.User.Username(), u.User.String()} {
			if s != "" {
				list = append(list, s)
			}
		}
	}
	return list
}
