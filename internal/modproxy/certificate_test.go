package modproxy

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
)

// TestCertificateError: what is not trusted is told apart, and named.
func TestCertificateError(t *testing.T) {
	t.Parallel()
	past := time.Now().AddDate(-1, 0, 0)
	for name, tt := range map[string]struct {
		cert    func(*x509.Certificate)
		trusted bool
		unknown bool
		want    string
	}{
		"unknown authority": {nil, false, true, "unknown authority"},
		"expired":           {func(c *x509.Certificate) { c.NotBefore, c.NotAfter = past.AddDate(-1, 0, 0), past }, true, false, "; valid from " + past.AddDate(-1, 0, 0).UTC().Format(time.DateOnly)},
		"another host":      {func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"login.example"} }, true, false, "cannot validate certificate for 127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := proxytest.NewWith(t, proxytest.Config{TLS: true, Cert: tt.cert})
			o := Options{RootCAs: x509.NewCertPool()}
			if tt.trusted {
				o.RootCAs = srv.CA
			}
			c := NewClient(o)
			defer c.Close()
			err := c.Do(t.Context(), Try{URL: parseURL(t, srv.URL+"/"+zipPath), Stall: noStall}, read, never)
			var ce *CertificateError
			var refused *tls.CertificateVerificationError
			if !errors.As(err, &ce) || !errors.As(err, &refused) || ce.Host != "127.0.0.1" || ce.Issuer == "" || ce.Unknown() != tt.unknown {
				t.Fatalf("error %v of type %T: %+v", err, err, ce)
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), ce.Issuer) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}
