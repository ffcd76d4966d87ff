package modproxy

import (
	"io"
	"testing"
	"time"
)

func TestLags(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	for _, tt := range []struct {
		name       string
		own, other load
		left       int64
		want       bool
	}{
		{"alone on a slow one, the other idle", load{mb, 1}, load{8 * mb, 0}, 4 * mb, true},
		{"among many, the other idle", load{2 * mb, 10}, load{8 * mb, 0}, mb, true},
		{"soon done", load{mb, 1}, load{8 * mb, 0}, mb, false},
		{"the other is full", load{mb, 2}, load{8 * mb, 16}, 4 * mb, false},
		{"as fast", load{3 * mb, 16}, load{8 * mb, 0}, 4 * mb, false},
		{"the other is slow too", load{mb / 10, 1}, load{mb - 1, 0}, 4 * mb, false},
		{"nothing has come of late", load{0, 1}, load{8 * mb, 0}, 4 * mb, false},
	} {
		if got := tt.own.lags(tt.other, tt.left, time.Second); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// TestPoolFastest: what moves goes where it comes soonest, not where least is under way.
func TestPoolFastest(t *testing.T) {
	t.Parallel()
	srv, p := newTestPool(t, true, 3)
	slow := ask(t, p, srv.URL+"/slow=100KB/"+zipPath)
	defer slow.Body.Close()
	fast := ask(t, p, srv.URL+"/"+zipPath)
	if _, err := io.Copy(io.Discard, fast.Body); err != nil {
		t.Fatal(err)
	}
	fast.Body.Close()
	host := parseURL(t, srv.URL).Host
	if s, _ := p.fastest(host); s.conns[host] != fast.Body.(*counted).conn {
		t.Error("another one than the fastest")
	}
	if s, r := p.fastest("elsewhere.example.test"); s != p.idlest("") || r != 0 {
		t.Error("not the idlest where nothing is known")
	}
}
