package proxytest

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// get asks for a file without following redirects.
func get(t *testing.T, srv *Server, path string, header ...string) *http.Response {
	t.Helper()
	c := srv.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	srv := serveDir(t)
	tag := get(t, srv, zipFile).Header.Get("ETag")
	for name, tt := range map[string]struct {
		base, file, header, want string
		ask                      []string
	}{
		"strong etag":              {"", zipFile, "ETag", tag, nil},
		"weak etag":                {"/weaketag", zipFile, "ETag", "W/" + tag, nil},
		"no etag":                  {"/noetag", zipFile, "ETag", "", nil},
		"lying etag":               {"/etag=x/wrong", zipFile, "ETag", `"x"`, nil},
		"date":                     {"/noetag", zipFile, "Last-Modified", "Tue, 02 Jan 2024 03:04:05 GMT", nil},
		"no date":                  {"/nodate", zipFile, "Last-Modified", "", nil},
		"no date, no range":        {"/nodate/norange", zipFile, "Last-Modified", "", nil},
		"type of zip":              {"", zipFile, "Content-Type", "application/zip", nil},
		"type of mod":              {"", modFile, "Content-Type", "text/plain; charset=UTF-8", nil},
		"type of info":             {"", infoFile, "Content-Type", "application/json", nil},
		"type of latest":           {"", "/example.com/m/@latest", "Content-Type", "application/json", nil},
		"type of list":             {"", "/example.com/m/@v/list", "Content-Type", "text/plain; charset=UTF-8", nil},
		"type of missing":          {"", "/example.com/m/@v/v7.0.0.zip", "Content-Type", "text/plain; charset=utf-8", nil},
		"range":                    {"", zipFile, "Content-Range", "bytes 10-19/%d", []string{"Range", "bytes=10-19"}},
		"range if same":            {"", zipFile, "Content-Range", "bytes 10-19/%d", []string{"Range", "bytes=10-19", "If-Range", tag}},
		"range if other":           {"", zipFile, "Content-Range", "", []string{"Range", "bytes=10-19", "If-Range", `"x"`}},
		"range by weak etag":       {"/weaketag", zipFile, "Content-Range", "", []string{"Range", "bytes=10-19", "If-Range", "W/" + tag}},
		"wrong has another etag":   {"/wrong", zipFile, "Content-Range", "", []string{"Range", "bytes=10-19", "If-Range", tag}},
		"range at the end":         {"", zipFile, "Content-Range", "bytes */%d", []string{"Range", "bytes=100000-"}},
		"norange":                  {"/norange", zipFile, "Content-Range", "", []string{"Range", "bytes=10-19"}},
		"badrange":                 {"/badrange", zipFile, "Content-Range", "bytes 0-", []string{"Range", "bytes=10-19"}},
		"retry after seconds":      {"/after=7/429", zipFile, "Retry-After", "7", nil},
		"retry after junk":         {"/after=soon/429", zipFile, "Retry-After", "soon", nil},
		"retry after a date":       {"/after=1h/429", zipFile, "Retry-After", "GMT", nil},
		"no retry after when good": {"/after=7/429x1@mod", zipFile, "Retry-After", "", nil},
		"challenge":                {"/auth=a:b", zipFile, "WWW-Authenticate", "Basic", nil},
		"no length":                {"/nolength", zipFile, "Content-Length", "", nil},
		"storage":                  {"/redirect/cutx1@zip", zipFile, "Location", srv.StorageURL + "/cutx1@zip" + zipFile, nil},
		"storage, once":            {"/redirect=once", zipFile, "Location", srv.StorageURL + zipFile + "?sig=once-1", nil},
		"captive portal":           {"/login", zipFile, "Location", "/-/login", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := get(t, srv, tt.base+tt.file, tt.ask...)
			got := resp.Header.Get(tt.header)
			want := tt.want
			if strings.Contains(want, "%d") {
				want = fmt.Sprintf(want, len(fetch(t, srv, zipFile)))
			}
			if !strings.Contains(got, want) || want == "" && got != "" {
				t.Errorf("%s: %q, want %q", tt.header, got, want)
			}
		})
	}
}

