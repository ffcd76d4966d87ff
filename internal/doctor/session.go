package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// A session is what a TLS handshake with the host of a module proxy showed.
type session struct {
	host  string
	state tls.ConnectionState
	err   error     // no handshake, or no connection
	trust error     // why the certificate is not to be trusted
	date  time.Time // by the server's clock; zero when it did not say
	local time.Time // by this machine's clock, when date was read
}

// findSessions shakes hands with every host that can be reached.
func (e *exam) findSessions(ctx context.Context) []session {
	var urls []*url.URL
	seen := map[string]bool{}
	for _, c := range e.field().candidates {
		if c.URL.Scheme == "https" && !seen[c.URL.Host] && !e.broken(c.URL) {
			seen[c.URL.Host] = true
			urls = append(urls, &url.URL{Scheme: "https", Host: c.URL.Host, Path: "/"}) // without credentials
		}
	}
	sessions := make([]session, len(urls))
	var wg sync.WaitGroup
	for i, u := range urls {
		wg.Go(func() {
			if sessions[i] = e.shakeHands(ctx, u); sessions[i].err != nil {
				sessions[i] = e.shakeHands(ctx, u) // one lost packet is no verdict
			}
		})
	}
	wg.Wait()
	return sessions
}

// shakeHands sends HEAD / and nothing secret, and never over a session that is not
// verified.
func (e *exam) shakeHands(ctx context.Context, u *url.URL) session {
	ctx, cancel := context.WithTimeout(ctx, e.Budget)
	defer cancel()
	var mu sync.Mutex // a lost dial may shake hands late
	var state tls.ConnectionState
	done := func(cs tls.ConnectionState, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err == nil && cs.ServerName == u.Hostname() {
			state = cs
		}
	}
	s := session{host: u.Hostname()}
	resp, err := e.head(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{TLSHandshakeDone: done}), u)
	s.local = e.Now()
	mu.Lock()
	defer mu.Unlock()
	var untrusted *tls.CertificateVerificationError
	var op *net.OpError
	switch {
	case err == nil:
		s.state, s.date = *resp.TLS, dateOf(resp)
	case state.HandshakeComplete: // a root that does not answer is no fault of TLS
		s.state = state
	case errors.As(err, &op) && op.Op == "proxyconnect":
		s.err = err
	case errors.As(err, &untrusted):
		s.trust, s.state.PeerCertificates = untrusted.Err, untrusted.UnverifiedCertificates
		if expired(untrusted.Err) {
			s.date, s.local = e.plainDate(ctx, u), e.Now()
		}
	default:
		s.err = err
	}
	return s
}

func (e *exam) head(ctx context.Context, u *url.URL) (*http.Response, error) {
	t := &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: e.Roots, MinVersion: tls.VersionTLS12, Time: e.Now},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, u.String(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := e.network().tunnel.Wrap(t).RoundTrip(req)
	if err == nil {
		resp.Body.Close()
	}
	return resp, err
}

func expired(err error) bool {
	var invalid x509.CertificateInvalidError
	return errors.As(err, &invalid) && invalid.Reason == x509.Expired
}

// plainDate asks for the time without TLS, which needs the time to be right.
func (e *exam) plainDate(ctx context.Context, u *url.URL) time.Time {
	resp, err := e.head(ctx, &url.URL{Scheme: "http", Host: u.Hostname(), Path: "/"})
	if err != nil {
		return time.Time{}
	}
	return dateOf(resp)
}

func dateOf(resp *http.Response) time.Time {
	t, _ := http.ParseTime(resp.Header.Get("Date")) // zero when there is none
	return t
}

// verify does what crypto/tls did, at another time.
func (w World) verify(s tls.ConnectionState, host string, now time.Time) error {
	if len(s.PeerCertificates) == 0 {
		return errors.New("no certificate")
	}
	rest := x509.NewCertPool()
	for _, c := range s.PeerCertificates[1:] {
		rest.AddCert(c)
	}
	_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{DNSName: host, Roots: w.Roots, Intermediates: rest, CurrentTime: now})
	return err
}

// issuer names who signed the certificate.
func (s session) issuer() string {
	if len(s.state.PeerCertificates) == 0 {
		return "?"
	}
	n := s.state.PeerCertificates[0].Issuer
	org := ""
	if len(n.Organization) > 0 {
		org = n.Organization[0]
	}
	return cmp.Or(org, n.CommonName, n.String())
}

// logged reports whether the certificate is in the public logs, as browsers ask of
// every public CA (RFC 6962). A CA that inspects traffic cannot log what it signs.
func (s session) logged() bool {
	if len(s.state.SignedCertificateTimestamps) > 0 {
		return true
	}
	timestamps := asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}
	for _, ext := range s.state.PeerCertificates[0].Extensions {
		if ext.Id.Equal(timestamps) {
			return true
		}
	}
	return false
}

