package loopback

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
	"github.com/goproxy-setup/goproxy-setup/report"
)

const (
	m       = "example.com/m"
	private = "secret.example.com/lib"
)

// world is a module proxy with faults and a loopback in front of it.
type world struct {
	*Server
	up     *proxytest.Server
	record *Record
}

// start runs a loopback for a list in which $p stands for the module proxy.
// change may be nil.
func start(t *testing.T, list string, change func(*Config)) world {
	t.Helper()
	up := proxytest.New(t,
		proxytest.Module(m+"@v1.0.0", "-- go.mod --\nmodule example.com/m\n-- m.go --\npackage m\n"),
		proxytest.Module(m+"@v1.1.0", "-- go.mod --\nmodule example.com/m\n-- m.go --\npackage m // newer\n"),
		proxytest.Module(private+"@v1.0.0", "-- go.mod --\nmodule secret.example.com/lib\n"),
	)
	l, err := modproxy.ParseList(strings.NewReplacer("$p", up.URL, "$refused", proxytest.Refused(t)).Replace(list))
	if err != nil {
		t.Fatal(err)
	}
	client := modproxy.NewClient(modproxy.Options{})
	t.Cleanup(client.Close)
	c := Config{
		Client: client, List: l, Dir: t.TempDir(), Attempts: 6, RetryFor: 5 * time.Second,
		Private: func(p string) bool { return strings.HasPrefix(p, "secret.") },
		Sums:    sumsOf(t, up.GoSum()), SumDB: up.SumDBName,
		Record: NewRecord(time.Now(), nil),
		Explain: func(f File, err error) string {
			return "explained: " + string(classify.Of(err)) + ": " + f.String()
		},
	}
	if change != nil {
		change(&c)
	}
	s, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := filepath.Glob(filepath.Join(c.Dir, "*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	return world{s, up, c.Record}
}

func sumsOf(t *testing.T, text string) gocmd.Sums {
	t.Helper()
	file := filepath.Join(t.TempDir(), "go.sum")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := gocmd.ReadSums(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// get asks the loopback for a path below its secret.
func (w world) get(t *testing.T, path string) (int, string) {
	t.Helper()
	resp, err := http.Get(w.Base() + "/" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// TestFaults: what go sees of one file when the upstreams of a list do what
// stands in their path. Classes are those of the attempts that went wrong.
func TestFaults(t *testing.T) {
	t.Parallel()
	const zipPath = "all/example.com/m/@v/v1.0.0.zip"
	tests := []struct {
		name, list string
		path       string // zipPath when empty
		status     int
		classes    []report.Class
		want       func(report.Download) bool
	}{
		{"good", "$p", "", 200, nil, func(d report.Download) bool { return d.Attempts == 1 && d.Saved == 0 && d.Modules == 1 }},
		{"cut once, continued", "$p/cutx1", "", 200, []report.Class{report.ConnectionReset}, func(d report.Download) bool { return d.Resumes == 1 && d.Saved == 1 }},
		{"cut once, no range", "$p/cutx1/norange", "", 200, []report.Class{report.ConnectionReset}, func(d report.Download) bool { return d.Retries == 1 }},
		{"cut once, weak validator", "$p/cutx1/weaketag", "", 200, []report.Class{report.ConnectionReset}, func(d report.Download) bool { return d.Resumes == 0 }},
		{"cut once, wrong range", "$p/cutx1/badrange", "", 200, []report.Class{report.ConnectionReset, report.ProxyBadResponse}, nil},
		{"cut behind the last byte", "$p/cut=1.0x1", "", 200, nil, nil},
		{"cut for ever, then the other", "$p/cut|$p", "", 200, []report.Class{report.ConnectionReset}, func(d report.Download) bool { return d.Failovers == 1 && d.Saved == 0 }},
		{"both cut once", "$p/cutx1|$p/cutx1/noetag", "", 200, []report.Class{report.ConnectionReset, report.ConnectionReset}, func(d report.Download) bool { return d.Saved == 1 }},
		{"reset twice", "$p/resetx2", "", 200, nil, nil},
		{"503 three times", "$p/503x3", "", 200, []report.Class{report.ProxyServerError, report.ProxyServerError, report.ProxyServerError}, func(d report.Download) bool { return d.Retries == 3 }},
		{"429 with Retry-After, then the other at once", "$p/after=600/429|$p", "", 200, []report.Class{report.ProxyRateLimited}, nil},
		{"429 with Retry-After beyond the budget", "$p/after=600/429", "", 502, []report.Class{report.ProxyRateLimited}, func(d report.Download) bool { return d.Attempts == 1 }},
		{"a web page, then the other", "$p/html|$p", "", 200, []report.Class{report.ProxyBadResponse}, nil},
		{"a login page for ever", "$p/login", "", 502, nil, nil},
		{"a broken zip", "$p/badzip|$p", "", 200, []report.Class{report.ProxyBadResponse}, nil},
		{"a short zip that says it is all", "$p/truncated|$p", "", 200, []report.Class{report.ProxyBadResponse}, nil},
		{"an empty body", "$p/emptybody|$p", "", 200, []report.Class{report.ProxyBadResponse}, nil},
		{"other content than go.sum", "$p/wrong|$p", "", 200, []report.Class{report.ChecksumMismatch}, func(d report.Download) bool { return d.Integrity == 1 }},
		{"all have other content than go.sum", "$p/wrong|$p/wrong/noetag", "", 200, slices.Repeat([]report.Class{report.ChecksumMismatch}, 6), nil},
		{"other content once", "$p/wrongx1", "", 200, []report.Class{report.ChecksumMismatch}, nil},
		{"a mod with other content twice", "$p/wrongx2", "all/example.com/m/@v/v1.0.0.mod", 200, slices.Repeat([]report.Class{report.ChecksumMismatch}, 2), nil},
		{"403 of a public mirror, then the other", "$p/403|$p", "", 200, []report.Class{report.ProxyAuth}, nil},
		{"403 alone is not retried", "$p/403", "", 403, []report.Class{report.ProxyAuth}, func(d report.Download) bool { return d.Attempts == 1 }},
		{"404 everywhere", "$p/404|$p/410", "", 404, []report.Class{report.ModuleNotFound, report.ModuleNotFound}, func(d report.Download) bool { return d.Attempts == 2 }},
		{"404 here, broken there", "$p/404|$p/503", "", 502, nil, nil},
		{"404 leads on behind a comma", "$p/404,$p", "", 200, []report.Class{report.ModuleNotFound}, nil},
		{"503 does not lead on behind a comma", "$p/503,$p", "", 502, nil, nil},
		{"refused, then the other", "$refused|$p", "", 200, []report.Class{report.ConnectRefused}, nil},
		{"redirect", "$p/redirect", "", 200, nil, nil},
		{"redirect, cut, and the link works once", "$p/redirect=once/cutx1", "", 200, nil, nil},
		{"info of another version", "$p/wrongversion|$p", "all/example.com/m/@v/v1.0.0.info", 200, []report.Class{report.ProxyBadResponse}, nil},
		{"info that is no JSON", "$p/badjson|$p", "all/example.com/m/@v/v1.0.0.info", 200, []report.Class{report.ProxyBadResponse}, nil},
		{"mod with other content", "$p/wrong|$p", "all/example.com/m/@v/v1.0.0.mod", 200, []report.Class{report.ChecksumMismatch}, nil},
		{"list as a page", "$p/html|$p", "all/example.com/m/@v/list", 200, []report.Class{report.ProxyBadResponse}, nil},
		{"latest", "$p/503x1", "all/example.com/m/@latest", 200, []report.Class{report.ProxyServerError}, nil},
		{"one group alone", "$p/404,$p", "0/example.com/m/@v/v1.0.0.zip", 404, []report.Class{report.ModuleNotFound}, nil},
		{"unknown version", "$p", "all/example.com/m/@v/v9.0.0.mod", 404, []report.Class{report.ModuleNotFound}, nil},
		{"checksum database by the second", "$p/nosumdb|$p", "all/sumdb/sum.example.test/latest", 200, []report.Class{report.ModuleNotFound}, nil},
		{"404 that quotes an outage heals", "$p/text=dial tcp: timed out/404x2", "", 200, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := start(t, strings.ReplaceAll(tt.list, " ", "%20"), nil)
			path := tt.path
			if path == "" {
				path = zipPath
			}
			status, body := w.get(t, path)
			if status != tt.status {
				t.Fatalf("status %d %q, want %d; asked %v", status, body, tt.status, w.up.Paths())
			}
			if status == 200 && strings.HasSuffix(path, ".zip") {
				checkZip(t, body)
			}
			if status == 502 && !strings.HasPrefix(body, "explained: ") {
				t.Errorf("502 says %q", body)
			}
			d, attempts, _ := w.record.Snapshot()
			if tt.classes != nil {
				if got := classes(attempts); !slices.Equal(got, tt.classes) {
					t.Errorf("classes of failed attempts %v, want %v", got, tt.classes)
				}
			}
			if tt.want != nil && !tt.want(d) {
				t.Errorf("counters %+v", d)
			}
		})
	}
}

func classes(attempts []report.Attempt) (out []report.Class) {
	for _, a := range attempts {
		if a.Class != "" {
			out = append(out, a.Class)
		}
	}
	return out
}

func checkZip(t *testing.T, body string) {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil || len(z.File) == 0 {
		t.Fatalf("zip: %v", err)
	}
	for _, f := range z.File {
		if r, err := f.Open(); err != nil {
			t.Error(err)
		} else if _, err := io.Copy(io.Discard, r); err != nil { // checks the CRC
			t.Error(err)
		}
	}
}

// TestAskedOnce: nobody but the server behind it may be asked for what is
// private, what has no form, or what comes without the secret.
func TestRefused(t *testing.T) {
	t.Parallel()
	w := start(t, "$p", nil)
	port := strings.TrimPrefix(w.Base(), "http://")
	port, _, _ = strings.Cut(port, "/")
	for _, tt := range []struct {
		name, request string
		status        string
	}{
		{"no secret", "GET /all/example.com/m/@v/list HTTP/1.1", "404"},
		{"wrong secret", "GET /AAAAAAAAAAAAAAAAAAAAAAAAAA/all/example.com/m/@v/list HTTP/1.1", "404"},
		{"post", "POST $s/all/example.com/m/@v/list HTTP/1.1", "400"},
		{"query", "GET $s/all/example.com/m/@v/list?x=1 HTTP/1.1", "400"},
		{"no such group", "GET $s/7/example.com/m/@v/list HTTP/1.1", "400"},
		{"traversal", "GET $s/all/../../etc/passwd HTTP/1.1", "400"},
		{"escaped traversal", "GET $s/all/example.com/%2e%2e/%2e%2e/m/@v/list HTTP/1.1", "400"},
		{"traversal in the version", "GET $s/all/example.com/m/@v/..%2f..%2fx.mod HTTP/1.1", "400"},
		{"upper case unescaped", "GET $s/all/example.com/M/@v/list HTTP/1.1", "400"},
		{"a version that is none", "GET $s/all/example.com/m/@v/main.zip HTTP/1.1", "400"},
		{"an unknown file", "GET $s/all/example.com/m/@v/v1.0.0.exe HTTP/1.1", "400"},
		{"a long path", "GET $s/all/example.com/" + strings.Repeat("a/", 2000) + "@v/list HTTP/1.1", "400"},
		{"another checksum database", "GET $s/all/sumdb/evil.example/latest HTTP/1.1", "404"},
		{"a host as checksum database", "GET $s/all/sumdb/127.0.0.1:1/latest HTTP/1.1", "404"},
		{"traversal in the checksum database", "GET $s/all/sumdb/sum.example.test/tile/../../x HTTP/1.1", "400"},
		{"private", "GET $s/all/secret.example.com/lib/@v/list HTTP/1.1", "404"},
		{"absolute form to elsewhere", "GET http://127.0.0.1:1/all/example.com/m/@v/list HTTP/1.1", "404"},
		{"two lengths", "GET $s/all/example.com/m/@v/v9.9.9.mod HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 5", "400"},
		{"a header without end", "GET $s/all/example.com/m/@v/v9.9.9.mod HTTP/1.1\r\nX: " + strings.Repeat("a", 64<<10), "431"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", port)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			line := strings.Replace(tt.request, "$s", "/"+w.secret, 1)
			fmt.Fprintf(conn, "%s\r\nHost: %s\r\nConnection: close\r\n\r\n", line, port)
			answer, _ := io.ReadAll(conn)
			if got := string(answer[min(len(answer), 9):min(len(answer), 12)]); got != tt.status {
				t.Errorf("answer %.80q, want status %s", answer, tt.status)
			}
		})
	}
	t.Cleanup(func() {
		if n := len(w.up.Requests()); n != 0 {
			t.Errorf("the upstream was asked for %v", w.up.Paths())
		}
	})
}

// TestStored: go gets a zip of the same files, stored, whose h1 is that of go.sum.
func TestStored(t *testing.T) {
	t.Parallel()
	w := start(t, "$p", nil)
	_, body := w.get(t, "all/example.com/m/@v/v1.0.0.zip")
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		if f.Method != zip.Store {
			t.Errorf("%s is not stored", f.Name)
		}
	}
	got, err := hashZip(z, 3, func(*zip.File) (io.WriteCloser, error) { return open{io.Discard}, nil })
	if want := w.up.ZipHash(m + "@v1.0.0"); err != nil || got != want {
		t.Errorf("hash %s, want %s: %v", got, want, err)
	}
}

// TestShared: many readers of one file cost one transfer, and each has all of it.
func TestShared(t *testing.T) {
	t.Parallel()
	w := start(t, "$p/delay=100ms", nil)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			status, body := w.get(t, "all/example.com/m/@v/v1.0.0.zip")
			if status != 200 {
				t.Errorf("status %d", status)
			}
			checkZip(t, body)
		})
	}
	wg.Wait()
	if n := w.up.Count("*.zip"); n > 3 {
		t.Errorf("%d transfers for one file", n)
	}
}