func TestRedirectFromTLSToPlain(t *testing.T) {
	t.Parallel()
	srv := NewTLS(t, Dir("testdata/mod"))
	if to := get(t, srv, "/redirect=insecure"+zipFile).Header.Get("Location"); !strings.HasPrefix(to, "http://localhost:") {
		t.Errorf("Location %q", to)
	}
}

func TestCredentialsDoNotFollowToStorage(t *testing.T) {
	t.Parallel()
	srv := serveDir(t)
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("ci", "tok")
	if got := see(srv.Client(), u.String()+"/auth=ci:tok/redirect", zipFile, fetch(t, srv, zipFile)); got != "200 whole" {
		t.Fatalf("with credentials: %s", got)
	}
	list := srv.Requests()
	first, second := list[len(list)-2], list[len(list)-1]
	if first.Header.Get("Authorization") == "" || second.Header.Get("Authorization") != "" {
		t.Errorf("Authorization at %s: %q, at %s: %q", first.Host, first.Header.Get("Authorization"), second.Host, second.Header.Get("Authorization"))
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	srv := serveDir(t)
	for base, least := range map[string]time.Duration{
		"/delay=60ms":     60 * time.Millisecond,
		"/slow=1KB":       20 * time.Millisecond * time.Duration(len(fetch(t, srv, modFile))/20),
		"/slowloris=2ms":  2 * time.Millisecond * time.Duration(len(fetch(t, srv, modFile))),
		"/delay=5msx1":    5 * time.Millisecond,
		"/delay=20ms@mod": 20 * time.Millisecond,
	} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			if got := see(srv.Client(), srv.URL+base, modFile, fetch(t, srv, modFile)); got != "200 whole" {
				t.Error(got)
			}
			if took := time.Since(start); took < least {
				t.Errorf("took %v, want %v at least", took, least)
			}
		})
	}
}

func TestGoawayEndsTheConnection(t *testing.T) {
	t.Parallel()
	for proto, srv := range map[string]*Server{"HTTP 1.1": serveDir(t), "HTTP 2.0": NewTLS(t, Dir("testdata/mod"))} {
		c := srv.Client()
		good := fetch(t, srv, zipFile)
		before := srv.Conns()
		for range 3 {
			see(c, srv.URL, zipFile, good)
		}
		if n := srv.Conns() - before; n != 1 {
			t.Errorf("%s: %d connections without a fault, want 1", proto, n)
		}
		for range 3 {
			see(c, srv.URL+"/goaway", zipFile, good)
		}
		if n := srv.Conns() - before; n < 3 {
			t.Errorf("%s: %d connections with goaway, want 3 or 4", proto, n)
		}
	}
}

func TestBusyCountsOpenAnswers(t *testing.T) {
	t.Parallel()
	srv := serveDir(t)
	held, err := srv.Client().Get(srv.URL + "/busy=1/stall=0.5x1" + zipFile) // its header says that it is open
	if err != nil {
		t.Fatal(err)
	}
	defer held.Body.Close()
	if got := see(srv.Client(), srv.URL+"/busy=1/stall=0.5x1", modFile, nil); got != "429 Too Many Requests" {
		t.Errorf("while one is open: %s", got)
	}
	if held.StatusCode != http.StatusOK {
		t.Errorf("the open one: %s", held.Status)
	}
	srv.Close()
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	expired := NewWith(t, Config{TLS: true, Cert: func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }}, Dir("testdata/mod"))
	other := NewWith(t, Config{TLS: true, Cert: func(c *x509.Certificate) { c.IPAddresses = nil }}, Dir("testdata/mod"))
	good := NewTLS(t, Dir("testdata/mod"))
	stranger := &http.Client{Transport: &http.Transport{}}

	_, err := expired.Client().Get(expired.URL)
	if invalid := (x509.CertificateInvalidError{}); !errors.As(err, &invalid) || invalid.Reason != x509.Expired {
		t.Errorf("expired: %v", err)
	}
	_, err = other.Client().Get(other.URL)
	if host := (x509.HostnameError{}); !errors.As(err, &host) {
		t.Errorf("other name: %v", err)
	}
	_, err = stranger.Get(good.URL)
	if authority := (x509.UnknownAuthorityError{}); !errors.As(err, &authority) {
		t.Errorf("unknown authority: %v", err)
	}
}
