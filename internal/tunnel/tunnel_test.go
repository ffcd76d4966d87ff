package tunnel

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/forward"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// A server is what is to be reached: by TLS with HTTP/2, and plainly. Clients call it
// secure.example and plain.example.
type server struct {
	secure, plain *httptest.Server
	roots         *x509.CertPool
}

func newServer(t *testing.T) *server {
	t.Helper()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s %s", r.Proto, r.URL.Path) })
	s := &server{secure: httptest.NewUnstartedServer(h), plain: httptest.NewServer(h)}
	s.secure.EnableHTTP2 = true
	s.secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.secure.StartTLS()
	s.roots = x509.NewCertPool()
	s.roots.AddCert(s.secure.Certificate())
	t.Cleanup(func() { s.secure.Close(); s.plain.Close() })
	return s
}

// dial finds the names of the server, and nothing but loopback else.
func (s *server) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	switch addr {
	case "example.com:443":
		addr = s.secure.Listener.Addr().String()
	case "example.com:80":
		addr = s.plain.Listener.Addr().String()
	}
	return new(net.Dialer).DialContext(ctx, network, addr)
}

// A relay is an HTTP proxy that signs in connections, as NTLM does it.
type relay struct {
	*server
	url   *url.URL
	offer []string // of a 407
	check func(conn *state, scheme string, token []byte) (next string, ok bool)
	close bool   // the connection after each 407
	fail  int    // status of every CONNECT, once signed in
	early string // comes from the server before it is asked

	mu     sync.Mutex
	dialed int
	seen   []string // "CONNECT host:port SCHEME"
}

// state is what a relay remembers of a connection.
type state struct {
	step     int
	signedIn bool
}

func newRelay(t *testing.T, s *server, r *relay) *relay {
	t.Helper()
	r.server = s
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.url = &url.URL{Scheme: "http", Host: l.Addr().String()}
	var conns sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r.mu.Lock()
			r.dialed++
			r.mu.Unlock()
			conns.Go(func() {
				stop := context.AfterFunc(ctx, func() { c.Close() })
				defer stop()
				defer c.Close()
				r.serve(ctx, c)
			})
		}
	}()
	t.Cleanup(func() { l.Close(); cancel(); conns.Wait() })
	return r
}

func (r *relay) with(user *url.Userinfo) *url.URL {
	u := *r.url
	u.User = user
	return &u
}

func (r *relay) log(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, s)
}

func (r *relay) requests() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seen)
}

func (r *relay) serve(ctx context.Context, c net.Conn) {
	st, buf := &state{signedIn: r.check == nil}, bufio.NewReader(c)
	for {
		req, err := http.ReadRequest(buf)
		if err != nil {
			return
		}
		scheme, token, _ := strings.Cut(req.Header.Get("Proxy-Authorization"), " ")
		r.log(strings.TrimSpace(req.Method + " " + req.RequestURI + " " + scheme))
		raw, _ := base64.StdEncoding.DecodeString(token)
		next := ""
		if r.check != nil && scheme != "" {
			next, st.signedIn = r.check(st, scheme, raw)
		}
		switch {
		case !st.signedIn && next != "":
			fmt.Fprintf(c, "HTTP/1.1 407 Go on\r\nProxy-Authenticate: %s\r\nContent-Length: 4\r\n\r\nmore", next)
		case !st.signedIn:
			fmt.Fprintf(c, "HTTP/1.1 407 Who are you\r\n")
			for _, o := range r.offer {
				fmt.Fprintf(c, "Proxy-Authenticate: %s\r\n", o)
			}
			if r.close {
				fmt.Fprintf(c, "Connection: close\r\n\r\nbye")
				return
			}
			fmt.Fprintf(c, "Content-Length: 5\r\n\r\nplain")
		case r.fail != 0:
			fmt.Fprintf(c, "HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n", r.fail)
		case req.Method == http.MethodConnect:
			r.join(ctx, c, buf, req.Host)
			return
		default:
			if r.absolute(c, req) != nil {
				return
			}
			st.signedIn = r.check == nil
		}
	}
}

