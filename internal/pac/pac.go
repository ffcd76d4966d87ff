// Package pac evaluates proxy auto-configuration: the script of a network that
// says for each URL by which forward proxies it is reached.
//
// On Windows WinHTTP does it, as for every other program there; elsewhere goja
// runs the script, so a script is code of others that runs in this process. It
// gets no network but DNS, and limits: of time, text, call depth and memory.
// What goja cannot be stopped in is left to itself, and the script is not asked
// again. Nothing here chooses whether to evaluate a script or what to do when
// that fails: programs differ there, and internal/forward decides.
package pac

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// A Finder answers for one script. It is safe for concurrent use.
type Finder interface {
	// Find returns the ways to a URL, best first; nil among them is to connect
	// directly, and the list is never empty. Schemes are http, https and socks5,
	// each has a port. The script sees neither the user and fragment of a URL nor,
	// with https, its path, as in browsers.
	//
	// Errors are *FetchError, *ScriptError, *ResultError and, on Windows,
	// *WinHTTPError; or that of ctx.
	Find(ctx context.Context, u *url.URL) ([]*url.URL, error)
}

// Options of a Finder. The zero value is ready to use. Windows has its own ways to
// all of it but Budget.
type Options struct {
	// Client fetches the script. By default it connects directly.
	Client *http.Client
	// LookupHost resolves a name for the script; by default the system does. Each
	// question gets 2 s, and its answer is kept for a minute.
	LookupHost func(ctx context.Context, host string) ([]netip.Addr, error)
	// Addresses are this machine's, what other machines see first. By default
	// those of its interfaces.
	Addresses func() []netip.Addr
	// SearchDomains are where Detect looks for a script; by default those of
	// /etc/resolv.conf.
	SearchDomains []string
	// Now is the script's clock, with its time zone; time.Now by default.
	Now func() time.Time
	// Budget is for one answer, 5 s by default; fetching the script has as much.
	Budget time.Duration
	// Memory is what a script may take while it answers, in bytes; 256 MB by default.
	Memory uint64
}

// shown is what the script may see of a URL (crbug.com/593759).
func shown(u *url.URL) *url.URL {
	s := *u
	s.User, s.Fragment, s.RawFragment = nil, "", ""
	if s.Scheme == "https" {
		s.Path, s.RawPath, s.RawQuery, s.ForceQuery = "", "", "", false
	}
	if s.Path == "" {
		s.Path = "/"
	}
	return &s
}
