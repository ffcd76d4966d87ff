package proxytest

import (
	"net"
	"testing"
	"time"
)

// Refused returns a base URL that refuses connections. Its port is that of
// the near end of an open connection: nothing listens there, and nobody else
// can come to listen there while the test runs.
func Refused(t testing.TB) string {
	t.Helper()
	l := listenDead(t)
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return "http://" + c.LocalAddr().String()
}

// Mute returns a base URL that takes connections and never says a word: a
// time-out of TLS handshakes and of headers.
func Mute(t testing.TB) string {
	t.Helper()
	return "http://" + listenDead(t).Addr().String()
}

// BlackHole returns a base URL that does not answer connects: its backlog is
// full. Where the system has no such thing, as on Windows, it is Mute.
func BlackHole(t testing.TB) string {
	t.Helper()
	l := listenDead(t)
	if !noBacklog(l) {
		return "http://" + l.Addr().String()
	}
	for full := 0; full < 2; { // twice: a busy machine may be late once
		c, err := net.DialTimeout("tcp", l.Addr().String(), 100*time.Millisecond)
		if err != nil {
			full++
			continue
		}
		t.Cleanup(func() { c.Close() })
	}
	return "http://" + l.Addr().String()
}

// listenDead opens a listener that accepts nothing. The kernel completes
// connections all the same, as long as there is room in the backlog.
func listenDead(t testing.TB) *net.TCPListener {
	t.Helper()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}
