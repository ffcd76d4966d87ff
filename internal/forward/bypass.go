package forward

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// A Bypass is ProxyOverride: the URLs that go past the forward proxy.
//
// It is matched as WinINet does, and where that does not answer, as Edge and
// Chrome do, which are handed the same list. What was measured on Windows stands
// in the tests of github.com/gnoays/proxy-watch (tests/bypass.rs): a name is that
// name alone and not what is below it, stars match any text, addresses are
// compared as text, a leading dot matches nothing. A slash makes WinINet go
// direct for every host, which nobody means; Edge reads a network or a scheme.
type Bypass struct {
	rules    []rule
	local    bool     // <local>: names without a dot
	loopback bool     // <-loopback>: this machine is not spared
	dead     []string // entries that match nothing
	slash    bool     // an entry that spoils the whole list for WinINet
}

// A rule is one entry.
type rule struct {
	said   string
	scheme string // empty for all
	host   string // with stars
	port   string // empty for all
	net    netip.Prefix
}

// ParseBypass reads a list between semicolons, commas or blanks.
func ParseBypass(list string) (b Bypass) {
	for entry := range strings.FieldsFuncSeq(strings.ToLower(list), func(r rune) bool { return strings.ContainsRune(";, \t\r\n", r) }) {
		b.slash = b.slash || strings.Contains(entry, "/")
		switch r, ok := parseRule(entry); {
		case entry == "<local>":
			b.local = true
		case entry == "<-loopback>":
			b.loopback = true
		case ok:
			b.rules = append(b.rules, r)
		default:
			b.dead = append(b.dead, hide(entry))
		}
	}
	return b
}

func parseRule(entry string) (r rule, ok bool) {
	r.said = entry
	if p, err := netip.ParsePrefix(entry); err == nil {
		r.net = p.Masked()
		return r, true
	}
	host := entry
	if scheme, rest, ok := strings.Cut(entry, "://"); ok {
		r.scheme, host = scheme, strings.TrimSuffix(rest, "/")
	}
	r.host, r.port = splitPort(host)
	if a, err := netip.ParseAddr(r.host); err == nil {
		r.host = a.String()
	}
	bad := r.host == "" || strings.HasPrefix(r.host, ".") || strings.ContainsFunc(r.host, notOfHosts) || strings.Trim(r.port, "0123456789") != ""
	return r, !bad
}

// notOfHosts is what no shell has to be told about when the list is exported.
func notOfHosts(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("*.-_:", r)
}

// splitPort splits host:port, [address]:port and address. What is no port stays
// in it, for the caller to refuse.
func splitPort(s string) (host, port string) {
	if rest, ok := strings.CutPrefix(s, "["); ok {
		host, rest, _ = strings.Cut(rest, "]")
		return host, strings.TrimPrefix(rest, ":")
	}
	if strings.Count(s, ":") != 1 {
		return s, ""
	}
	host, port, _ = strings.Cut(s, ":")
	if port == "" {
		port = "none"
	}
	return host, port
}

// Match reports whether a URL goes past the forward proxy. Like Windows it never
// resolves a name.
func (b Bypass) Match(u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	addr, _ := netip.ParseAddr(host)
	if addr.IsValid() {
		host = addr.String()
	}
	switch {
	case !b.loopback && ownHost(host, addr):
		return true
	case b.local && !strings.ContainsAny(host, ".:"):
		return true
	}
	return slices.ContainsFunc(b.rules, func(r rule) bool { return r.match(u, host, addr) })
}

// ownHost reports whether Windows spares a host without being told: WinINet these
// names, the first address of each kind and the link; WinHTTP all of 127.0.0.0/8.
func ownHost(host string, addr netip.Addr) bool {
	return host == "localhost" || host == "loopback" || addr.IsLoopback() || addr.IsLinkLocalUnicast()
}

func (r rule) match(u *url.URL, host string, addr netip.Addr) bool {
	switch {
	case r.net.IsValid():
		return addr.IsValid() && r.net.Contains(addr)
	case r.scheme != "" && r.scheme != u.Scheme:
		return false
	case r.port != "" && r.port != portOf(u):
		return false
	}
	return glob(r.host, host)
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

// glob matches a pattern whose stars stand for any text.
func glob(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	last := len(parts) - 1
	if last == 0 {
		return pattern == s
	}
	s, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	for _, p := range parts[1:last] {
		_, after, ok := strings.Cut(s, p)
		if !ok {
			return false
		}
		s = after
	}
	return strings.HasSuffix(s, parts[last])
}
