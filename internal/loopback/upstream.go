package loopback

import (
	"net/url"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
)

// An Upstream is a module proxy, or a checksum database, seen from the loopback.
type Upstream struct {
	URL     *url.URL
	Private bool // its 401 and 403 are answers for go, not faults of a mirror
	// Database: URL is that of the checksum database itself, whose paths lie
	// directly below it and not under sumdb/NAME.
	Database bool

	health health
}

// at returns where the upstream has the file.
func (u *Upstream) at(f File) *url.URL {
	if !u.Database {
		return modproxy.Join(u.URL, f.Path())
	}
	rest := f.Rest
	if rest == "supported" {
		rest = "latest" // only module proxies know "supported"; a signed head says as much
	}
	return modproxy.Join(u.URL, rest)
}

// String is the URL without its password, for reports.
func (u *Upstream) String() string { return strings.TrimSuffix(modproxy.Redact(u.URL), "/") }
