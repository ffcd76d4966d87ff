package classify

import (
	"regexp"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// blame returns the host to act on for a failure of class.
func (t *trouble) blame(class report.Class) string {
	if class == report.ForwardProxyFailure || class == report.ForwardProxyAuth {
		return first(forwardHosts, t.text+"\n"+t.vcs)
	}
	if host := first(namedHosts, t.text); host != "" {
		return host
	}
	if host := t.host(); host != "" {
		return host
	}
	if host := first(vcsHosts, t.vcs); host != "" {
		return host
	}
	if strings.Contains(t.text, "cache/vcs/") {
		return t.modHost()
	}
	return ""
}

var (
	forwardHosts = []*regexp.Regexp{
		regexp.MustCompile(`(?:proxyconnect|socks connect) .*lookup ([^\s:]+)`),
		regexp.MustCompile(`(?:proxyconnect tcp: dial|socks connect) tcp \[?([^\s\]]+?)\]?:\d+`),
		regexp.MustCompile(`Could not resolve proxy: (\S+)`),
		regexp.MustCompile(`Failed to connect to (\S+) port`),
	}
	namedHosts = []*regexp.Regexp{
		regexp.MustCompile(`redirected from secure URL https://([^/:\s]+)`),
		regexp.MustCompile(`invalid response from proxy "https?://(?:[^/@"]*@)?([^/":]+)`),
		regexp.MustCompile(`(?m)^(sum\.\S+): `),
	}
	vcsHosts = []*regexp.Regexp{
		regexp.MustCompile(`(?:Could not resolve host:|resolve hostname|Failed to connect to|connect to host) ([^\s:]+)`),
		regexp.MustCompile(`(?m)^\w+@([\w.-]+): `),
	}
)

func first(forms []*regexp.Regexp, text string) string {
	for _, form := range forms {
		if m := form.FindStringSubmatch(text); m != nil {
			return m[1]
		}
	}
	return ""
}
