package forward

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/internal/golden"
	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// TestFromEnvironment reads testdata/environment.txt: variables, and "ask URL".
func TestFromEnvironment(t *testing.T) {
	t.Parallel()
	golden.Run(t, "testdata/environment.txt", func(t *testing.T, in []string) []string {
		env, urls := map[string]string{}, []string(nil)
		for _, line := range in {
			if u, ok := strings.CutPrefix(line, "ask "); ok {
				urls = append(urls, u)
				continue
			}
			name, value, _ := strings.Cut(line, "=")
			env[name] = value
		}
		c, err := FromEnvironment(func(name string) string { return env[name] })
		if err != nil {
			var ve *ValueError
			if !errors.As(err, &ve) || env[ve.Variable] == "" {
				t.Errorf("error %#v of type %T", err, err)
			}
			return []string{"error: " + err.Error()}
		}
		out := []string{"no forward proxy"}
		if c.Source != "" {
			out = []string{c.Source + " has " + c.Address}
		}
		if c.Hides != "" {
			out = append(out, "and hides "+c.Hides)
		}
		for _, u := range urls {
			out = append(out, u+" "+way(t, c, u))
		}
		if strings.Contains(strings.Join(out[:1], ""), "s3cr3t") {
			t.Errorf("a password is shown: %s", out)
		}
		return out
	})
}

func way(t *testing.T, c Config, to string) string {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	via, err := c.Proxy(u)
	switch {
	case err != nil:
		return "error: " + err.Error()
	case via == nil:
		return "directly"
	}
	return "by " + via.String()
}

// TestZero: the zero value is no forward proxy.
func TestZero(t *testing.T) {
	t.Parallel()
	if w := way(t, Config{}, "https://a.example/"); w != "directly" {
		t.Error(w)
	}
}

func FuzzFromEnvironment(f *testing.F) {
	for _, s := range []string{"http://u:s3cr3tPW@p:1", "p:1", "http:/p", "u:s3cr3tPW@p", "http://[::1", "socks5h://p", "s3cr3tPW://@", "//p", " p ", "http://s3cr3tPW@:1"} {
		f.Add(s, s, "a,.b,*")
	}
	f.Fuzz(func(t *testing.T, https, http, no string) {
		env := map[string]string{"HTTPS_PROXY": https, "http_proxy": http, "NO_PROXY": no}
		c, err := FromEnvironment(func(name string) string { return env[name] })
		if err != nil {
			if strings.Contains(https+http, "s3cr3tPW@") && strings.Contains(err.Error(), "s3cr3tPW") {
				t.Errorf("error %v says the password", err)
			}
			return
		}
		via, err := c.Proxy(&url.URL{Scheme: "https", Host: "proxy.example.test"})
		if err != nil || via != nil && via.Hostname() == "" {
			t.Errorf("HTTPS_PROXY=%q gives %v, %v", https, via, err)
		}
		if https != "" && c.Source != "HTTPS_PROXY" {
			t.Errorf("HTTPS_PROXY=%q, but the source is %q", https, c.Source)
		}
	})
}

