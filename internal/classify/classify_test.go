package classify

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// TestOfRealFaults provokes each fault on the loopback and asks for the class
// of the error that net/http returns.
func TestOfRealFaults(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.HandlerFunc(serveFault))
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(http.HandlerFunc(serveFault))
	secure.Config.ErrorLog = quietLogger
	secure.EnableHTTP2 = true
	secure.StartTLS()
	t.Cleanup(secure.Close)
	closed := closedAddr(t)
	trusting := secure.Client()

	proxied := func(to string) *http.Client {
		u := &url.URL{Scheme: "http", Host: to}
		return &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(u)}}
	}
	socks := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "socks5", Host: closed})}}
	hasty := &http.Client{Timeout: 20 * time.Millisecond}
	headerless := &http.Client{Transport: &http.Transport{ResponseHeaderTimeout: 10 * time.Millisecond}}
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("dial udp 127.0.0.1:1: connect: connection refused")
	}}
	nameless := &http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{Resolver: resolver}).DialContext}}
	otherName := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusting.Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "other.example"}}}
	later := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: trusting.Transport.(*http.Transport).TLSClientConfig.RootCAs,
		Time:    func() time.Time { return time.Now().AddDate(100, 0, 0) },
	}}}
	demanding := httptest.NewUnstartedServer(http.HandlerFunc(serveFault))
	demanding.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}
	demanding.Config.ErrorLog = quietLogger
	demanding.StartTLS()
	t.Cleanup(demanding.Close)

	for name, c := range map[string]struct {
		client *http.Client
		url    string
		want   report.Class
		host   string
	}{
		"closed port":                     {http.DefaultClient, "http://" + closed + "/x", report.ConnectRefused, "127.0.0.1"},
		"resolver is down":                {nameless, "http://proxy.example/x", report.DNSFailure, "proxy.example"},
		"hang up before headers":          {plain.Client(), plain.URL + "/hangup", report.ConnectionReset, "127.0.0.1"},
		"reset":                           {plain.Client(), plain.URL + "/reset", report.ConnectionReset, "127.0.0.1"},
		"body cut in the middle":          {plain.Client(), plain.URL + "/cut", report.ConnectionReset, ""},
		"HTTP/2 stream reset":             {trusting, secure.URL + "/abort", report.ConnectionReset, ""},
		"no headers in time":              {headerless, plain.URL + "/stall", report.ResponseTimeout, "127.0.0.1"},
		"client's own time-out":           {hasty, plain.URL + "/stall", report.ResponseTimeout, "127.0.0.1"},
		"unknown authority":               {&http.Client{Transport: &http.Transport{}}, secure.URL, report.TLSUntrusted, "127.0.0.1"},
		"other host name":                 {otherName, secure.URL, report.TLSInvalid, "127.0.0.1"},
		"expired":                         {later, secure.URL, report.TLSInvalid, "127.0.0.1"},
		"TLS to a plain port":             {trusting, "https://" + plain.Listener.Addr().String(), report.TLSHandshake, "127.0.0.1"},
		"client certificate wanted":       {demanding.Client(), demanding.URL, report.TLSHandshake, "127.0.0.1"},
		"not HTTP":                        {plain.Client(), plain.URL + "/garbage", report.ProxyBadResponse, "127.0.0.1"},
		"redirects without end":           {plain.Client(), plain.URL + "/loop", report.ProxyBadResponse, ""},
		"forward proxy is down":           {proxied(closed), "https://proxy.example/x", report.ForwardProxyFailure, "127.0.0.1"},
		"forward proxy refuses to tunnel": {proxied(plain.Listener.Addr().String()), "https://proxy.example/403", report.ForwardProxyFailure, ""},
		"forward proxy wants a login":     {proxied(plain.Listener.Addr().String()), "https://auth.example/407", report.ForwardProxyAuth, ""},
		"SOCKS proxy is down":             {socks, "https://proxy.example/x", report.ForwardProxyFailure, "127.0.0.1"},
		"scheme unknown":                  {http.DefaultClient, "ftp://proxy.example/x", report.ConfigInvalid, "proxy.example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := get(c.client, c.url)
			if got := Of(err); got != c.want {
				t.Errorf("Of(%v) = %q, want %q", err, got, c.want)
			}
			if got := Failure(err); got.Host != c.host || got.Class != c.want || got.Advice.EN == "" || len(got.Evidence) != 1 {
				t.Errorf("Failure(%v) = %+v, want host %q", err, got, c.host)
			}
		})
	}
}

var quietLogger = log.New(io.Discard, "", 0)

