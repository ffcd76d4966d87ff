package forward

import (
	"context"
	"net/url"
	"slices"
	"strings"
)

// An Export is the forward proxy as the variables that go, git and curl read, for
// what does not go through us.
type Export struct {
	HTTPS, HTTP *url.URL // of the proxy for each kind of URLs, nil for none
	NoProxy     string
	Lost        []string // exceptions that NO_PROXY cannot say as Windows means them
	Differ      []string // "a.example DIRECT": a script's answers, when one variable cannot say them all
}

// Export says the settings in variables, unless they come from there. A script can
// be said when every one of the URLs that matter goes through one proxy or direct.
// noProxy is what NO_PROXY has already.
func (c Config) Export(ctx context.Context, noProxy string, urls []*url.URL) (e Export) {
	switch {
	case c.static != nil:
		e.HTTPS, e.HTTP = c.static.first("https"), c.static.first("http")
		e.NoProxy, e.Lost = c.static.bypass.NoProxy()
	case c.PAC != "":
		via, spared, differ := c.answers(ctx, urls)
		if differ != nil || via == nil {
			return Export{Differ: differ}
		}
		e.HTTPS, e.HTTP, e.NoProxy = via, via, strings.Join(slices.Concat(spares, spared), ",")
	default:
		return e
	}
	e.NoProxy = merge(e.NoProxy, noProxy)
	return e
}

// answers are the one proxy of all URLs that have any and the hosts that go
// direct, or what each of them gets when there is more than one proxy.
func (c Config) answers(ctx context.Context, urls []*url.URL) (via *url.URL, spared, differ []string) {
	proxies := map[string]bool{}
	for _, u := range urls {
		ways, err := c.Ways(ctx, u)
		if err != nil {
			continue
		}
		differ = append(differ, u.Hostname()+" "+Name(ways[0]))
		if ways[0] == nil {
			spared = append(spared, u.Hostname())
			continue
		}
		via = ways[0]
		proxies[via.String()] = true
	}
	if len(proxies) < 2 {
		return via, spared, nil
	}
	return nil, nil, differ
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

// Secrets are what must not be shown of the proxies in an Export. A user's name is
// one only where it stands alone, as a token does: hidden words make holes in logs.
func (e Export) Secrets() (list []string) {
	for _, u := range []*url.URL{e.HTTPS, e.HTTP} {
		if u == nil || u.User == nil {
			continue
		}
		secret, _ := u.User.Password()
		_, escaped, _ := strings.Cut(u.User.String(), ":")
		if secret == "" {
			secret, escaped = u.User.Username(), u.User.String()
		}
		for _, s := range []string{secret, escaped} {
			if s != "" && !slices.Contains(list, s) {
				list = append(list, s)
			}
		}
	}
	return list
}