func TestCheckConnect(t *testing.T) {
	t.Parallel()
	proxy, _ := url.Parse("http://token:s3cr3t@proxy.example:3128")
	tests := map[string]struct {
		status     string
		challenges []string
		want       string
		class      report.Class
	}{
		"one challenge a line": {"407 authenticationrequired", []string{"Negotiate", "NTLM", `Basic realm="corp"`},
			"407 authenticationrequired (it offers Negotiate, NTLM, Basic)", report.ForwardProxyAuth},
		"all in one line": {"407 Proxy Authentication Required", []string{`Digest realm="a, b", qop="auth,auth-int", nonce=x==, NTLM, Basic realm="c"`},
			"407 Proxy Authentication Required (it offers Digest, NTLM, Basic)", report.ForwardProxyAuth},
		"no challenge":     {"407 Access Denied", nil, "407 Access Denied", report.ForwardProxyAuth},
		"forbidden":        {"403 Blocked by policy", []string{"Basic"}, "403 Blocked by policy", report.ForwardProxyFailure},
		"broken":           {"503 Service Unavailable", nil, "503 Service Unavailable", report.ForwardProxyFailure},
		"not quite ok":     {"204 No Content", nil, "204 No Content", report.ForwardProxyFailure},
		"in its own words": {"502 \x1b[31mkein Zugang\u202e für\a Sie", nil, "502 [31mkein Zugang für Sie", report.ForwardProxyFailure},
		"at length":        {"502 " + strings.Repeat("é", 300), nil, "502 " + strings.Repeat("é", 100) + "…", report.ForwardProxyFailure},
		"no words":         {"502", nil, "502", report.ForwardProxyFailure},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := &http.Response{Status: tt.status, Header: http.Header{"Proxy-Authenticate": tt.challenges}}
			fmt.Sscan(tt.status, &resp.StatusCode)
			err := CheckConnect(proxy, resp)
			var ce *ConnectError
			if !errors.As(err, &ce) {
				t.Fatalf("error %v of type %T", err, err)
			}
			if want := "forward proxy http://xxxxx@proxy.example:3128 refused CONNECT: " + tt.want; err.Error() != want {
				t.Errorf("%s, want %s", err, want)
			}
			if ce.FailureClass() != tt.class {
				t.Errorf("class %s, want %s", ce.FailureClass(), tt.class)
			}
		})
	}
	if err := CheckConnect(proxy, &http.Response{StatusCode: 200}); err != nil {
		t.Errorf("200 gives %v", err)
	}
}

// TestThroughForwardProxy uses both functions where they belong.
func TestThroughForwardProxy(t *testing.T) {
	t.Parallel()
	srv := proxytest.NewTLS(t, proxytest.Module("example.com/m@v1.0.0", ""))
	for name, tt := range map[string]struct {
		opts     proxytest.ForwardOptions
		userinfo string
		want     report.Class // empty when the answer comes
		schemes  []string
	}{
		"let through":       {},
		"with credentials":  {opts: proxytest.ForwardOptions{User: "u", Password: "s3cr3t"}, userinfo: "u:s3cr3t@"},
		"wrong credentials": {opts: proxytest.ForwardOptions{User: "u", Password: "s3cr3t"}, userinfo: "u:wrong@", want: report.ForwardProxyAuth, schemes: []string{"Basic"}},
		"domain login only": {opts: proxytest.ForwardOptions{Refuse: 407, Challenges: []string{"Negotiate", "NTLM"}}, want: report.ForwardProxyAuth, schemes: []string{"Negotiate", "NTLM"}},
		"forbidden":         {opts: proxytest.ForwardOptions{Refuse: 403}, want: report.ForwardProxyFailure},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.opts.Hosts = map[string]string{"proxy.example.test": srv.URL}
			fwd := proxytest.Forward(t, tt.opts)
			c, err := FromEnvironment(func(name string) string {
				return map[string]string{"HTTPS_PROXY": strings.Replace(fwd.URL, "//", "//"+tt.userinfo, 1)}[name]
			})
			if err != nil {
				t.Fatal(err)
			}
			err = get(t, c, srv)
			var ce *ConnectError
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want == "":
			case !errors.As(err, &ce) || ce.FailureClass() != tt.want || !slices.Equal(ce.Schemes, tt.schemes):
				t.Errorf("error %v, want class %s and schemes %v", err, tt.want, tt.schemes)
			case strings.Contains(err.Error(), "s3cr3t"):
				t.Errorf("a password is in %v", err)
			}
			if n := fwd.Count("proxy.example.test:443"); n != 1 {
				t.Errorf("the forward proxy saw %d requests to connect", n)
			}
		})
	}
}

func get(t *testing.T, c Config, srv *proxytest.Server) error {
	t.Helper()
	tr := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: srv.CA},
		Proxy:           func(r *http.Request) (*url.URL, error) { return c.Proxy(r.URL) },
	}
	defer tr.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://proxy.example.test/example.com/m/@v/list", nil)
	if err != nil {
		t.Fatal(err)
	}
	tr.OnProxyConnectResponse = func(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
		return CheckConnect(proxy, resp)
	}
	resp, err := (&http.Client{Transport: tr}).Do(req)
	if err == nil {
		resp.Body.Close()
	}
	return err
}
