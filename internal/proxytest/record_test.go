package proxytest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A failing is a test that remembers instead of failing.
type failing struct {
	testing.TB
	mu   sync.Mutex
	errs []string
}

func (f *failing) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errs = append(f.errs, fmt.Sprintf(format, args...))
}

func TestRequestsAreRecorded(t *testing.T) {
	t.Parallel()
	srv := NewTLS(t, Dir("testdata/mod"))
	good := fetch(t, srv, modFile)
	srv.Forget()
	c := srv.Client()
	see(c, srv.URL+"/cut@zip/503x1", modFile, good, "User-Agent", "tester")
	see(c, srv.URL+"/cut@zip/503x1", modFile, good)
	see(c, srv.URL+"/cut@zip/503x1", zipFile, good)

	list := srv.Requests()
	if len(list) != 3 {
		t.Fatalf("%d requests, want 3", len(list))
	}
	for i, want := range []struct {
		path, fault string
		status      int
		bytes       int64
	}{
		{modFile, "/503x1", 503, int64(len("Service Unavailable\n"))},
		{modFile, "", 200, int64(len(good))},
		{zipFile, "/cut@zip/503x1", 503, int64(len("Service Unavailable\n"))},
	} {
		q := list[i]
		if "/"+q.Path != want.path || q.Fault != want.fault || q.Status != want.status || q.Bytes != want.bytes {
			t.Errorf("request %d: %+v, want %+v", i, q, want)
		}
		if q.Base != "/cut@zip/503x1" || q.Proto != "HTTP/2.0" || q.Conn != list[0].Conn || !q.Done || q.Method != "GET" {
			t.Errorf("request %d: %+v", i, q)
		}
	}
	if got := list[0].Header.Get("User-Agent"); got != "tester" {
		t.Errorf("User-Agent %q", got)
	}
	if got := srv.Paths(); !slices.Equal(got, []string{modFile[1:], modFile[1:], zipFile[1:]}) {
		t.Errorf("paths %q", got)
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	srv := serveDir(t)
	for _, base := range []string{"", "/503", "/503"} {
		see(srv.Client(), srv.URL+base, zipFile, nil)
	}
	for glob, want := range map[string]int{
		"*": 3, "*.zip": 3, "*.mod": 0, "example.com/*": 3, "example.com/m/@v/v1.0.0.zip": 3,
		"example.com/m": 0, "*/m/*v1*zip": 3, "*m*m*m*m*": 0, "/503/*": 2, "/example.com*": 1, "/*": 3,
	} {
		if got := srv.Count(glob); got != want {
			t.Errorf("Count(%q) = %d, want %d", glob, got, want)
		}
	}
}

func TestInFlightMax(t *testing.T) {
	t.Parallel()
	srv := serveDir(t)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			see(srv.Client(), srv.URL+"/hang", zipFile, nil)
		})
	}
	if !srv.Wait("/hang*", 5) {
		return
	}
	if got := srv.InFlightMax(); got != 5 {
		t.Errorf("InFlightMax() = %d, want 5", got)
	}
	srv.Close() // ends the five
	all.Wait()
	for _, q := range srv.Requests() {
		if !q.Done || q.Status != 0 {
			t.Errorf("after close: %+v", q)
		}
	}
}

func TestMustNotSee(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(srv *Server) string{
		"module path":         func(srv *Server) string { return see(srv.Client(), srv.URL, "/corp.example.com/secret/@v/list", nil) },
		"escaped module path": func(srv *Server) string { return see(srv.Client(), srv.URL, "/example.com/!s!ecret/@v/list", nil) },
		"header":              func(srv *Server) string { return see(srv.Client(), srv.URL, modFile, nil, "X-Token", "secret") },
		"query":               func(srv *Server) string { return see(srv.Client(), srv.URL, modFile+"?token=secret", nil) },
		"checksum database": func(srv *Server) string {
			return see(srv.Client(), srv.SumDBURL, "/lookup/example.com/secret@v1.0.0", nil)
		},
	} {
		for _, before := range []bool{true, false} {
			tb := &failing{TB: t}
			srv := New(tb, Dir("testdata/mod"))
			if before {
				srv.MustNotSee("Secret")
			}
			ask(srv)
			if !before {
				srv.MustNotSee("Secret")
			}
			srv.MustNotSee("harmless")
			if len(tb.errs) != 1 || !strings.Contains(tb.errs[0], "Secret") {
				t.Errorf("%s, told before: %v: errors %q", name, before, tb.errs)
			}
		}
	}
}

