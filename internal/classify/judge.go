package classify

import (
	"regexp"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// judge returns the class of an error: report.Unknown when no rule knows its
// cause.
func (t *trouble) judge() report.Class {
	if t.vcs == "" && t.status != 0 {
		return t.byStatus()
	}
	class := t.cause()
	switch {
	case class == "":
		return report.Unknown
	case t.sumdb() && (brokenConnection(class) || class == report.ModuleNotFound):
		return report.SumDBUnreachable
	}
	return class
}

// cause finds the innermost cause and says what it was a failure of.
func (t *trouble) cause() report.Class {
	text, words := t.text, goWords
	if t.vcs != "" {
		text, words = t.vcs, vcsWords
		if code := vcsStatus.FindStringSubmatch(text); code != nil && !strings.Contains(text, "from proxy after CONNECT") {
			return vcsClass(code[1])
		}
	}
	text = strings.ToLower(text)
	class, start := words.find(text)
	if class == "" {
		if class = t.tunnel(); class != "" {
			return class
		}
		class, start = wrappers.find(text)
	}
	if class == "" && t.vcs != "" {
		text = strings.ToLower(t.text)
		class, start = goWords.find(text)
		if start < strings.LastIndex(text, "exit status") { // the words are those of a wrapper
			class = ""
		}
	}
	return t.through(class, text[:start])
}

// through says which way a connection was on when it broke: to a resolver or
// a forward proxy, as the text before the cause tells, or to the host itself.
func (t *trouble) through(class report.Class, before string) report.Class {
	tls := class == report.TLSHandshake || class == report.TLSUntrusted || class == report.TLSInvalid
	switch {
	case !brokenConnection(class) && !tls:
		return class
	case strings.Contains(before, "proxyconnect ") || strings.Contains(before, "socks connect "):
		return report.ForwardProxyFailure
	case tls:
		return class
	case strings.Contains(before, "lookup "):
		return report.DNSFailure
	case t.otherPeer():
		return report.ForwardProxyFailure
	}
	return class
}

var (
	peer      = regexp.MustCompile(`(?:read|write) tcp \S+->\S+:(\d+): `)
	connectTo = regexp.MustCompile(`Failed to connect to (\S+) port \d+`)
)

// otherPeer says whether the broken connection led to another port or host
// than the URL: then a forward proxy was at its end, which neither net/http
// nor libcurl mention.
func (t *trouble) otherPeer() bool {
	if t.url == nil {
		return false
	}
	if m := connectTo.FindStringSubmatch(t.vcs); m != nil {
		return m[1] != t.url.Hostname()
	}
	m := peer.FindStringSubmatch(t.text)
	if m == nil {
		return false
	}
	port := t.url.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[t.url.Scheme]
	}
	return m[1] != port
}

// brokenConnection says whether class tells of a connection that did not come
// about or did not last, so that it matters to whom it was.
func brokenConnection(class report.Class) bool {
	switch class {
	case report.DNSFailure, report.ConnectRefused, report.ConnectTimeout, report.NetworkUnreachable, report.ConnectionReset, report.ResponseTimeout:
		return true
	}
	return false
}

// refused is what net/http makes of a CONNECT that a forward proxy did not
// answer with 200: the reason phrase, and nothing else (transport.go, dialConn).
var refused = regexp.MustCompile(`(?:"https://[^"]*"|Get https://\S+): ([A-Z][^:]*|[A-Za-z' -]+)$`)

func (t *trouble) tunnel() report.Class {
	m := refused.FindStringSubmatch(t.text)
	if m == nil {
		return ""
	}
	if phrase := strings.ToLower(m[1]); strings.Contains(phrase, "auth") && !strings.Contains(phrase, "authority") {
		return report.ForwardProxyAuth
	}
	return report.ForwardProxyFailure
}

// vcsStatus is an HTTP status in the words of git, hg and libcurl.
var vcsStatus = regexp.MustCompile(`(?:returned error: |HTTP code = |HTTP code |HTTP Error |RPC failed; HTTP |HTTP )(\d{3})\b`)

func vcsClass(code string) report.Class {
	switch code {
	case "401", "403":
		return report.VCSAuth
	case "407":
		return report.ForwardProxyAuth
	case "404", "410":
		return report.ModuleNotFound
	case "429":
		return report.ProxyRateLimited
	case "408":
		return report.ResponseTimeout
	}
	if code[0] == '5' {
		return report.ProxyServerError
	}
	return report.ProxyBadResponse
}

// byStatus judges an answer that is not 200.
func (t *trouble) byStatus() report.Class {
	there := t.elsewhere()
	missing := t.status == 404 || t.status == 410
	hidden := private(t.modHost())
	switch {
	case t.status == 407:
		return report.ForwardProxyAuth
	case missing && strings.Contains(t.server, "create zip:"): // what the module holds, no zip may
		return report.Unknown
	case t.sumdb() && missing && outage(there) && !hidden:
		return report.SumDBUnreachable
	case t.sumdb() && missing:
		return report.PrivateModule
	case t.sumdb():
		return report.SumDBUnreachable
	case t.origin() && t.status == 401:
		return report.VCSAuth
	case t.origin() && t.status == 403 && private(t.host()):
		return report.VCSAuth
	case there == report.VCSAuth && (missing || t.status >= 500):
		return report.PrivateModule
	case missing:
		return t.notThere(there)
	case t.status == 429:
		return report.ProxyRateLimited
	case t.status == 401, t.status == 403, t.status == 451:
		return report.ProxyAuth
	case t.status == 408:
		return report.ResponseTimeout
	case t.status == 511: // Network Authentication Required: a captive portal
		return report.ProxyBadResponse
	case t.status >= 500:
		return report.ProxyServerError
	}
	return report.ProxyBadResponse
}

// notThere judges a 404 or 410 by the reason the server gave.
func (t *trouble) notThere(there report.Class) report.Class {
	switch {
	case there == report.VersionNotFound || there == report.GoModInvalid:
		return there
	case private(t.modHost()):
		return report.PrivateModule
	case outage(there):
		return report.ProxyServerError
	}
	return report.ModuleNotFound
}

// modHost returns the host that the module path names.
func (t *trouble) modHost() string {
	host, _, _ := strings.Cut(t.module, "/")
	return host
}

// elsewhere returns the class of what a server says happened to it.
func (t *trouble) elsewhere() report.Class {
	if t.server == "" {
		return ""
	}
	other := parse(strings.Split(t.server, "\n"))
	if class := other.cause(); class != "" {
		return class
	}
	if busy.MatchString(t.server) {
		return report.ProxyServerError
	}
	return ""
}

// busy are words of module proxies about failures of their own that they
// nevertheless answer with 404.
var busy = regexp.MustCompile(`(?i)time[sd]?[ -]?out|temporar|bad upstream|too many requests|rate limit|internal (?:server )?error|unavailable`)

// outage says whether a server that answered "not found" only failed to look.
func outage(there report.Class) bool {
	return brokenConnection(there) || there == report.ProxyServerError || there == report.TLSHandshake || there == report.DiskFull || there == report.ResourceLimit
}