func (r *relay) join(ctx context.Context, c net.Conn, buf *bufio.Reader, host string) {
	to, err := r.dial(ctx, "tcp", host)
	if err != nil {
		fmt.Fprintf(c, "HTTP/1.1 502 Bad Gateway\r\n\r\n")
		return
	}
	defer to.Close()
	fmt.Fprintf(c, "HTTP/1.1 200 Fine\r\n\r\n%s", r.early)
	go func() { io.Copy(to, buf); to.Close() }()
	io.Copy(c, to)
}

func (r *relay) absolute(c net.Conn, req *http.Request) error {
	tr := &http.Transport{DialContext: r.dial, DisableKeepAlives: true}
	req.Header.Del("Proxy-Authorization")
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return err
	}
	return resp.Write(c)
}

// basicAs accepts one password.
func basicAs(want string) func(*state, string, []byte) (string, bool) {
	return func(_ *state, scheme string, token []byte) (string, bool) {
		return "", scheme == "Basic" && string(token) == want
	}
}

// ntlmAs speaks NTLM's messages without its cryptography, which samba tests in
// .ci/corporate.sh: two messages in the right order at one connection, and a name.
func ntlmAs(name, user string) func(*state, string, []byte) (string, bool) {
	return func(s *state, scheme string, token []byte) (string, bool) {
		if scheme != name || len(token) < 12 || string(token[:8]) != "NTLMSSP\x00" {
			s.step = 0
			return "", false
		}
		switch kind := binary.LittleEndian.Uint32(token[8:]); {
		case kind == 1:
			s.step = 1
			return name + " " + base64.StdEncoding.EncodeToString(ntlmChallenge()), false
		case kind == 3 && s.step == 1:
			s.step = 2
			return "", strings.Contains(strings.ReplaceAll(string(token), "\x00", ""), user)
		}
		return "", false
	}
}

// ntlmChallenge is a CHALLENGE_MESSAGE (MS-NLMP, 2.2.1.2) with target information
// that has its end only.
func ntlmChallenge() []byte {
	b := make([]byte, 56, 60)
	copy(b, "NTLMSSP\x00")
	binary.LittleEndian.PutUint32(b[8:], 2)
	binary.LittleEndian.PutUint32(b[16:], 56)         // target name, empty
	binary.LittleEndian.PutUint32(b[20:], 0x00880201) // unicode, NTLM, extended security, target information
	copy(b[24:], "12345678")
	binary.LittleEndian.PutUint16(b[40:], 4)
	binary.LittleEndian.PutUint16(b[42:], 4)
	binary.LittleEndian.PutUint32(b[44:], 56)
	return append(b, 0, 0, 0, 0)
}

func client(t *testing.T, s *server, o Options) *http.Client {
	t.Helper()
	return &http.Client{Transport: transportBy(t, s, New(withDial(s, o)))}
}

func withDial(s *server, o Options) Options {
	if o.Dial == nil {
		o.Dial = s.dial
	}
	return o
}

func transportBy(t *testing.T, s *server, tun *Tunnel) http.RoundTripper {
	t.Helper()
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.roots}, ForceAttemptHTTP2: true}
	t.Cleanup(tr.CloseIdleConnections)
	return tun.Wrap(tr)
}

func get(t *testing.T, c *http.Client, u string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return resp.Status, nil
	}
	return string(body), nil
}

func ways(list ...*url.URL) func(context.Context, *url.URL) ([]*url.URL, error) {
	return func(context.Context, *url.URL) ([]*url.URL, error) { return slices.Clone(list), nil }
}

// dead is the address of a proxy that is gone.
func dead(t *testing.T) *url.URL {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return &url.URL{Scheme: "http", Host: l.Addr().String()}
}

const (
	secure = "https://example.com/a"
	plain  = "http://example.com/a"
)

