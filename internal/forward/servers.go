package forward

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// Static is a list of servers and who needs none, as Windows writes them.
type Static struct {
	servers []server
	bypass  Bypass
	odd     []string // entries that say nothing
}

// A server is an entry of ProxyServer.
type server struct {
	scheme string   // of the URLs it is for; empty for all, "socks" for those that have no other
	url    *url.URL // nil when it speaks only SOCKS4
	said   string
}

// errSOCKS4 is a proxy that Windows could use and Go cannot: net/http speaks SOCKS5.
var errSOCKS4 = errors.New("it speaks SOCKS4, which Go does not")

// ParseStatic reads ProxyServer and ProxyOverride. The first is one or more of
// [scheme=][scheme://]server[:port] between semicolons or blanks
// (learn.microsoft.com/windows/win32/api/winhttp/ns-winhttp-winhttp_proxy_info).
func ParseStatic(proxyServer, proxyOverride string) *Static {
	s := &Static{bypass: ParseBypass(proxyOverride)}
	for entry := range strings.FieldsFuncSeq(proxyServer, func(r rune) bool { return strings.ContainsRune("; \t\r\n", r) }) {
		if v, ok := parseServer(entry); ok {
			s.servers = append(s.servers, v)
		} else {
			s.odd = append(s.odd, entry)
		}
	}
	return s
}

func parseServer(entry string) (server, bool) {
	v := server{said: entry}
	address := entry
	if key, rest, ok := strings.Cut(entry, "="); ok && !strings.ContainsAny(key, ":/@") {
		v.scheme, address = strings.ToLower(key), rest
	}
	switch v.scheme {
	case "", "http", "https", "socks", "ftp", "all":
		v.scheme = strings.TrimPrefix(v.scheme, "all")
	default:
		return v, false
	}
	spoken, rest, ok := strings.Cut(address, "://")
	if !ok {
		spoken, rest = map[bool]string{true: "socks4", false: "http"}[v.scheme == "socks"], address
	}
	u, err := url.Parse("http://" + strings.TrimRight(rest, "/"))
	if err != nil || u.Hostname() == "" || u.Path != "" || u.RawQuery != "" || !validPort(u) {
		return v, false
	}
	switch strings.ToLower(spoken) {
	case "http":
	case "https":
		// Named for whom it is, not for how it is spoken to: WinINet knows HTTP alone
		// (learn.microsoft.com/windows/win32/api/wininet/nf-wininet-internetopena).
		if u.Port() == "" {
			u.Host += ":443"
		}
	case "socks5", "socks5h":
		u.Scheme = "socks5"
	case "socks", "socks4", "socks4a":
		u = nil
	default:
		return v, false
	}
	v.url = u
	return v, true
}

func validPort(u *url.URL) bool {
	if strings.HasSuffix(u.Host, ":") {
		return false
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return u.Port() == "" || err == nil && n > 0
}

// ways are the servers for a URL. What no entry is for goes to the SOCKS server if
// there is one, else direct.
func (s *Static) ways(_ context.Context, u *url.URL) ([]*url.URL, error) {
	if s.bypass.Match(u) {
		return direct(), nil
	}
	fit := s.fitting(u.Scheme)
	if len(fit) == 0 {
		return direct(), nil
	}
	var list []*url.URL
	for _, v := range fit {
		if v.url != nil {
			list = append(list, v.url)
		}
	}
	if list == nil {
		return nil, errSOCKS4
	}
	return list, nil
}

func (s *Static) fitting(scheme string) (fit []server) {
	for _, v := range s.servers {
		if v.scheme == "" || v.scheme == scheme {
			fit = append(fit, v)
		}
	}
	if fit != nil {
		return fit
	}
	for _, v := range s.servers {
		if v.scheme == "socks" {
			fit = append(fit, v)
		}
	}
	return fit
}

// first is the server that URLs of a scheme go to, nil for none.
func (s *Static) first(scheme string) *url.URL {
	for _, v := range s.fitting(scheme) {
		if v.url != nil {
			return v.url
		}
	}
	return nil
}

// usable reports whether there is a server that Go can speak to.
func (s *Static) usable() bool { return s.first("https") != nil || s.first("http") != nil }

// socks4 reports whether URLs of a scheme go to servers that Go cannot speak to.
func (s *Static) socks4(scheme string) bool {
	return len(s.fitting(scheme)) > 0 && s.first(scheme) == nil
}

// String is the list without its secrets.
func (s *Static) String() string {
	var words []string
	for _, v := range s.servers {
		words = append(words, hide(v.said))
	}
	for _, entry := range s.odd {
		words = append(words, hide(entry))
	}
	return strings.Join(words, ";")
}

// hide takes out what stands before an @.
func hide(entry string) string {
	i := strings.LastIndexByte(entry, '@')
	if i < 0 {
		return entry
	}
	start := 0
	if j := strings.Index(entry[:i], "://"); j >= 0 {
		start = j + 3
	} else if j := strings.IndexByte(entry[:i], '='); j >= 0 {
		start = j + 1
	}
	return entry[:start] + "xxxxx" + entry[i:]
}
