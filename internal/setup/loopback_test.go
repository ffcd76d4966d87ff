package setup

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
)

// TestFetchEarly: a lone candidate answers the measurement only when it has been asked
// for a zip, so the run gets nowhere unless it fetches ahead meanwhile.
func TestFetchEarly(t *testing.T) {
	t.Parallel()
	up := proxytest.New(t, mods())
	to, err := url.Parse(up.URL)
	if err != nil {
		t.Fatal(err)
	}
	pass := httputil.NewSingleHostReverseProxy(to)
	asked := make(chan struct{})
	once := sync.OnceFunc(func() { close(asked) })
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, ".zip"):
			once()
		case strings.HasSuffix(r.URL.Path, ".mod"):
			select {
			case <-asked:
			case <-r.Context().Done():
			}
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	r := newRun(t, up, nil, []string{"-proxies", front.URL, "-private", "secret.invalid"})
	r.Download(t.Context()) // which cannot have the private module
	if len(r.measured) != 1 || !r.measured[0].Reachable() {
		t.Fatalf("measured: %+v", r.measured)
	}
	if d := r.Report.Download; d == nil || d.Attempts != 3 {
		t.Errorf("asked again for what was fetched early: %+v", d)
	}
	up.MustNotSee("secret")
}

// TestSureOf: who is asked for modules before anything is known of him.
func TestSureOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, fixed, local string
		candidates         []string
		named              bool
		wants              demand
		sure               bool
	}{
		{"the only one, named", "", "", []string{"http://a"}, true, everything, true},
		{"first of GOPROXY", "http://a,direct", "", []string{"http://a"}, true, graph, true},
		{"behind direct", "direct,http://a", "", []string{"http://a"}, true, everything, false},
		{"behind a folder", "", "file:///x", []string{"http://a"}, true, everything, false},
		{"one of two", "", "", []string{"http://a", "http://b"}, true, everything, false},
		{"none", "", "", nil, true, everything, false},
		{"nobody named it", "", "", []string{"http://a"}, false, everything, false},
		{"nothing to fetch", "", "", []string{"http://a"}, true, nothing, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &Run{named: tt.named, wants: tt.wants}
			if tt.fixed != "" {
				r.fixed = listOf(t, tt.fixed)
			}
			if tt.local != "" {
				r.field.Local = listOf(t, tt.local)
			}
			var candidates []modproxy.Candidate
			for _, c := range tt.candidates {
				candidates = append(candidates, modproxy.Candidate{URL: listOf(t, c)[0].URL})
			}
			if got := r.sureOf(candidates); got != tt.sure {
				t.Errorf("sure %v", got)
			}
		})
	}
}

func listOf(t *testing.T, text string) modproxy.List {
	t.Helper()
	l, err := modproxy.ParseList(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
