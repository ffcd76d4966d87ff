package pac

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kinds are the words of an answer, with the port that is meant when none is
// written (net/base/proxy_string_util.cc in Chromium). SOCKS leaves the version
// open; 5 is what its servers speak today.
var kinds = map[string]struct{ scheme, port string }{
	"PROXY": {"http", "80"}, "HTTP": {"http", "80"}, "HTTPS": {"https", "443"},
	"SOCKS": {"socks5", "1080"}, "SOCKS5": {"socks5", "1080"},
}

// parseResult reads the answer of a script: "PROXY a:3128; SOCKS5 b; DIRECT". As
// in browsers an element that makes no sense is passed over, and nothing at all is
// DIRECT; but not an answer of which no element is left.
func parseResult(answer string) ([]*url.URL, error) {
	var ways []*url.URL
	var unusable []string
	empty := true
	for element := range strings.FieldsFuncSeq(answer, func(r rune) bool { return r == ';' }) {
		fields := strings.Fields(element)
		if len(fields) == 0 {
			continue
		}
		empty = false
		kind := strings.ToUpper(fields[0])
		if kind == "DIRECT" && len(fields) == 1 {
			ways = append(ways, nil)
			continue
		}
		u, ok := way(kind, fields[1:])
		switch {
		case ok:
			ways = append(ways, u)
		case kind == "SOCKS4" || kind == "QUIC":
			unusable = append(unusable, printable(strings.Join(fields, " ")))
		}
	}
	switch {
	case empty:
		return []*url.URL{nil}, nil
	case len(ways) == 0:
		return nil, &ResultError{Answer: printable(answer), Unusable: unusable}
	}
	return ways, nil
}

func way(kind string, rest []string) (*url.URL, bool) {
	k, ok := kinds[kind]
	if !ok || len(rest) != 1 {
		return nil, false
	}
	host, ok := hostPort(rest[0], k.port)
	return &url.URL{Scheme: k.scheme, Host: host}, ok
}

// hostPort adds the port that is missing. An IPv6 address needs brackets to have a
// port, and gets them when it has neither.
func hostPort(s, port string) (string, bool) {
	host := s
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err != nil || a.Is4() {
		if h, p, err := net.SplitHostPort(s); err == nil {
			host, port = h, p
		}
	} else {
		host = a.String()
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || !hostName(host) {
		return "", false
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), true
}

// hostName reports whether s is an address or is written like a name.
func hostName(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return !strings.Contains(s, "%")
	}
	odd := func(r rune) bool {
		return !(r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r == '-' || r == '.' || r == '_')
	}
	return s != "" && len(s) <= 253 && !strings.ContainsFunc(s, odd)
}

// printable keeps what a terminal may show, at most 200 letters of it.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			return r
		}
		return ' '
	}, s)
	if r := []rune(s); len(r) > 200 {
		return string(r[:200]) + "…"
	}
	return s
}
