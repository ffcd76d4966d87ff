package modproxy

import (
	"context"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestSignedHead asks a server of ours that takes the place of the checksum database.
// testdata/latest is a tree head that sum.golang.org has signed.
func TestSignedHead(t *testing.T) {
	t.Parallel()
	head := readFile(t, "testdata/latest")
	for name, tt := range map[string]struct {
		answers []string // in turn, the last one again and again; "cut" breaks the connection
		want    Answer
	}{
		"the real one":                {[]string{head}, Yes},
		"after one lost answer":       {[]string{"cut", head}, Yes},
		"after one fault":             {[]string{"503", head}, Yes},
		"after three lost answers":    {[]string{"cut", "cut", "cut", head}, Yes},
		"nothing but lost answers":    {[]string{"cut"}, No},
		"another tree under the name": {[]string{strings.Replace(head, "7", "8", 1)}, No},
		"signed by somebody else":     {[]string{strings.ReplaceAll(head, "sum.golang.org", "sum.example.test")}, No},
		"without a signature":         {[]string{head[:strings.Index(head, "\u2014")]}, No},
		"a web page":                  {[]string{"<html>Sign in</html>"}, No},
		"blocked":                     {[]string{"403", head}, No},
		"an empty answer":             {[]string{""}, No},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, asked := clientOf(t, tt.answers)
			if got := c.signedHead(t.Context(), SumGolang); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
			for _, url := range asked() {
				if url != SumGolang+"/latest" {
					t.Errorf("asked for %q", url)
				}
			}
		})
	}
}

// clientOf returns a client that reaches one server whatever it asks for, and what
// it has asked for.
func clientOf(t *testing.T, answers []string) (c *Client, asked func() []string) {
	t.Helper()
	var mu sync.Mutex
	var urls []string
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		answer := answers[min(len(urls), len(answers)-1)]
		urls = append(urls, r.Host+r.URL.Path)
		mu.Unlock()
		switch answer {
		case "cut":
			panic(http.ErrAbortHandler)
		case "403":
			w.WriteHeader(http.StatusForbidden)
		case "503":
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			io.WriteString(w, answer)
		}
	}))
	t.Cleanup(srv.Close)
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	c = NewClient(Options{RootCAs: roots})
	t.Cleanup(c.Close)
	for _, s := range c.h2.shards {
		s.TLSClientConfig.ServerName = "example.com" // as the certificate of httptest
		s.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, srv.Listener.Addr().String())
		}
	}
	return c, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(urls)
	}
}

// TestSignedHeadEnds: nobody is asked when the time is over.
func TestSignedHeadEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c, asked := clientOf(t, []string{readFile(t, "testdata/latest")})
	if got := c.signedHead(ctx, SumGolang); got != No || len(asked()) > 0 {
		t.Errorf("%v after asking %q", got, asked())
	}
}
