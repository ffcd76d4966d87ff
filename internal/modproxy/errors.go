package modproxy

import (
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// A StatusError is an answer of a module proxy that is not 200.
type StatusError struct {
	URL        string // redacted
	StatusCode int
	RetryAfter time.Duration // what the server asked for; 0 when it did not
	Detail     string        // printable text of the answer, at most eight lines
}

func (e *StatusError) Error() string { return "GET " + e.URL + ": " + e.Status() }

// Status is the error without the URL, for where that stands beside it.
func (e *StatusError) Status() string {
	s := strings.TrimSpace(fmt.Sprintf("%d %s", e.StatusCode, http.StatusText(e.StatusCode))) // 599 has no name
	if e.Detail != "" && e.Detail != http.StatusText(e.StatusCode) {
		s += ": " + e.Detail
	}
	return s
}

// NotFound reports whether the status says that the file does not exist.
func (e *StatusError) NotFound() bool {
	return e.StatusCode == http.StatusNotFound || e.StatusCode == http.StatusGone
}

// Is makes 404 and 410 match fs.ErrNotExist, as cmd/go does.
func (e *StatusError) Is(target error) bool { return target == fs.ErrNotExist && e.NotFound() }

// FailureClass tells the class by the status alone.
func (e *StatusError) FailureClass() report.Class {
	switch code := e.StatusCode; {
	case e.NotFound():
		return report.ModuleNotFound
	case code == http.StatusTooManyRequests:
		return report.ProxyRateLimited
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return report.ProxyAuth
	case code == http.StatusProxyAuthRequired:
		return report.ForwardProxyAuth
	case code >= 500:
		return report.ProxyServerError
	}
	return report.ProxyBadResponse
}

// A ContentError is an answer with status 200 that is not what the protocol
// says: a web page, a cut or broken zip, another version.
type ContentError struct {
	URL    string // redacted
	Reason string // "is a web page", "is no zip file"
	Detail string // first printable bytes of the answer
	Err    error  // cause, may be nil
}

func (e *ContentError) Error() string {
	s := fmt.Sprintf("GET %s: answer %s", e.URL, e.Reason)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Detail != "" {
		s += fmt.Sprintf(" (it begins %q)", e.Detail)
	}
	return s
}

func (e *ContentError) Unwrap() error { return e.Err }

// FailureClass is always proxy-bad-response.
func (e *ContentError) FailureClass() report.Class { return report.ProxyBadResponse }

// A HashError is content whose h1 hash is not the one that go.sum has.
type HashError struct {
	URL       string // redacted
	Got, Want string // h1:…
	Size      int64  // of the file, in bytes
	Header    http.Header
}

func (e *HashError) Error() string {
	s := fmt.Sprintf("GET %s: content has %s, go.sum has %s", e.URL, e.Got, e.Want)
	for _, name := range whoServed {
		if v := e.Header.Get(name); v != "" {
			s += fmt.Sprintf(", %s: %s", name, v)
		}
	}
	return s
}

// whoServed are headers that tell whose bytes they were.
var whoServed = []string{"Server", "Via", "Age", "X-Cache", "Etag", "Last-Modified"}

// FailureClass is always checksum-mismatch.
func (e *HashError) FailureClass() report.Class { return report.ChecksumMismatch }

// A TimeoutError is an attempt that we ended, since nothing came or since the race
// was over.
type TimeoutError struct {
	URL   string // redacted
	Phase Phase
	After time.Duration // without a byte in this phase; in a race since its start
	Late  bool          // others had won the race: it says nothing bad of this one
}

func (e *TimeoutError) Error() string {
	after := e.After.Round(time.Millisecond)
	if e.Late {
		return fmt.Sprintf("GET %s: still in phase %s after %v, when the race was over", e.URL, e.Phase, after)
	}
	return fmt.Sprintf("GET %s: nothing in phase %s for %v", e.URL, e.Phase, after)
}

// Timeout makes it a timeout for all who ask as for a net.Error.
func (e *TimeoutError) Timeout() bool { return true }

// FailureClass depends on how far the attempt had come.
func (e *TimeoutError) FailureClass() report.Class {
	switch e.Phase {
	case PhaseDNS:
		return report.DNSFailure
	case PhaseConnect:
		return report.ConnectTimeout
	}
	return report.ResponseTimeout
}

// A Phase is how far an attempt has come.
type Phase string

const (
	PhaseDNS     Phase = "dns"
	PhaseConnect Phase = "connect"
	PhaseTLS     Phase = "tls"
	PhaseHeader  Phase = "header" // connected, waiting for the first byte
	PhaseBody    Phase = "body"
)