func get(client *http.Client, url string) error {
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// serveFault does what the path says; a CONNECT is refused.
func serveFault(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect {
		code := http.StatusForbidden
		if r.Host == "auth.example:443" {
			code = http.StatusProxyAuthRequired
		}
		w.WriteHeader(code)
		return
	}
	switch r.URL.Path {
	case "/stall":
		<-r.Context().Done()
	case "/loop":
		http.Redirect(w, r, "/loop", http.StatusFound)
	case "/abort":
		w.WriteHeader(http.StatusOK)
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case "/hangup", "/reset", "/cut", "/garbage":
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		switch r.URL.Path {
		case "/reset":
			conn.(*net.TCPConn).SetLinger(0)
		case "/cut":
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
		case "/garbage":
			io.WriteString(conn, "220 mail.example ESMTP\r\n\r\n")
		}
	}
}

// closedAddr returns an address on which nothing listens.
func closedAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

type ownError struct{}

func (ownError) Error() string              { return "proxy said no" }
func (ownError) FailureClass() report.Class { return report.ProxyAuth }

func TestOfTypes(t *testing.T) {
	t.Parallel()
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
	}
	read := func(err error) error {
		return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", err)}
	}
	file := func(err error) error { return &os.PathError{Op: "open", Path: "/go/pkg/mod/x", Err: err} }
	for name, c := range map[string]struct {
		err  error
		want report.Class
	}{
		"nil":                     {nil, ""},
		"nobody knows":            {errors.New("strange"), report.Unknown},
		"own type, wrapped":       {fmt.Errorf("fetch: %w", ownError{}), report.ProxyAuth},
		"own type beside another": {errors.Join(io.EOF, ownError{}), report.ProxyAuth},
		"cancelled":               {&url.Error{Op: "Get", URL: "https://h/x", Err: context.Canceled}, report.Interrupted},
		"cancelled while looking up": {
			&net.DNSError{Err: "operation was canceled", Name: "h", UnwrapErr: context.Canceled}, report.Interrupted,
		},
		"deadline":                     {fmt.Errorf("get: %w", context.DeadlineExceeded), report.ResponseTimeout},
		"dialer's own time-out":        {&net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}, report.ConnectTimeout},
		"read deadline":                {&net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}, report.ResponseTimeout},
		"kernel gave up connecting":    {dial(syscall.ETIMEDOUT), report.ConnectTimeout},
		"kernel gave up reading":       {read(syscall.ETIMEDOUT), report.ResponseTimeout},
		"no route":                     {dial(syscall.EHOSTUNREACH), report.NetworkUnreachable},
		"no IPv6":                      {dial(syscall.EADDRNOTAVAIL), report.NetworkUnreachable},
		"connect forbidden":            {dial(syscall.EACCES), report.FirewallBlocked},
		"reset":                        {read(syscall.ECONNRESET), report.ConnectionReset},
		"resolver's socket forbidden":  {&net.DNSError{Err: "dial udp 127.0.0.53:53: socket: operation not permitted", Name: "h"}, report.FirewallBlocked},
		"no such host":                 {&net.DNSError{Err: "no such host", Name: "h", IsNotFound: true}, report.DNSFailure},
		"resolver of a forward proxy":  {&net.OpError{Op: "proxyconnect", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "h"}}, report.ForwardProxyFailure},
		"disk full":                    {file(syscall.ENOSPC), report.DiskFull},
		"quota":                        {file(syscall.EDQUOT), report.DiskFull},
		"not allowed":                  {file(syscall.EACCES), report.PermissionDenied},
		"read-only":                    {file(syscall.EROFS), report.PermissionDenied},
		"name too long":                {file(syscall.ENAMETOOLONG), report.PathTooLong},
		"too many files":               {file(syscall.EMFILE), report.ResourceLimit},
		"busy":                         {file(syscall.EBUSY), report.FileLocked},
		"not there":                    {file(syscall.ENOENT), report.Unknown},
		"unknown authority":            {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, report.TLSUntrusted},
		"untrusted on macOS":           {&tls.CertificateVerificationError{Err: errors.New("x509: “h” certificate is not trusted")}, report.TLSUntrusted},
		"invalid on macOS":             {&tls.CertificateVerificationError{Err: errors.New("x509: “h” certificate is expired")}, report.TLSInvalid},
		"expired":                      {x509.CertificateInvalidError{Reason: x509.Expired}, report.TLSInvalid},
		"record header":                {tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, report.TLSHandshake},
		"alert":                        {&net.OpError{Op: "remote error", Err: tls.AlertError(40)}, report.TLSHandshake},
		"damaged record":               {&net.OpError{Op: "local error", Err: tls.AlertError(20)}, report.ConnectionReset},
		"plain answer to TLS":          {&url.Error{Op: "Get", URL: "https://h/", Err: http.ErrSchemeMismatch}, report.TLSHandshake},
		"HTML instead of JSON":         {json.Unmarshal([]byte("<html>"), new(any)), report.ProxyBadResponse},
		"HTML instead of a zip":        {badZip(), report.ProxyBadResponse},
		"half a body":                  {fmt.Errorf("read: %w", io.ErrUnexpectedEOF), report.ConnectionReset},
		"stream error of HTTP/2":       {errors.New("stream error: stream ID 5; INTERNAL_ERROR; received from peer"), report.ConnectionReset},
		"git is missing":               {&exec.Error{Name: "git", Err: exec.ErrNotFound}, report.VCSMissing},
		"go is missing":                {&exec.Error{Name: "go", Err: exec.ErrNotFound}, report.Toolchain},
		"error of a child by its text": {errors.New("go: m.example/a@v1.0.0: reading https://h/m.example/a/@v/v1.0.0.mod: 429 Too Many Requests"), report.ProxyRateLimited},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Of(c.err); got != c.want {
				t.Errorf("Of(%v) = %q, want %q", c.err, got, c.want)
			}
		})
	}
}

