// Package classify says which report.Class a failure belongs to.
//
// It asks types first: Of and Failure look at the errors of our own requests,
// where the cause is still a value. Text comes last and is meant for what only
// prints, the go command, git, ssh and other people's logs: Log reads them.
// Both agree on the classes because they describe causes, not sentences.
//
// What a failure means and what to do about it is not decided here but in the
// table of package report.
package classify

import (
	"archive/zip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// Classified is an error that knows its class. The typed errors of the other
// packages implement it.
type Classified interface {
	error
	FailureClass() report.Class
}

// Of returns the class of err: the empty class for nil, report.Unknown when
// neither its types nor its text tell.
func Of(err error) report.Class {
	if err == nil {
		return ""
	}
	return of(err, runtime.GOOS)
}

// Failure describes err, which is not nil, as a failure of the report: class,
// host if err names one, and its redacted text as evidence. Module and version
// are the caller's.
func Failure(err error) report.Failure {
	class := Of(err)
	return describe(report.Failure{
		Class:    class,
		Host:     hostOf(err, class),
		Evidence: shorten(strings.Split(err.Error(), "\n")),
	})
}

// describe fills in what the table of classes says of f.
func describe(f report.Failure) report.Failure {
	info := f.Class.Info()
	f.Retry = info.Retry
	f.Advice = info.Advice
	return f
}

// of is Of for the error numbers of the operating system goos.
func of(err error, goos string) report.Class {
	for _, ask := range []func(error, string) report.Class{
		fromOwnType, fromEnd, fromForwardProxy, fromDNS, fromErrno, fromTLS,
		fromTimeout, fromProcess, fromContent, fromCut, fromText,
	} {
		if class := ask(err, goos); class != "" {
			return class
		}
	}
	return report.Unknown
}

func fromOwnType(err error, _ string) report.Class {
	var own Classified
	if errors.As(err, &own) {
		return own.FailureClass()
	}
	return ""
}

func fromEnd(err error, _ string) report.Class {
	if errors.Is(err, context.Canceled) {
		return report.Interrupted
	}
	return ""
}

// fromForwardProxy goes before DNS and errno: whatever broke, it broke on the
// way to the forward proxy, which net/http and its SOCKS client mark by Op.
func fromForwardProxy(err error, _ string) report.Class {
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "proxyconnect" || strings.HasPrefix(op.Op, "socks ")) {
		return report.ForwardProxyFailure
	}
	return ""
}

// fromDNS reads the text of a DNSError, for it keeps its cause as text only: a
// local firewall that refuses the socket to the resolver is a firewall.
func fromDNS(err error, _ string) report.Class {
	var dns *net.DNSError
	if !errors.As(err, &dns) {
		return ""
	}
	if strings.HasSuffix(dns.Err, "permission denied") || strings.HasSuffix(dns.Err, "operation not permitted") {
		return report.FirewallBlocked
	}
	return report.DNSFailure
}

func fromErrno(err error, goos string) report.Class {
	var n syscall.Errno
	if !errors.As(err, &n) {
		return ""
	}
	return errnoClass(n, usedFor(err), goos)
}

func fromTLS(err error, _ string) report.Class {
	var (
		authority x509.UnknownAuthorityError
		roots     x509.SystemRootsError
		invalid   x509.CertificateInvalidError
		hostname  x509.HostnameError
		insecure  x509.InsecureAlgorithmError
		verify    *tls.CertificateVerificationError
		header    tls.RecordHeaderError
		alert     tls.AlertError
		op        *net.OpError
	)
	switch {
	case errors.As(err, &authority), errors.As(err, &roots):
		return report.TLSUntrusted
	case errors.As(err, &invalid), errors.As(err, &hostname), errors.As(err, &insecure):
		return report.TLSInvalid
	case errors.As(err, &verify):
		// macOS has text only: x509: “name” certificate is not trusted.
		if strings.Contains(verify.Error(), "not trusted") {
			return report.TLSUntrusted
		}
		return report.TLSInvalid
	case errors.As(err, &op) && op.Err != nil && op.Err.Error() == "tls: bad record MAC":
		return report.ConnectionReset // bytes that were damaged under way
	case errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error"):
		return report.TLSHandshake
	case errors.As(err, &header), errors.As(err, &alert), errors.Is(err, http.ErrSchemeMismatch):
		return report.TLSHandshake
	}
	return ""
}

func fromTimeout(err error, _ string) report.Class {
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		return ""
	}
	if usedFor(err) == dialing {
		return report.ConnectTimeout
	}
	return report.ResponseTimeout
}

func fromProcess(err error, _ string) report.Class {
	var start *exec.Error
	if errors.As(err, &start) && errors.Is(start.Err, exec.ErrNotFound) {
		if start.Name == "go" {
			return report.Toolchain
		}
		return report.VCSMissing
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return ""
	}
	switch exit.ProcessState.String() {
	case "signal: killed":
		return report.ResourceLimit
	case "signal: interrupt", "signal: terminated":
		return report.Interrupted
	}
	return ""
}

// fromContent is about answers that came whole and make no sense.
func fromContent(err error, _ string) report.Class {
	var (
		syntax *json.SyntaxError
		shape  *json.UnmarshalTypeError
		large  *http.MaxBytesError
	)
	switch {
	case errors.As(err, &syntax), errors.As(err, &shape), errors.As(err, &large),
		errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrAlgorithm), errors.Is(err, zip.ErrChecksum):
		return report.ProxyBadResponse
	}
	return ""
}

func fromCut(err error, _ string) report.Class {
	for _, cut := range []error{io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed} {
		if errors.Is(err, cut) {
			return report.ConnectionReset
		}
	}
	return ""
}

// fromText is for causes that have no exported type, as those of net/http's
// HTTP/2 and redirects, and for what a child process printed.
func fromText(err error, _ string) report.Class {
	t := parse(strings.Split(err.Error(), "\n"))
	if class := t.judge(); class != report.Unknown {
		return class
	}
	return ""
}

// hostOf returns the host to blame for err. Behind a forward proxy that fails
// the URL's host is innocent, so only an address of the forward proxy counts.
func hostOf(err error, class report.Class) string {
	var (
		request *url.Error
		dns     *net.DNSError
		op      *net.OpError
	)
	forward := class == report.ForwardProxyFailure || class == report.ForwardProxyAuth
	if !forward && errors.As(err, &request) {
		if u, err := url.Parse(request.URL); err == nil && u.Host != "" {
			return u.Hostname()
		}
	}
	if errors.As(err, &dns) {
		return dns.Name
	}
	for at := err; errors.As(at, &op); at = op.Err {
		if op.Op == "dial" && op.Addr != nil {
			host, _, err := net.SplitHostPort(op.Addr.String())
			if err == nil {
				return host
			}
		}
	}
	return ""
}
