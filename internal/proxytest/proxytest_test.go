package proxytest

import (
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMain fails when a server, a proxy or a tunnel outlives its test.
func TestMain(m *testing.M) {
	code := m.Run()
	if left := leftover(); left != "" && code == 0 {
		os.Stderr.WriteString("left running:\n" + left)
		code = 1
	}
	os.Exit(code)
}

// leftover returns the stacks of goroutines of this package that are still
// there after five seconds.
func leftover() (left string) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 250 {
		buf := make([]byte, 1<<20)
		left = ""
		for g := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(g, "proxytest.") && !strings.Contains(g, "proxytest.TestMain") {
				left += g + "\n\n"
			}
		}
		if left == "" {
			break
		}
		<-tick.C
	}
	return left
}

func serveDir(t *testing.T) *Server { return New(t, Dir("testdata/mod")) }

// A download is what go mod download says about one module.
type download struct {
	Path, Version, Error, Sum, GoModSum string
}

// goDownload runs the real go command on one module.
func goDownload(t *testing.T, goproxy, pathVersion string, kv ...string) (d download, stderr string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", pathVersion)
	cmd.Dir = t.TempDir()
	cmd.Env = GoEnv(t, append([]string{"GOPROXY=" + goproxy}, kv...)...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if len(out) == 0 {
		t.Fatalf("go mod download %s: %v\n%s", pathVersion, err, &errs)
	}
	if err := json.Unmarshal(out, &d); err != nil {
		t.Fatalf("output of go mod download: %v\n%s", err, out)
	}
	return d, errs.String()
}

func TestGoDownloadsFromGoodBase(t *testing.T) {
	t.Parallel()
	srv := serveDir(t)
	for _, id := range []string{"example.com/m@v1.0.0", "example.com/Upper@v1.0.0", "example.com/under_score@v0.0.0-20240102030405-0123456789ab"} {
		d, _ := goDownload(t, srv.URL, id)
		if d.Error != "" || d.Sum != srv.ZipHash(id) || d.GoModSum != srv.ModHash(id) {
			t.Errorf("%s: %+v, want sums %s and %s", id, d, srv.ZipHash(id), srv.ModHash(id))
		}
	}
}

func TestGoSeesFaults(t *testing.T) {
	t.Parallel()
	srv := serveDir(t)
	for name, tt := range map[string]struct{ goproxy, want string }{
		"404":                 {"/404", "404 Not Found"},
		"410":                 {"/410", "410 Gone"},
		"403":                 {"/403", "403 Forbidden"},
		"429":                 {"/429", "429 Too Many Requests"},
		"503":                 {"/503", "503 Service Unavailable"},
		"first two answers":   {"/503x2", "503 Service Unavailable"},
		"text of the server":  {"/text=fetch_timed_out/404", "server response: fetch timed out"},
		"cut zip":             {"/cut@zip", "unexpected EOF"},
		"reset":               {"/reset", "connection reset by peer|forcibly closed"},
		"reset in the body":   {"/reset=0.5@zip", "connection reset by peer|forcibly closed"},
		"eof":                 {"/eof", "EOF"},
		"html":                {"/html", "invalid character '<'"},
		"login":               {"/login", "invalid character '<'"},
		"bad zip":             {"/badzip", "not a valid zip file"},
		"truncated zip":       {"/truncated@zip", "not a valid zip file"},
		"empty zip":           {"/emptybody@zip", "not a valid zip file"},
		"bad JSON":            {"/badjson", "unexpected end of JSON input"},
		"redirect loop":       {"/redirect=loop", "stopped after 10 redirects"},
		"links after a while": {"/redirect/403", "403 Forbidden"},
		"falls through comma": {"/404,/403", "403 Forbidden"},
		"stops at comma":      {"/503,", "503 Service Unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := srv.URL + strings.NewReplacer(",", ","+srv.URL).Replace(tt.goproxy)
			d, _ := goDownload(t, list, "example.com/dep@v1.0.0")
			if !containsAny(d.Error, tt.want) {
				t.Errorf("error %q, want %q", d.Error, tt.want)
			}
		})
	}
}

// containsAny reports whether s has one of the texts "a|b|c".
func containsAny(s, texts string) bool {
	return slices.ContainsFunc(strings.Split(texts, "|"), func(text string) bool { return strings.Contains(s, text) })
}

// Over https go asks a second time after any 4xx, with credentials.
func TestGoOverTLS(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("go reads SSL_CERT_FILE on other systems only")
	}
	srv := NewTLS(t, Dir("testdata/mod"))
	d, _ := goDownload(t, srv.URL+"/404|"+srv.URL+"/redirect", "example.com/dep@v1.0.0", "SSL_CERT_FILE="+srv.CAFile)
	if d.Sum != srv.ZipHash("example.com/dep@v1.0.0") {
		t.Errorf("error %q", d.Error)
	}
	if n := srv.Count("/404/*.info"); n != 2 {
		t.Errorf("%d requests of the missing .info, want 2", n)
	}
	for _, q := range srv.Requests() {
		if q.Proto != "HTTP/2.0" {
			t.Errorf("%s came by %s", q.Path, q.Proto)
		}
	}
}

func TestGoGetsPastFaults(t *testing.T) {
	t.Parallel()
	srv := serveDir(t)
	for name, goproxy := range map[string]string{
		"pipe after 503":         "/503|",
		"comma after 404":        "/404,",
		"pipe after a cut body":  "/cut@zip|",
		"redirect to storage":    "/redirect",
		"link that works once":   "/redirect=once",
		"other files":            "/503@list@latest@sumdb",
		"no validators, no size": "/noetag/nodate/norange/nolength",
		"goaway":                 "/goaway",
		"slow":                   "/slow=10KB",
		"delay":                  "/delay=1ms",
		"never":                  "/503~0.0",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := srv.URL + strings.NewReplacer(",", ","+srv.URL, "|", "|"+srv.URL).Replace(goproxy)
			if d, _ := goDownload(t, list, "example.com/dep@v1.0.0"); d.Sum != srv.ZipHash("example.com/dep@v1.0.0") {
				t.Errorf("sum %q, error %q", d.Sum, d.Error)
			}
		})
	}
}

func TestGoEnvIsQuiet(t *testing.T) {
	t.Parallel()
	env := GoEnv(t)
	if got := strings.TrimSpace(runGo(t, t.TempDir(), env, "env", "GOTELEMETRY")); got != "off" {
		t.Errorf("GOTELEMETRY is %q, want off", got)
	}
	home := strings.TrimSpace(runGo(t, t.TempDir(), append(env, "GOFLAGS="), "env", "GOMODCACHE"))
	if !strings.HasPrefix(home, os.TempDir()) {
		t.Errorf("GOMODCACHE is %q, want a temporary folder", home)
	}
}
