//go:build !windows

package pac

import (
	"context"
	"net"
	"net/netip"
	"time"
)

const (
	defaultBudget = 5 * time.Second
	lookupTime    = 2 * time.Second // for one question: a script asks several, and dead resolvers are common behind forward proxies
	keepLookup    = time.Minute
	keepAnswer    = time.Minute // scripts may look at the clock
	keepSick      = 5 * time.Minute
)

func now() time.Time { return time.Now() }

func lookupHost(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// addresses puts first what the system would send from, which no packet is needed
// to learn. The target is for documentation (RFC 5737), not for asking.
func addresses() (list []netip.Addr) {
	if c, err := net.Dial("udp4", "192.0.2.1:9"); err == nil {
		defer c.Close()
		if a, ok := c.LocalAddr().(*net.UDPAddr); ok {
			list = append(list, a.AddrPort().Addr().Unmap())
		}
	}
	all, _ := net.InterfaceAddrs() // none is what a script can deal with
	for _, a := range all {
		n, ok := a.(*net.IPNet)
		if !ok || n.IP.IsLoopback() || n.IP.IsLinkLocalUnicast() {
			continue
		}
		if ip, ok := netip.AddrFromSlice(n.IP); ok && (len(list) == 0 || ip.Unmap() != list[0]) {
			list = append(list, ip.Unmap())
		}
	}
	return list
}