// TestAhead: everything is fetched once, in time for go, and nothing private.
func TestAhead(t *testing.T) {
	t.Parallel()
	files := []File{
		{Kind: KindMod, Module: m, Version: "v1.0.0"},
		{Kind: KindMod, Module: "example.com/nowhere", Version: "v1.0.0"},
		{Kind: KindMod, Module: private, Version: "v1.0.0"},
		{Kind: KindZip, Module: m, Version: "v1.0.0"},
		{Kind: KindZip, Module: m, Version: "v1.1.0"},
	}
	w := start(t, "$p/503x1", func(c *Config) { c.Ahead, c.InFlight = files, 8 })
	w.work.Wait() // all is fetched before go asks
	if status, _ := w.get(t, "all/example.com/m/@v/v1.0.0.zip"); status != 200 {
		t.Errorf("zip: %d", status)
	}
	if status, _ := w.get(t, "all/example.com/m/@v/v1.0.0.mod"); status != 200 {
		t.Errorf("mod: %d", status)
	}
	if status, _ := w.get(t, "all/example.com/nowhere/@v/v1.0.0.mod"); status != 404 {
		t.Errorf("mod of nowhere: %d", status)
	}
	if n := w.up.Count("*v1.0.0.zip"); n != 2 {
		t.Errorf("the zip was asked for %d times, want 2: a 503 and a good one", n)
	}
	w.up.MustNotSee("secret")
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	d, _, failed := w.record.Snapshot()
	if d.Unused != 1 || d.Saved != 2 || len(failed) != 1 {
		t.Errorf("unused %d, saved %d, failed %v; want the zip of v1.1.0, two files, and the one that is nowhere", d.Unused, d.Saved, failed)
	}
}