func TestUnknownFaultFailsTheTest(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"/nosuch":       "unknown fault",
		"/200":          "not an error",
		"/503x0":        "bad count",
		"/503~2.0":      "not a share",
		"/503@zop":      "unknown kind",
		"/503=1":        "no argument",
		"/cut=2.5":      "not a share",
		"/cut=lots":     "not a number",
		"/delay=40":     "missing unit",
		"/delay":        "invalid duration",
		"/slow":         "not a number",
		"/slow=0":       "bytes a second",
		"/auth=ci":      "user:password",
		"/redirect=x":   "once, loop or insecure",
		"/busy=many":    "invalid syntax",
		"/seed":         "needs an argument",
		"//503":         "not of the form",
		"/503~0.1x2":    "not of the form",
		"/Cut":          "not of the form",
		"/cut/nonesuch": "unknown fault",
	} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			tb := &failing{TB: t}
			srv := New(tb, Dir("testdata/mod"))
			got := see(srv.Client(), srv.URL+base, zipFile, nil)
			if !strings.HasPrefix(got, "500 ") || !strings.Contains(got, want) {
				t.Errorf("answer %q, want 500 with %q", got, want)
			}
			if len(tb.errs) != 1 || !strings.Contains(tb.errs[0], want) {
				t.Errorf("errors of the test %q, want %q", tb.errs, want)
			}
		})
	}
}

func TestStartKeepsFailuresForClose(t *testing.T) {
	t.Parallel()
	srv, err := Start(Config{TLS: true}, Dir("testdata/mod"))
	if err != nil {
		t.Fatal(err)
	}
	see(srv.Client(), srv.URL+"/nosuch", zipFile, nil)
	if err := srv.Close(); err == nil || !strings.Contains(err.Error(), "unknown fault") {
		t.Errorf("Close: %v", err)
	}
	if _, err := Start(Config{}, Dir(t.TempDir())); err == nil {
		t.Error("Start of an empty folder: no error")
	}
}

func TestRatesRepeat(t *testing.T) {
	t.Parallel()
	draws := func(base string) (row string, bad int) {
		srv := serveDir(t)
		c, good := srv.Client(), fetch(t, srv, modFile)
		for range 200 {
			if see(c, srv.URL+base, modFile, good) == "200 whole" {
				row += "."
				continue
			}
			row, bad = row+"x", bad+1
		}
		return row, bad
	}
	first, bad := draws("/503~0.3")
	if bad < 30 || bad > 90 {
		t.Errorf("%d of 200 at a rate of 0.3", bad)
	}
	if again, _ := draws("/503~0.3"); again != first {
		t.Errorf("another run gave\n%s, want\n%s", again, first)
	}
	if other, _ := draws("/seed=7/503~0.3"); other == first {
		t.Error("another seed gave the same")
	}
	if _, bad := draws("/503x5~0.3"); bad != 5 {
		t.Errorf("%d fired, want 5", bad)
	}
}

func FuzzPath(f *testing.F) {
	for _, tt := range effects {
		f.Add(tt.base + tt.file)
	}
	f.Add("/-/login")
	f.Add("//x")
	srv, err := Start(Config{}, Dir("testdata/mod"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { srv.Close() })
	f.Fuzz(func(t *testing.T, path string) {
		base, rest := split(path)
		if got := join(base) + "/" + rest; strings.HasPrefix(path, "/") && got != path && got != path+"/" {
			t.Errorf("split(%q) = %q, %q", path, base, rest)
		}
		if stack, err := parseAll(base); err == nil && texts(stack) != join(base) {
			t.Errorf("parseAll(%q) = %v", base, stack)
		}
		if file := srv.find(rest); len(file.kinds) == 0 {
			t.Errorf("find(%q) has no kind", rest)
		}
	})
}