// TestSignIn: what is offered, what there is to sign in with, and what is sent.
func TestSignIn(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	user := url.UserPassword(`CORP\alice`, "s3cr3t")
	for name, tt := range map[string]struct {
		relay *relay
		user  *url.Userinfo
		want  []string // requests that the proxy saw; the last one connects unless fails
		fails bool
	}{
		"not asked, nothing is sent": {relay: &relay{}, user: user, want: []string{""}},
		"Basic": {relay: &relay{offer: []string{`Basic realm="a, b"`}, check: basicAs(`CORP\alice:s3cr3t`)},
			user: user, want: []string{"", "Basic"}},
		"Basic, closed after the challenge": {relay: &relay{offer: []string{"Basic"}, check: basicAs(`CORP\alice:s3cr3t`), close: true},
			user: user, want: []string{"", "Basic"}},
		"wrong password, once": {relay: &relay{offer: []string{"Basic"}, check: basicAs("other")},
			user: user, want: []string{"", "Basic"}, fails: true},
		"NTLM": {relay: &relay{offer: []string{"NTLM"}, check: ntlmAs("NTLM", "alice")},
			user: user, want: []string{"", "NTLM", "NTLM"}},
		"NTLM, closed after the challenge": {relay: &relay{offer: []string{"NTLM"}, check: ntlmAs("NTLM", "alice"), close: true},
			user: user, want: []string{"", "NTLM", "NTLM"}},
		"NTLM before Basic": {relay: &relay{offer: []string{`Basic realm="x"`, "NTLM"}, check: ntlmAs("NTLM", "alice")},
			user: user, want: []string{"", "NTLM", "NTLM"}},
		"all in one line": {relay: &relay{offer: []string{`Digest realm="a", nonce=x==, Basic realm="b", ntlm, Negotiate`}, check: ntlmAs("NTLM", "alice")},
			user: user, want: []string{"", "NTLM", "NTLM"}},
		"NTLM in Negotiate": {relay: &relay{offer: []string{"Negotiate"}, check: ntlmAs("Negotiate", "alice")},
			user: user, want: []string{"", "Negotiate", "Negotiate"}},
		"a wrong name by NTLM is not tried by Basic": {relay: &relay{offer: []string{"NTLM", "Basic"}, check: ntlmAs("NTLM", "bob")},
			user: user, want: []string{"", "NTLM", "NTLM"}, fails: true},
		"Digest only": {relay: &relay{offer: []string{"Digest realm=x"}, check: basicAs("x")}, user: user, want: []string{""}, fails: true},
		"no user, and no account": {relay: &relay{offer: []string{"Negotiate", "NTLM", "Basic"}, check: basicAs("x")},
			want: []string{""}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRelay(t, s, tt.relay)
			o := Options{Ways: ways(r.with(tt.user)), Account: func(string, string) (Handshake, error) { return nil, errNone }}
			c := client(t, s, o)
			got, err := get(t, c, secure)
			var ce *forward.ConnectError
			switch {
			case tt.fails && (!errors.As(err, &ce) || ce.StatusCode != 407 || len(ce.Schemes) == 0 || ce.FailureClass() != report.ForwardProxyAuth):
				t.Errorf("%q, error %v", got, err)
			case tt.fails && strings.Contains(err.Error(), "s3cr3t"):
				t.Errorf("a password is in %v", err)
			case tt.fails && ce.Refused != tt.want[len(tt.want)-1]:
				t.Errorf("%v tells that %q was refused", err, ce.Refused)
			case !tt.fails && (err != nil || got != "HTTP/2.0 /a"):
				t.Errorf("%q, error %v", got, err)
			}
			var want []string
			for _, w := range tt.want {
				want = append(want, strings.TrimSpace("CONNECT example.com:443 "+w))
			}
			if seen := r.requests(); !slices.Equal(seen, want) {
				t.Errorf("the proxy saw %q, want %q", seen, want)
			}
		})
	}
}