// TestHedge: an upstream that never answers costs a file the patience for it, not
// a time-out and an attempt. For how long it is left alone then, see TestBreaker.
func TestHedge(t *testing.T) {
	t.Parallel()
	w := start(t, "$p/hang|$p", nil)
	for _, f := range []string{"v1.0.0.mod", "v1.0.0.zip", "v1.1.0.mod", "v1.1.0.zip", "v1.0.0.info"} {
		if status, body := w.get(t, "all/example.com/m/@v/"+f); status != 200 {
			t.Errorf("%s: %d %s", f, status, body)
		}
	}
	if d, _, _ := w.record.Snapshot(); d.Hedges == 0 || d.Retries+d.Failovers > 0 {
		t.Errorf("%d second requests, %d retries, %d fail-overs; want second requests alone", d.Hedges, d.Retries, d.Failovers)
	}
}

// TestHedgeBytes: of two requests that are answered one body is read.
func TestHedgeBytes(t *testing.T) {
	t.Parallel()
	w := start(t, "$p/delay=500ms|$p/delay=500ms/nodate", nil)
	if status, body := w.get(t, "all/example.com/m/@v/v1.0.0.zip"); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	w.Close() // waits for the second request
	d, attempts, _ := w.record.Snapshot()
	bodies := 0
	for _, a := range attempts {
		if a.Bytes > 0 {
			bodies++
		}
	}
	if d.Hedges != 1 || bodies != 1 {
		t.Errorf("%d second requests, %d bodies, want one each: %+v", d.Hedges, bodies, attempts)
	}
}

