package proxytest

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
)

// through is a client of a server behind a forward proxy.
func through(t *testing.T, srv *Server, proxy string) *http.Client {
	t.Helper()
	u, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{Proxy: http.ProxyURL(u), TLSClientConfig: &tls.Config{RootCAs: srv.CA}, ForceAttemptHTTP2: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func TestForward(t *testing.T) {
	t.Parallel()
	tlsSrv, plainSrv := NewTLS(t, Dir("testdata/mod")), serveDir(t)
	good := fetch(t, plainSrv, zipFile)
	hosts := map[string]string{"mod.example.test": tlsSrv.URL, "plain.example.test:80": plainSrv.URL}
	for name, tt := range map[string]struct {
		opts      ForwardOptions
		user      string
		url, want string
		status    int
	}{
		"tunnel":             {ForwardOptions{}, "", "https://mod.example.test", "200 whole", 200},
		"plain":              {ForwardOptions{}, "", "http://plain.example.test", "200 whole", 200},
		"faults pass":        {ForwardOptions{}, "", "https://mod.example.test/503", "503 Service Unavailable", 200},
		"unknown host":       {ForwardOptions{}, "", "https://no.example.test", "no answer: Bad Gateway", 502},
		"unknown plain host": {ForwardOptions{}, "", "http://no.example.test", "502 no such host no.example.test:80", 502},
		"credentials":        {ForwardOptions{User: "u", Password: "p"}, "u:p@", "https://mod.example.test", "200 whole", 200},
		"plain credentials":  {ForwardOptions{User: "u", Password: "p"}, "u:p@", "http://plain.example.test", "200 whole", 200},
		"no credentials":     {ForwardOptions{User: "u", Password: "p"}, "", "https://mod.example.test", "no answer: Proxy Authentication Required", 407},
		"bad credentials":    {ForwardOptions{User: "u", Password: "p"}, "u:q@", "http://plain.example.test", "407 credentials, please", 407},
		"NTLM":               {ForwardOptions{Refuse: 407, Challenges: []string{"NTLM", "Negotiate"}}, "u:p@", "https://mod.example.test", "no answer: Proxy Authentication Required", 407},
		"refused CONNECT":    {ForwardOptions{Refuse: 403}, "", "https://mod.example.test", "no answer: Forbidden", 403},
		"plain is not":       {ForwardOptions{Refuse: 403}, "", "http://plain.example.test", "200 whole", 200},
		"dies":               {ForwardOptions{CutAfter: 100}, "", "https://mod.example.test", "no answer: unexpected EOF|no answer: EOF", 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.opts.Hosts = hosts
			f := Forward(t, tt.opts)
			c := through(t, tlsSrv, strings.Replace(f.URL, "http://", "http://"+tt.user, 1))
			if got := see(c, tt.url, zipFile, good); !strings.Contains("|"+tt.want+"|", "|"+got+"|") {
				t.Errorf("client sees %q, want %q", got, tt.want)
			}
			c.CloseIdleConnections() // ends the tunnel
			q := finished(t, f)
			if q.Status != tt.status {
				t.Errorf("recorded %+v, want status %d", q, tt.status)
			}
			if tunnel := strings.HasPrefix(tt.url, "https"); tunnel != (q.Method == "CONNECT") || tunnel && q.Path != strings.Split(tt.url, "/")[2]+":443" {
				t.Errorf("recorded %s %s", q.Method, q.Path)
			}
			if got := q.Header.Get("Proxy-Authorization") != ""; got != (tt.user != "") {
				t.Errorf("recorded header %v", q.Header)
			}
		})
	}
	for _, q := range plainSrv.Requests() {
		if q.Header.Get("Proxy-Authorization") != "" {
			t.Errorf("the target saw %v", q.Header)
		}
	}
}

// finished waits for the one request of a forward proxy to end.
func finished(t *testing.T, f *ForwardProxy) Request {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.requests) == 0 || !f.requests[0].Done {
		f.cond.Wait()
	}
	return *f.requests[0]
}

func TestForwardShowsChallenges(t *testing.T) {
	t.Parallel()
	srv := serveDir(t)
	f := Forward(t, ForwardOptions{User: "u", Challenges: []string{"NTLM", `Basic realm="corp"`}})
	resp, err := through(t, srv, f.URL).Get("http://plain.example.test")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := strings.Join(resp.Header.Values("Proxy-Authenticate"), "; "); got != `NTLM; Basic realm="corp"` {
		t.Errorf("Proxy-Authenticate: %s", got)
	}
}

func TestGoThroughForwardProxy(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("go reads SSL_CERT_FILE on other systems only")
	}
	srv := NewTLS(t, Dir("testdata/mod"))
	hosts := map[string]string{"mod.example.test": srv.URL}
	for name, tt := range map[string]struct {
		opts ForwardOptions
		user string
		want string
	}{
		"open":           {ForwardOptions{}, "", ""},
		"credentials":    {ForwardOptions{User: "u", Password: "p"}, "u:p@", ""},
		"no credentials": {ForwardOptions{User: "u", Password: "p"}, "", "Proxy Authentication Required"},
		"blocked":        {ForwardOptions{Refuse: 403}, "", "Forbidden"},
		"dies":           {ForwardOptions{CutAfter: 100}, "", "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.opts.Hosts = hosts
			f := Forward(t, tt.opts)
			d, _ := goDownload(t, "https://mod.example.test", "example.com/dep@v1.0.0",
				"HTTPS_PROXY="+strings.Replace(f.URL, "http://", "http://"+tt.user, 1), "SSL_CERT_FILE="+srv.CAFile)
			if !strings.Contains(d.Error, tt.want) || tt.want == "" && d.Error != "" {
				t.Errorf("error %q, want %q", d.Error, tt.want)
			}
			if f.Count("mod.example.test:443") == 0 {
				t.Error("the forward proxy was not asked")
			}
		})
	}
}

func TestForwardEndsOpenTunnels(t *testing.T) {
	t.Parallel()
	srv := NewTLS(t, Dir("testdata/mod"))
	ended := make(chan string, 1)
	t.Run("while one is open", func(t *testing.T) {
		f := Forward(t, ForwardOptions{Hosts: map[string]string{"mod.example.test": srv.URL}})
		c := through(t, srv, f.URL)
		go func() { ended <- see(c, "https://mod.example.test/hang", zipFile, nil) }()
		srv.Wait("/hang*", 1)
	})
	if got := <-ended; !strings.HasPrefix(got, "no answer: ") {
		t.Errorf("client sees %s", got)
	}
}