// TestLogins: what a script names without a login gets that of the very same proxy.
func TestLogins(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := newRelay(t, s, &relay{offer: []string{"Basic"}, check: basicAs("u:p")})
	other := r.with(url.UserPassword("x", "y"))
	other.Scheme = "https"
	near := r.with(url.UserPassword("x", "z"))
	near.Host = "localhost:" + near.Port()
	logins := []*url.URL{other, near, r.with(nil), r.with(url.UserPassword("u", "p"))}
	for _, to := range []string{secure, plain} {
		if got, err := get(t, client(t, s, Options{Ways: ways(r.url), Logins: logins}), to); err != nil || !strings.HasSuffix(got, " /a") {
			t.Errorf("%s: %q, error %v", to, got, err)
		}
	}
	if r.url.User != nil {
		t.Error("the way itself was changed")
	}
	_, err := get(t, client(t, s, Options{Ways: ways(r.url), Logins: logins[:3]}), secure)
	var ce *forward.ConnectError
	if !errors.As(err, &ce) || ce.Refused != "" {
		t.Errorf("with logins of others: %v", err)
	}
}

// tickets is an account with one message, as Kerberos has it.
type tickets struct{ left []string }

func (k *tickets) Next([]byte) ([]byte, error) {
	if len(k.left) == 0 {
		return nil, nil
	}
	token := k.left[0]
	k.left = k.left[1:]
	return []byte(token), nil
}

func (*tickets) Close() {}

// TestAccount: the account of the process signs in where no user is given, by the
// strongest scheme that works.
func TestAccount(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, tt := range map[string]struct {
		accepts string // "SCHEME token"
		has     map[string]string
		want    []string
	}{
		"Kerberos":                 {"Negotiate ticket", map[string]string{"negotiate": "ticket", "ntlm": "x"}, []string{"", "Negotiate"}},
		"no ticket":                {"NTLM hash", map[string]string{"ntlm": "hash"}, []string{"", "NTLM"}},
		"a ticket that is refused": {"NTLM hash", map[string]string{"negotiate": "old", "ntlm": "hash"}, []string{"", "Negotiate", "NTLM"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRelay(t, s, &relay{offer: []string{"NTLM", "Negotiate", "Basic realm=x"}, check: func(_ *state, scheme string, token []byte) (string, bool) {
				return "", scheme+" "+string(token) == tt.accepts
			}})
			c := client(t, s, Options{Ways: ways(r.url), Account: func(scheme, proxy string) (Handshake, error) {
				token, ok := tt.has[scheme]
				if proxy != "127.0.0.1" || !ok {
					return nil, errNone
				}
				return &tickets{[]string{token}}, nil
			}})
			if got, err := get(t, c, secure); err != nil || got != "HTTP/2.0 /a" {
				t.Errorf("%q, error %v", got, err)
			}
			var want []string
			for _, w := range tt.want {
				want = append(want, strings.TrimSpace("CONNECT example.com:443 "+w))
			}
			if seen := r.requests(); !slices.Equal(seen, want) {
				t.Errorf("the proxy saw %q, want %q", seen, want)
			}
		})
	}
}

// TestLockout: however many connections want to sign in, a wrong password is sent
// once in a minute.
func TestLockout(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := newRelay(t, s, &relay{offer: []string{"Basic"}, check: basicAs("right")})
	now := time.Now()
	var mu sync.Mutex
	tun := New(Options{Ways: ways(r.with(url.UserPassword("u", "wrong"))), Dial: s.dial, Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}})
	target, _ := url.Parse(secure)
	var wg sync.WaitGroup
	var held atomic.Int32
	for range 20 {
		wg.Go(func() {
			_, err := tun.Dial(t.Context(), target)
			var ce *forward.ConnectError
			if !errors.As(err, &ce) {
				t.Errorf("error %v", err)
			} else if ce.Held {
				held.Add(1)
			}
		})
	}
	wg.Wait()
	if n := sent(r); n != 1 || held.Load() != 19 {
		t.Errorf("the password was sent %d times, and held back %d times", n, held.Load())
	}
	mu.Lock()
	now = now.Add(refusedFor)
	mu.Unlock()
	tun.Dial(t.Context(), target)
	if n := sent(r); n != 2 {
		t.Errorf("a minute later it was sent %d times", n)
	}
	c := &http.Client{Transport: transportBy(t, s, tun)}
	if got, err := get(t, c, plain); err != nil || got != "407 Who are you" {
		t.Errorf("plain http: %q, %v", got, err)
	}
	if n := sent(r); n != 2 {
		t.Errorf("plain http sent it too: %d times", n)
	}
}