func badZip() error {
	_, err := zip.NewReader(bytes.NewReader([]byte("<html>")), 6)
	return err
}

// TestOfWindows gives the numbers that Windows returns to a program on any
// system. There a raw 10060 does not even say that it is a time-out.
func TestOfWindows(t *testing.T) {
	t.Parallel()
	socket := func(op, call string) func(syscall.Errno) error {
		return func(n syscall.Errno) error { return &net.OpError{Op: op, Net: "tcp", Err: os.NewSyscallError(call, n)} }
	}
	connect, recv := socket("dial", "connectex"), socket("read", "wsarecv")
	open := func(n syscall.Errno) error { return &os.PathError{Op: "open", Path: `C:\gm\x`, Err: n} }
	rename := func(n syscall.Errno) error {
		return &os.LinkError{Op: "rename", Old: `C:\gm\x.tmp`, New: `C:\gm\x`, Err: n}
	}
	for _, c := range []struct {
		how  func(syscall.Errno) error
		n    syscall.Errno
		want report.Class
	}{
		{connect, 10013, report.FirewallBlocked},
		{connect, 10048, report.ResourceLimit},
		{connect, 10049, report.NetworkUnreachable},
		{connect, 10050, report.NetworkUnreachable},
		{connect, 10051, report.NetworkUnreachable},
		{recv, 10052, report.ConnectionReset},
		{recv, 10053, report.ConnectionReset},
		{recv, 10054, report.ConnectionReset},
		{connect, 10055, report.ResourceLimit},
		{connect, 10060, report.ConnectTimeout},
		{recv, 10060, report.ResponseTimeout},
		{connect, 10061, report.ConnectRefused},
		{connect, 10064, report.NetworkUnreachable},
		{connect, 10065, report.NetworkUnreachable},
		{connect, 11001, report.DNSFailure},
		{connect, 11002, report.DNSFailure},
		{connect, 11003, report.DNSFailure},
		{connect, 11004, report.DNSFailure},
		{open, 5, report.PermissionDenied},
		{rename, 5, report.FileLocked},
		{open, 32, report.FileLocked},
		{rename, 32, report.FileLocked},
		{open, 112, report.DiskFull},
		{open, 206, report.PathTooLong},
		{open, 4, report.ResourceLimit},
		{open, 19, report.PermissionDenied},
	} {
		if got := of(c.how(c.n), "windows"); got != c.want {
			t.Errorf("of(%d, windows) = %q, want %q", c.n, got, c.want)
		}
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"nothing here":                                 "nothing here",
		"Get \"https://u:p@h.example/x\": EOF":         "Get \"https://xxxxx@h.example/x\": EOF",
		"fatal: https://ghp_abc@github.com/o/r":        "fatal: https://xxxxx@github.com/o/r",
		"read \"https:/u:p@h/@v/v1.zip\": EOF":         "read \"https:/xxxxx@h/@v/v1.zip\": EOF",
		"https://user:p@ss@h.example/":                 "https://xxxxx@h.example/",
		"ssh://git@github.com/o/r":                     "ssh://git@github.com/o/r",
		"https://h.example/m@v1.0.0":                   "https://h.example/m@v1.0.0",
		"> Authorization: Basic dTpw":                  "> Authorization: Basic xxxxx",
		"Proxy-Authorization: Bearer abc.def":          "Proxy-Authorization: Bearer xxxxx",
		"PRIVATE-TOKEN: s3cret":                        "PRIVATE-TOKEN: xxxxx",
		"https://h/x?X-Amz-Signature=abc&a=1":          "https://h/x?X-Amz-Signature=xxxxx&a=1",
		"with glpat-abcdefghijklmnopqrst in the midst": "with xxxxx in the midst",
		"GITHUB_TOKEN=ghs_0123456789abcdef0123":        "GITHUB_TOKEN=xxxxx",
	} {
		if got := Redact(line); got != want {
			t.Errorf("Redact(%q) = %q, want %q", line, got, want)
		}
	}
}
