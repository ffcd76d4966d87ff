package forward

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// spares is what Windows spares without being told, for programs that do not.
var spares = []string{"localhost", "127.0.0.1", "::1", "169.254.0.0/16"}

// NoProxy is the list as NO_PROXY, which go (golang.org/x/net/http/httpproxy), git
// and curl read, and the entries that it cannot say, or not as Windows means them.
// A name takes the names below it along there, which no entry can prevent.
func (b Bypass) NoProxy() (list string, lost []string) {
	var items []string
	if !b.loopback {
		items = slices.Clone(spares)
	}
	if b.local {
		lost = append(lost, "<local>")
	}
	for _, r := range b.rules {
		item, exact := r.noProxy()
		if item != "" && !slices.Contains(items, item) {
			items = append(items, item)
		}
		if !exact {
			lost = append(lost, r.said)
		}
	}
	if slices.Contains(items, "*") {
		return "*", lost // curl and git read it only when it stands alone
	}
	return strings.Join(items, ","), lost
}

// noProxy is one entry, empty when there is nothing to write; exact when all three
// programs read it as Windows does.
func (r rule) noProxy() (item string, exact bool) {
	switch item, exact = r.hostItem(); {
	case r.scheme == "http":
		return "", false // https would go past the proxy too
	case item == "":
		return "", false
	case r.port != "":
		if strings.Contains(item, ":") {
			item = "[" + item + "]"
		}
		return item + ":" + r.port, false // go reads a port, curl and git do not
	case r.scheme != "":
		return item, false
	}
	return item, exact
}

func (r rule) hostItem() (item string, exact bool) {
	if r.net.IsValid() {
		return r.net.String(), true
	}
	if p, ok := prefixOf(r.host); ok {
		return p.String(), true
	}
	first, rest, star := strings.Cut(r.host, "*")
	switch {
	case !star, r.host == "*":
		return r.host, true
	case first != "" || rest == "" || strings.Contains(rest, "*"):
		return "", false
	case strings.HasPrefix(rest, ".") && len(rest) > 1:
		return rest, true
	case strings.HasPrefix(rest, "."):
		return "", false
	}
	return rest, false // *corp.example is acorp.example too
}

// prefixOf reads the beginning of an IPv4 address with a star for the rest, as 10.*
// or 192.168.*.*. That Windows spares names like 10.example by it is nobody's wish.
func prefixOf(host string) (netip.Prefix, bool) {
	start := host
	for strings.HasSuffix(start, ".*") {
		start = strings.TrimSuffix(start, ".*")
	}
	parts := strings.Count(start, ".") + 1
	if start == host || parts > 3 || strings.Count(host, ".") > 3 {
		return netip.Prefix{}, false
	}
	p, err := netip.ParsePrefix(start + strings.Repeat(".0", 4-parts) + "/" + strconv.Itoa(8*parts))
	return p, err == nil
}