func sent(r *relay) (n int) {
	for _, s := range r.requests() {
		if strings.HasSuffix(s, " Basic") {
			n++
		}
	}
	return n
}

// TestFailOver: the next way is taken when a proxy cannot be reached, and the one
// that failed comes last for a while; what a proxy answers stands.
func TestFailOver(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, to := range []string{secure, plain} {
		t.Run(to[:5], func(t *testing.T) {
			t.Parallel()
			gone, alive := dead(t), newRelay(t, s, &relay{})
			var mu sync.Mutex
			dialed, now := map[string]int{}, time.Now()
			o := Options{
				Ways: ways(gone, alive.url, nil),
				Now:  func() time.Time { return now },
				Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
					mu.Lock()
					dialed[addr]++
					mu.Unlock()
					return s.dial(ctx, network, addr)
				},
			}
			tun := New(o)
			for range 3 {
				c := &http.Client{Transport: transportBy(t, s, tun)} // with connections of its own
				if got, err := get(t, c, to); err != nil || !strings.HasSuffix(got, " /a") {
					t.Fatalf("%q, error %v", got, err)
				}
			}
			if dialed[gone.Host] != 1 || dialed[alive.url.Host] != 3 || len(dialed) != 2 {
				t.Errorf("dialed %v", dialed)
			}
			now = now.Add(badFor)
			if got, err := get(t, &http.Client{Transport: transportBy(t, s, tun)}, to); err != nil {
				t.Errorf("%q, error %v", got, err)
			}
			if dialed[gone.Host] != 2 {
				t.Errorf("after a while: %v", dialed)
			}
		})
	}
}

func TestRefusalStands(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, status := range []int{403, 502} {
		first, second := newRelay(t, s, &relay{fail: status}), newRelay(t, s, &relay{})
		_, err := get(t, client(t, s, Options{Ways: ways(first.url, second.url, nil)}), secure)
		var ce *forward.ConnectError
		if !errors.As(err, &ce) || ce.StatusCode != status {
			t.Errorf("error %v", err)
		}
		if seen := second.requests(); seen != nil {
			t.Errorf("the second proxy saw %s", seen)
		}
	}
}

// TestAllGone: the error tells every way, and is of the class of the first.
func TestAllGone(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a, b := dead(t), dead(t)
	for _, to := range []string{secure, plain} {
		_, err := get(t, client(t, s, Options{Ways: ways(a, b)}), to)
		var op *net.OpError
		if !errors.As(err, &op) || op.Op != "proxyconnect" {
			t.Errorf("%s: error %v of type %T", to, err, err)
		}
		if to == secure && (!strings.Contains(err.Error(), a.Host) || !strings.Contains(err.Error(), b.Host)) {
			t.Errorf("error %v", err)
		}
	}
	if _, err := get(t, client(t, s, Options{Ways: ways(a, nil)}), secure); err != nil {
		t.Errorf("directly at last: %v", err)
	}
}

// TestSilent: a proxy that takes no connection gives way in time to the next one.
func TestSilent(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	alive := newRelay(t, s, &relay{})
	silent := &url.URL{Scheme: "http", Host: "silent.example:3128"}
	deadline := make(chan time.Duration, 1)
	o := Options{Ways: ways(silent, alive.url), Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr != silent.Host {
			return s.dial(ctx, network, addr)
		}
		d, _ := ctx.Deadline()
		deadline <- time.Until(d)
		return nil, context.DeadlineExceeded
	}}
	if _, err := get(t, client(t, s, o), secure); err != nil {
		t.Fatal(err)
	}
	if d := <-deadline; d <= 0 || d > reachIn {
		t.Errorf("it had %v", d)
	}
}