// skew is how far this machine's clock is ahead of the server's.
func (s session) skew() time.Duration {
	if s.date.IsZero() {
		return 0
	}
	return s.local.Sub(s.date).Round(time.Second)
}

// maxSkew is more than any answer is on its way, and less than what breaks
// signatures and tokens.
const maxSkew = 5 * time.Minute

// checkTLS asks who issued the certificates that are received.
func checkTLS(_ context.Context, e *exam) []Finding {
	ss := e.tls()
	switch {
	case len(ss) == 0:
		return []Finding{skipped(say("no https module proxy can be reached", "没有可连接的 https 模块代理"))}
	case e.noRoots():
		return []Finding{skipped(say("nothing can be trusted without CA certificates", "没有 CA 证书，无法信任任何连接"))}
	}
	failed := map[string]bool{}
	for _, s := range ss {
		failed[s.host] = s.err != nil || s.trust != nil
	}
	v := e.severity(func(u *url.URL) bool { return e.broken(u) || failed[u.Hostname()] })
	var fs []Finding
	var issuers, hosts, read []string
	reader, skewed := "", false
	for _, s := range ss {
		if d := s.skew(); d.Abs() > maxSkew && !skewed {
			skewed = true
			fs = append(fs, e.wrongClock(s, d, v))
		}
		switch {
		case s.err != nil:
			fs = append(fs, noHandshake(s, v))
		case s.trust != nil && e.verify(s.state, s.host, s.date) == nil && !s.date.IsZero():
			// the clock explains it
		case s.trust != nil:
			fs = append(fs, e.untrusted(s, v))
		case isPublic(s.host, e.golang().toolchain) && !s.logged():
			reader, read = s.issuer(), append(read, s.host)
		default:
			hosts, issuers = append(hosts, s.host), append(issuers, s.issuer())
		}
	}
	fs = append(fs, between(ss)...)
	if read != nil {
		fs = append(fs, warn(report.TLSUntrusted, say("decrypted on its way: %s; its certificate is from %q, no public CA, which this machine trusts", "途中被解密：%s；其证书来自 %q，并非公共 CA，但本机信任它", few(read), reader)).
			todo(say("none needed for go; containers and other tools on this network need that CA too", "go 无需处理；此网络中的容器和其他工具也需要该 CA")))
	}
	if fs == nil {
		fs = []Finding{fine(say("certificates are good: %s, by %s", "证书有效：%s，签发者 %s", few(hosts), few(distinct(issuers))))}
	}
	return fs
}

func noHandshake(s session, v Verdict) Finding {
	class := classify.Of(s.err)
	return bad(v, class, say("%s: no TLS session (%s)", "%s：无法建立 TLS 会话（%s）", s.host, reason(s.err))).
		proof(s.err.Error()).todo(class.Info().Advice)
}

func (e *exam) untrusted(s session, v Verdict) Finding {
	class := classify.Of(s.trust)
	f := bad(v, class, say("%s: its certificate, issued by %q, is not accepted (%s)", "%s：其证书由 %q 签发，不被接受（%s）", s.host, s.issuer(), reason(s.trust))).proof(s.trust.Error())
	if class == report.TLSUntrusted {
		return f.paste(e.fixFor(class, s.host))
	}
	return f.todo(class.Info().Advice)
}

// wrongClock tells a clock that is off. It is as bad as what it does to
// certificates.
func (e *exam) wrongClock(s session, d time.Duration, v Verdict) Finding {
	if s.trust == nil {
		v = Warn
	}
	t := say("this machine's clock is %v ahead of %s", "本机时钟比 %[2]s 快 %[1]v", d, s.host)
	if d < 0 {
		t = say("this machine's clock is %v behind %s", "本机时钟比 %[2]s 慢 %[1]v", -d, s.host)
	}
	return bad(v, report.TLSInvalid, t).
		proof("Date: " + s.date.UTC().Format(http.TimeFormat)).
		todo(say("set the clock (timedatectl set-ntp true, w32tm /resync, or the host of the virtual machine)", "请校准时钟（timedatectl set-ntp true、w32tm /resync，或虚拟机的宿主机）"))
}

func distinct(list []string) (out []string) {
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// checkRoots asks whether this machine trusts any CA at all: small container
// images come without.
func checkRoots(_ context.Context, e *exam) []Finding {
	if !e.noRoots() {
		return []Finding{fine(say("this machine has CA certificates", "本机有 CA 证书"))}
	}
	v := e.severity(func(u *url.URL) bool { return u.Scheme == "https" })
	return []Finding{bad(v, report.TLSUntrusted, say("this machine has no CA certificates: every https connection fails", "本机没有 CA 证书：所有 https 连接都会失败")).
		paste("apk add --no-cache ca-certificates || { apt-get update && apt-get install -y ca-certificates; }")}
}

func (e *exam) noRoots() bool {
	pool, err := e.SystemRoots()
	return err != nil || pool == nil || pool.Equal(x509.NewCertPool())
}