// TestPrivateUpstream: its word is the answer, and nobody stands in for it.
func TestPrivateUpstream(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault  string
		status int
	}{
		"401": {"401", 401}, "403": {"403", 403}, "404 leads on": {"404", 200}, "503 does not": {"503", 502},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, "$p/"+tt.fault+",$p", func(c *Config) { c.RetryFor = 300 * time.Millisecond })
			w.groups[0][0].Private = true
			if status, _ := w.get(t, "all/example.com/m/@v/v1.0.0.mod"); status != tt.status {
				t.Errorf("status %d, want %d", status, tt.status)
			}
			if others := w.up.Count("/example.com*"); (others > 0) != (tt.status == 200) {
				t.Errorf("the public one was asked %d times", others)
			}
		})
	}
}

// TestHopeless: an upstream that wasted all attempts of one file does not get
// them for the next one.
func TestHopeless(t *testing.T) {
	t.Parallel()
	w := start(t, "$p/503", nil)
	w.get(t, "all/example.com/m/@v/v1.0.0.mod")
	before := len(w.up.Requests())
	if before != 6 {
		t.Errorf("%d attempts for the first file, want 6", before)
	}
	w.get(t, "all/example.com/m/@v/v1.0.0.info")
	if n := len(w.up.Requests()) - before; n != 1 {
		t.Errorf("%d attempts for the second file, want 1", n)
	}
}

