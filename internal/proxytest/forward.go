package proxytest

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
)

// ForwardOptions say what a forward proxy does. The zero value lets through.
type ForwardOptions struct {
	// Hosts gives names to loopback addresses: "proxy.example.test" or
	// "proxy.example.test:443" → "127.0.0.1:41234" or a URL such as
	// Server.URL. Clients need them, for Go asks no forward proxy for
	// loopback addresses. Nothing but loopback is ever dialled.
	Hosts map[string]string

	User, Password string   // Basic credentials that are required, if User is set
	Challenges     []string // Proxy-Authenticate values of a 407; "Basic" by default
	Refuse         int      // status of every CONNECT: 403, 502, …; 407 with Challenges
	CutAfter       int64    // bytes from the target after which a tunnel dies; 0 is never
}

// A ForwardProxy is a forward proxy on a loopback address, with a recorder whose
// Path is the target: "proxy.example.test:443" for CONNECT, else the URL.
type ForwardProxy struct {
	URL string // "http://127.0.0.1:41234", a value of HTTPS_PROXY
	recorder
	opts   ForwardOptions
	ctx    context.Context // ends with the proxy
	direct *http.Transport
}

// Forward starts a forward proxy that closes with the test.
func Forward(t testing.TB, opts ForwardOptions) *ForwardProxy {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f := &ForwardProxy{URL: "http://" + l.Addr().String(), opts: opts, ctx: ctx}
	f.recorder.fail = func(format string, args ...any) { t.Errorf("proxytest: forward proxy: "+format, args...) }
	f.recorder.cond.L = &f.recorder.mu
	f.direct = &http.Transport{DialContext: f.dial, DisableCompression: true}
	srv := &http.Server{
		Handler: http.HandlerFunc(f.serve),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, &conn{c, f.newConn()})
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
	ended := make(chan struct{})
	go func() { srv.Serve(l); close(ended) }()
	t.Cleanup(func() {
		cancel()
		srv.Close()
		<-ended
		f.recorder.close()
		f.direct.CloseIdleConnections()
	})
	return f
}

func (f *ForwardProxy) serve(w http.ResponseWriter, r *http.Request) {
	target := r.URL.String()
	if r.Method == http.MethodConnect {
		target = r.Host
	}
	q := f.begin(r, r.Context().Value(connKey{}).(*conn), nil, target)
	if q == nil {
		panic(http.ErrAbortHandler)
	}
	cw := &countWriter{ResponseWriter: w}
	defer func() { f.end(q, cw) }()
	switch {
	case !f.allowed(r):
		f.challenge(cw)
	case r.Method != http.MethodConnect:
		f.pass(cw, r)
	case f.opts.Refuse == http.StatusProxyAuthRequired:
		f.challenge(cw)
	case f.opts.Refuse != 0:
		http.Error(cw, http.StatusText(f.opts.Refuse), f.opts.Refuse)
	default:
		f.tunnel(cw, r)
	}
}

func (f *ForwardProxy) allowed(r *http.Request) bool {
	if f.opts.User == "" {
		return true
	}
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(f.opts.User+":"+f.opts.Password))
	return r.Header.Get("Proxy-Authorization") == want
}

func (f *ForwardProxy) challenge(w http.ResponseWriter) {
	list := f.opts.Challenges
	if len(list) == 0 {
		list = []string{`Basic realm="proxytest"`}
	}
	for _, c := range list {
		w.Header().Add("Proxy-Authenticate", c)
	}
	http.Error(w, "credentials, please", http.StatusProxyAuthRequired)
}

// pass repeats a plain request to its target.
func (f *ForwardProxy) pass(w http.ResponseWriter, r *http.Request) {
	out := r.Clone(r.Context())
	out.RequestURI = ""
	for _, h := range []string{"Proxy-Authorization", "Proxy-Connection", "Connection"} {
		out.Header.Del(h)
	}
	resp, err := f.direct.RoundTrip(out)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(resp.StatusCode)
	io.Copy(w, resp.Body)
}

// tunnel joins the client and the target until one of them ends, enough bytes
// have come from the target, or the proxy closes.
func (f *ForwardProxy) tunnel(w *countWriter, r *http.Request) {
	target, err := f.dial(r.Context(), "tcp", r.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer target.Close()
	client, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer client.Close()
	stop := context.AfterFunc(f.ctx, func() { client.Close(); target.Close() })
	defer stop()
	w.status = http.StatusOK
	io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")

	up := make(chan struct{})
	go func() {
		defer close(up)
		io.Copy(target, buf) // buf may hold what came right behind the CONNECT
		target.(*net.TCPConn).CloseWrite()
	}()
	var from io.Reader = target
	if f.opts.CutAfter > 0 {
		from = io.LimitReader(target, f.opts.CutAfter)
	}
	w.bytes, _ = io.Copy(client, from)
	client.Close()
	<-up
}

// dial connects to what stands for a name, on a loopback address only.
func (f *ForwardProxy) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{addr, host} {
		if to := f.opts.Hosts[name]; to != "" {
			addr = to[strings.LastIndex(to, "/")+1:]
			break
		}
	}
	if host, _, _ = net.SplitHostPort(addr); !net.ParseIP(host).IsLoopback() {
		return nil, fmt.Errorf("no such host %s", addr)
	}
	return new(net.Dialer).DialContext(ctx, "tcp4", addr)
}
