package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"strings"
	"testing"
)

func TestBetween(t *testing.T) {
	t.Parallel()
	of := func(host, subject, issuer string, trust error) session {
		c := &x509.Certificate{Subject: pkix.Name{CommonName: subject}, Issuer: pkix.Name{CommonName: issuer}}
		return session{host: host, state: tls.ConnectionState{PeerCertificates: []*x509.Certificate{c}}, trust: trust}
	}
	unknown, name := x509.UnknownAuthorityError{}, x509.HostnameError{Certificate: &x509.Certificate{}}
	for title, tt := range map[string]struct {
		sessions []session
		want     string // empty is nothing
	}{
		"one authority for two":        {[]session{of("a", "a", "Corp", unknown), of("b", "b", "Corp", unknown)}, `"CN=Corp", signs for a, b`},
		"one authority for one":        {[]session{of("a", "a", "Corp", unknown), of("b", "b", "Public", nil)}, ""},
		"an authority each":            {[]session{of("a", "a", "a", unknown), of("b", "b", "b", unknown)}, ""},
		"one certificate for two":      {[]session{of("a", "login.corp", "Public", name), of("b", "login.corp", "Public", name)}, `"login.corp" answers for a, b`},
		"a wrong name":                 {[]session{of("a", "www", "Public", name), of("b", "b", "Public", nil)}, ""},
		"no certificate, another fail": {[]session{{host: "a", trust: unknown}, {host: "b", err: errors.New("gone")}}, ""},
	} {
		var texts []string
		for _, f := range between(tt.sessions) {
			texts = append(texts, f.Text.EN)
		}
		if got := strings.Join(texts, "\n"); tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", title, got, tt.want)
		}
	}
}
