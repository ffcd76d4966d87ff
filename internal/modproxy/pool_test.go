package modproxy

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
)

func newTestPool(t *testing.T, https bool, n int) (*proxytest.Server, *pool) {
	t.Helper()
	r := newRig(t, https)
	p := newPool(n, func() transport {
		tr := newTransport(Options{RootCAs: r.CA})
		tr.ForceAttemptHTTP2 = true
		return tr
	})
	t.Cleanup(p.close)
	return r.Server, p
}

func idlest(p *pool) picking { return picking{p, p.idlest, func(*conn) {}} }

// ask sends a request whose body the caller closes.
func ask(t *testing.T, p *pool, url string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := idlest(p).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// TestPoolSpreads: as long as a body is open, its connection is the last to get
// another request.
func TestPoolSpreads(t *testing.T) {
	t.Parallel()
	srv, p := newTestPool(t, true, 3)
	var open []*http.Response
	for range 6 {
		open = append(open, ask(t, p, srv.URL+"/stall/"+zipPath))
	}
	if n := srv.Conns(); n != 3 {
		t.Errorf("six bodies come over %d connections, want 3", n)
	}
	perConn := map[int]int{}
	for _, q := range srv.Requests() {
		perConn[q.Conn]++
	}
	for conn, n := range perConn {
		if n != 2 {
			t.Errorf("connection %d has %d of six requests", conn, n)
		}
	}
	if !p.multiplexed(parseURL(t, srv.URL).Host) {
		t.Error("HTTP/2 is not noticed")
	}
	for _, resp := range open {
		resp.Body.Close()
		resp.Body.Close() // counts once
	}
	opens := func() (list []int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, s := range p.shards {
			list = append(list, s.open)
		}
		return list
	}()
	if !slices.Equal(opens, []int{0, 0, 0}) {
		t.Errorf("open requests %v after all bodies were closed", opens)
	}
}

// TestPoolDialsOnce: requests that come at once wait for one connection a transport.
func TestPoolDialsOnce(t *testing.T) {
	t.Parallel()
	srv, p := newTestPool(t, true, 2)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { ask(t, p, srv.URL+"/delay=20ms/"+zipPath).Body.Close() })
	}
	wg.Wait()
	if n := srv.Conns(); n != 2 {
		t.Errorf("twenty requests at once made %d connections, want 2", n)
	}
}

// TestPoolFailure: a dial that fails is told to the one who dialled, and the next
// request dials anew.
func TestPoolFailure(t *testing.T) {
	t.Parallel()
	srv, p := newTestPool(t, true, 1)
	for range 2 {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, proxytest.Refused(t), nil)
		if _, err := idlest(p).RoundTrip(req); err == nil {
			t.Fatal("a refused connection gives no error")
		}
	}
	ask(t, p, srv.URL+"/"+zipPath).Body.Close()
	for _, base := range []string{"/eof", ""} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+base+"/"+zipPath, nil)
		resp, err := idlest(p).RoundTrip(req)
		if (err == nil) != (base == "") {
			t.Errorf("%q: %v", base, err)
		}
		if err == nil {
			resp.Body.Close()
		}
	}
	if p.shards[0].open != 0 {
		t.Errorf("%d requests are under way after all have ended", p.shards[0].open)
	}
}

func TestPoolOverHTTP1(t *testing.T) {
	t.Parallel()
	srv, p := newTestPool(t, false, 2)
	ask(t, p, srv.URL+"/"+zipPath).Body.Close()
	if p.multiplexed(parseURL(t, srv.URL).Host) {
		t.Error("HTTP/1.1 is taken for HTTP/2")
	}
}

// TestPoolTurn: what waits is as long as the connection is slow, and no longer.
func TestPoolTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPool(1, func() transport { return transport{} })
		c := &conn{open: 16}
		c.meter.add(time.Now(), 256<<10)
		if d := p.turn("a.example", c); d != 0 {
			t.Errorf("%v over HTTP/1.1", d)
		}
		p.multi["a.example"] = true
		if d := p.turn("a.example", c); d != time.Second {
			t.Errorf("%v for one of 16 answers of 1 MB a second", d)
		}
		if d := p.turn("a.example", nil); d != 0 {
			t.Errorf("%v before there is a connection", d)
		}
	})
}