func TestGOPROXY(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]string{
		"https://a.test,direct":                               "$lb/0,direct",
		"https://a.test|https://b.test,direct":                "$lb/0,direct",
		"https://a.test,https://b.test|https://c.test|direct": "$lb/0,$lb/1|direct",
		"file:///x,https://a.test,off":                        "file:///x,$lb/0,off",
		"direct":                                              "direct",
		"https://a.test,file:///x,https://b.test":             "$lb/0,file:///x,https://b.test",
	} {
		w := start(t, list, nil)
		if got := strings.ReplaceAll(w.GOPROXY(), w.Base(), "$lb"); got != want {
			t.Errorf("GOPROXY for %s = %s, want %s", list, got, want)
		}
	}
}

func TestNoTempFolder(t *testing.T) {
	t.Parallel()
	_, err := Start(Config{Dir: filepath.Join(t.TempDir(), "missing")})
	var disk *SpoolError
	if !errors.As(err, &disk) {
		t.Errorf("error %v, want a SpoolError", err)
	}
}

func FuzzParsePath(f *testing.F) {
	for _, p := range []string{
		"example.com/m/@v/list", "example.com/m/@latest", "github.com/!azure/x/@v/v1.0.0.zip", "example.com/m/@v/main.info",
		"sumdb/sum.golang.org/lookup/example.com/m@v1.0.0", "sumdb/sum.golang.org/tile/8/0/x123/456.p/7", "../x", "a/@v/..mod",
	} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		file, err := ParsePath(p)
		if err != nil {
			return
		}
		again, err := ParsePath(file.Path())
		if err != nil || again != file {
			t.Errorf("%q → %+v → %q → %+v, %v", p, file, file.Path(), again, err)
		}
		if out := file.Path(); strings.Contains(out, "..") && file.Kind != KindInfo || bytes.ContainsAny([]byte(out), " \\?#\x00") {
			t.Errorf("%q is sent as %q", p, out)
		}
	})
}

// TestFetchAheadBeforeServe: what was fetched before the list was known is not asked
// for again, and a list that begins elsewhere is refused.
func TestFetchAheadBeforeServe(t *testing.T) {
	t.Parallel()
	up := proxytest.New(t, proxytest.Module(m+"@v1.0.0", "-- go.mod --\nmodule example.com/m\n-- m.go --\npackage m\n"))
	client := modproxy.NewClient(modproxy.Options{})
	t.Cleanup(client.Close)
	open := func() *Server {
		s, err := Open(Config{
			Client: client, Dir: t.TempDir(), Attempts: 3, RetryFor: 5 * time.Second, InFlight: 8,
			Private: func(string) bool { return false }, Sums: sumsOf(t, up.GoSum()), Record: NewRecord(time.Now(), nil),
			Ahead: []File{{Kind: KindMod, Module: m, Version: "v1.0.0"}, {Kind: KindZip, Module: m, Version: "v1.0.0"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		l, err := modproxy.ParseList(up.URL)
		if err != nil {
			t.Fatal(err)
		}
		s.FetchAhead(l[0].URL)
		return s
	}
	s := open()
	l, err := modproxy.ParseList(up.URL + ",direct")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(l, ""); err != nil {
		t.Fatal(err)
	}
	w := world{Server: s, up: up}
	for _, kind := range []string{"mod", "zip"} {
		if status, _ := w.get(t, "0/example.com/m/@v/v1.0.0."+kind); status != 200 {
			t.Errorf("%s: status %d", kind, status)
		}
	}
	if n := len(up.Requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
	other, err := modproxy.ParseList("http://127.0.0.1:1," + up.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := open().Serve(other, ""); err == nil {
		t.Error("a list that begins elsewhere is served")
	}
}
