package proxytest

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestRefused(t *testing.T) {
	t.Parallel()
	base := Refused(t)
	for range 3 {
		_, err := (&http.Client{Transport: &http.Transport{}}).Get(base + zipFile)
		if refused := (*net.OpError)(nil); !errors.As(err, &refused) || refused.Op != "dial" || refused.Timeout() {
			t.Errorf("%v, want a refused connection", err)
		}
	}
	if l, err := net.Listen("tcp4", strings.TrimPrefix(base, "http://")); err == nil {
		l.Close()
		t.Error("somebody can listen on the refused port")
	}
}

func TestMute(t *testing.T) {
	t.Parallel()
	base := Mute(t)
	c := &http.Client{Transport: &http.Transport{ResponseHeaderTimeout: 50 * time.Millisecond, TLSHandshakeTimeout: 50 * time.Millisecond}}
	if _, err := c.Get(base); err == nil || !strings.Contains(err.Error(), "awaiting response headers") {
		t.Errorf("http: %v", err)
	}
	if _, err := c.Get("https" + strings.TrimPrefix(base, "http")); err == nil || !strings.Contains(err.Error(), "TLS handshake timeout") {
		t.Errorf("https: %v", err)
	}
}

func TestBlackHole(t *testing.T) {
	t.Parallel()
	base := BlackHole(t)
	dialer := &net.Dialer{Timeout: 200 * time.Millisecond}
	c := &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, ResponseHeaderTimeout: 200 * time.Millisecond, TLSClientConfig: &tls.Config{}}}
	for range 2 {
		_, err := c.Get(base + zipFile)
		var op *net.OpError
		if !errors.As(err, &op) && runtime.GOOS == "linux" || err == nil || cause(err) != "time-out" {
			t.Errorf("%v, want a time-out of the connect", err)
		}
	}
}