// TestPlain: plain http stays a request to the proxy where that is enough.
func TestPlain(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	user := url.UserPassword("u", "p")
	for name, tt := range map[string]struct {
		relay *relay
		user  *url.Userinfo
		want  []string
	}{
		"let through": {&relay{}, user, []string{"GET http://example.com/a", "GET http://example.com/a"}},
		"Basic":       {&relay{offer: []string{"Basic"}, check: basicAs("u:p")}, user, []string{"GET http://example.com/a", "GET http://example.com/a Basic", "GET http://example.com/a Basic"}},
		"NTLM":        {&relay{offer: []string{"NTLM"}, check: ntlmAs("NTLM", "u")}, user, []string{"GET http://example.com/a", "CONNECT example.com:80", "CONNECT example.com:80 NTLM", "CONNECT example.com:80 NTLM"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRelay(t, s, tt.relay)
			c := client(t, s, Options{Ways: ways(r.with(tt.user))})
			for range 2 {
				if got, err := get(t, c, plain); err != nil || got != "HTTP/1.1 /a" {
					t.Errorf("%q, error %v", got, err)
				}
			}
			if seen := r.requests(); !slices.Equal(seen, tt.want) {
				t.Errorf("the proxy saw %q, want %q", seen, tt.want)
			}
		})
	}
}

// TestRedirect: a redirect is asked for by the ways of its own URL.
func TestRedirect(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := newRelay(t, s, &relay{})
	hop := httptest.NewServer(http.RedirectHandler(secure, http.StatusFound))
	t.Cleanup(hop.Close)
	c := client(t, s, Options{Ways: func(_ context.Context, u *url.URL) ([]*url.URL, error) {
		if u.Hostname() == "example.com" {
			return []*url.URL{r.url}, nil
		}
		return []*url.URL{nil}, nil
	}})
	if got, err := get(t, c, hop.URL); err != nil || got != "HTTP/2.0 /a" {
		t.Errorf("%q, error %v", got, err)
	}
	if seen := r.requests(); !slices.Equal(seen, []string{"CONNECT example.com:443"}) {
		t.Errorf("the proxy saw %q", seen)
	}
}

// TestSecureProxy is a proxy that is itself spoken to by TLS, by a CA of its own.
func TestSecureProxy(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := newRelay(t, s, &relay{})
	front, err := tls.Listen("tcp4", "127.0.0.1:0", &tls.Config{Certificates: s.secure.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { front.Close() })
	go func() {
		for {
			c, err := front.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); r.serve(context.Background(), c) }()
		}
	}()
	way := &url.URL{Scheme: "https", Host: front.Addr().String()}
	if got, err := get(t, client(t, s, Options{Ways: ways(way), RootCAs: s.roots}), secure); err != nil || got != "HTTP/2.0 /a" {
		t.Errorf("%q, error %v", got, err)
	}
	_, err = get(t, client(t, s, Options{Ways: ways(way), RootCAs: x509.NewCertPool()}), secure)
	var op *net.OpError
	var unknown x509.UnknownAuthorityError
	if !errors.As(err, &op) || op.Op != "proxyconnect" || !errors.As(err, &unknown) {
		t.Errorf("error %v", err)
	}
}

// TestEarly: a server may speak first.
func TestEarly(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := newRelay(t, s, &relay{early: "hello"})
	target, _ := url.Parse(secure)
	c, err := New(Options{Ways: ways(r.url), Dial: s.dial}).Dial(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got := make([]byte, 5)
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "hello" {
		t.Errorf("%q, error %v", got, err)
	}
}

// TestCancelled: who goes away in the middle of a CONNECT does not wait for it.
func TestCancelled(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if c, err := l.Accept(); err == nil {
			bufio.NewReader(c).ReadString('\n')
			cancel()
			io.Copy(io.Discard, c) // until the client closes
			c.Close()
		}
	}()
	target, _ := url.Parse(secure)
	_, err = New(Options{Ways: ways(&url.URL{Scheme: "http", Host: l.Addr().String()}, nil)}).Dial(ctx, target)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func FuzzChallenges(f *testing.F) {
	for _, s := range []string{"Negotiate", `Basic realm="a, NTLM"`, "NTLM TlRM==, Basic", "", ",,,", "negotiate \x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for name := range challenges([]string{value}) {
			if !slices.Contains(strength, name) {
				t.Errorf("%q offers %q", value, name)
			}
		}
	})
}
