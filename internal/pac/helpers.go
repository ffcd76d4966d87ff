//go:build !windows

package pac

import (
	"context"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dop251/goja"
)

// helpers are the functions that a script may call: Netscape's, as MDN describes
// them ("Proxy Auto-Configuration (PAC) file"), and Microsoft's for IPv6 ("IPv6
// Extensions to Navigator Auto-Config File Format").
func (e *engine) helpers() map[string]any {
	return map[string]any{
		"isPlainHostName":     func(host string) bool { return !strings.ContainsAny(host, ".:") },
		"dnsDomainIs":         func(host, domain string) bool { return strings.HasSuffix(host, domain) },
		"localHostOrDomainIs": func(host, full string) bool { return host == full || strings.HasPrefix(full, host+".") },
		"dnsDomainLevels":     func(host string) int { return strings.Count(host, ".") },
		"shExpMatch":          shExpMatch,
		"convert_addr":        convertAddr,
		"isInNet":             e.isInNet,
		"isResolvable":        func(host string) bool { return len(v4(e.lookup(host))) > 0 },
		"dnsResolve":          func(host string) goja.Value { return e.first(v4(e.lookup(host)), goja.Null()) },
		"myIpAddress": func() goja.Value {
			return e.first(v4(e.o.Addresses()), e.rt.ToValue("127.0.0.1"))
		},
		"alert":        func() {},
		"weekdayRange": e.dated(weekdayRange),
		"dateRange":    e.dated(dateRange),
		"timeRange":    e.dated(timeRange),

		"isInNetEx":         isInNetEx,
		"isResolvableEx":    func(host string) bool { return len(e.lookup(host)) > 0 },
		"dnsResolveEx":      func(host string) string { return join(e.lookup(host)) },
		"myIpAddressEx":     func() string { return join(e.o.Addresses()) },
		"sortIpAddressList": sortAddresses,
		"getClientVersion":  func() string { return "1.0" },
	}
}

// shExpMatch is a glob in the documentation and a regular expression in browsers,
// of which only three characters are replaced; scripts rely on "(a|b).example".
func shExpMatch(s, pattern string) bool {
	expr := strings.NewReplacer(".", `\.`, "*", ".*", "?", ".").Replace(pattern)
	re, err := regexp.Compile("^" + expr + "$")
	if err != nil {
		re = regexp.MustCompile("^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern)) + "$")
	}
	return re.MatchString(s)
}

// isInNet compares the bits that the mask has. A name that does not resolve is in
// no net.
func (e *engine) isInNet(host, pattern, mask string) bool {
	a, ok := ipv4(host)
	if !ok {
		list := v4(e.lookup(host))
		if len(list) == 0 {
			return false
		}
		a, _ = ipv4(list[0].String())
	}
	p, ok1 := ipv4(pattern)
	m, ok2 := ipv4(mask)
	return ok1 && ok2 && a&m == p&m
}

// ipv4 is an address as a number.
func ipv4(s string) (uint32, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return 0, false
	}
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]), true
}

// convertAddr is a number of 32 bits with a sign, as JavaScript's shifts make it.
func convertAddr(s string) int32 {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return 0
	}
	b := a.As4()
	return int32(b[0])<<24 | int32(b[1])<<16 | int32(b[2])<<8 | int32(b[3])
}

func isInNetEx(address, prefix string) bool {
	a, err1 := netip.ParseAddr(address)
	p, err2 := netip.ParsePrefix(prefix)
	return err1 == nil && err2 == nil && p.Contains(a)
}

// sortAddresses puts IPv6 first, as Microsoft's does; empty when one is no address.
func sortAddresses(list string) string {
	var all []netip.Addr
	for s := range strings.SplitSeq(list, ";") {
		a, err := netip.ParseAddr(strings.TrimSpace(s))
		if err != nil {
			return ""
		}
		all = append(all, a)
	}
	slices.SortStableFunc(all, func(a, b netip.Addr) int {
		if a.Is6() != b.Is6() {
			return map[bool]int{true: -1, false: 1}[a.Is6()]
		}
		return a.Compare(b)
	})
	return join(all)
}

func v4(list []netip.Addr) []netip.Addr {
	return slices.DeleteFunc(slices.Clone(list), func(a netip.Addr) bool { return !a.Is4() })
}

func join(list []netip.Addr) string {
	var s []string
	for _, a := range list {
		s = append(s, a.String())
	}
	return strings.Join(s, ";")
}

func (e *engine) first(list []netip.Addr, none goja.Value) goja.Value {
	if len(list) == 0 {
		return none
	}
	return e.rt.ToValue(list[0].String())
}

// lookup resolves a name within the time of the answer under way. There is none
// while the script is loaded, and scripts have no reason to ask then.
func (e *engine) lookup(host string) []netip.Addr {
	if e.ctx == nil {
		return nil
	}
	return e.names.lookup(e.ctx, host)
}

// A resolver remembers names, those that do not resolve too.
type resolver struct {
	ask func(context.Context, string) ([]netip.Addr, error)

	mu    sync.Mutex
	known map[string]resolved
}

type resolved struct {
	list  []netip.Addr
	until time.Time
}

const maxNames = 1000

func (r *resolver) lookup(ctx context.Context, host string) []netip.Addr {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}
	}
	if !hostName(host) {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	k, ok := r.known[host]
	if ok && time.Now().Before(k.until) {
		return k.list
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	list, err := r.ask(ctx, host)
	if err != nil {
		list = nil
	}
	for i := range list {
		list[i] = list[i].Unmap()
	}
	if r.known == nil || len(r.known) >= maxNames {
		r.known = map[string]resolved{}
	}
	r.known[host] = resolved{list, time.Now().Add(keepLookup)}
	return list
}
