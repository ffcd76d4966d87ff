package proxytest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	zipFile  = "/example.com/m/@v/v1.0.0.zip"
	infoFile = "/example.com/m/@v/v1.0.0.info"
	modFile  = "/example.com/m/@v/v1.0.0.mod"
)

// see asks for a file and tells in a few words what a client gets to see,
// "200 whole" for a good answer.
func see(c *http.Client, base, file string, good []byte, header ...string) string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return look(ctx, c, func() {}, base, file, good, header...)
}

// seeSilence is see for an answer that will stop coming: it gives up when the
// server has the request and nothing has come for two seconds.
func seeSilence(srv *Server, c *http.Client, base, file string, good []byte) string {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	silence := time.AfterFunc(time.Hour, cancel)
	defer silence.Stop()
	alive := func() { silence.Reset(2 * time.Second) }
	seen := srv.Count(base + file)
	go func() { srv.Wait(base+file, seen+1); alive() }()
	return look(ctx, c, alive, srv.URL+base, file, good)
}

func look(ctx context.Context, c *http.Client, alive func(), base, file string, good []byte, header ...string) string {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+file, nil)
	if err != nil {
		return err.Error()
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(req)
	if err != nil {
		return "no answer: " + cause(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(reader(func(p []byte) (int, error) { alive(); return resp.Body.Read(p) }))
	what := fmt.Sprintf("%d %s", resp.StatusCode, compare(resp, body, good))
	if err != nil {
		what += ", " + cause(err)
	}
	return what
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }

func compare(resp *http.Response, body, good []byte) string {
	switch {
	case strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html"):
		return "page"
	case resp.StatusCode >= 300:
		return strings.TrimSpace(string(body))
	case string(body) == string(good):
		return "whole"
	case len(body) == 0:
		return "nothing"
	case strings.HasPrefix(string(good), string(body)):
		return fmt.Sprintf("first %.1f", float64(len(body))/float64(len(good)))
	case strings.HasSuffix(string(good), string(body)):
		return fmt.Sprintf("last %.1f", float64(len(body))/float64(len(good)))
	}
	return "other"
}

func cause(err error) string {
	var timeout net.Error
	var get *url.Error
	if errors.As(err, &get) {
		err = get.Err
	}
	switch {
	case errors.Is(err, context.Canceled):
		return "silence"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "time-out"
	case errors.Is(err, syscall.ECONNRESET), strings.Contains(err.Error(), "forcibly closed"):
		return "reset"
	case strings.Contains(err.Error(), "INTERNAL_ERROR"):
		return "stream reset"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "unexpected EOF"
	case errors.Is(err, io.EOF):
		return "EOF"
	}
	return err.Error()
}

// fetch returns the good bytes of a file.
func fetch(t *testing.T, srv *Server, file string) []byte {
	t.Helper()
	resp, err := srv.Client().Get(srv.URL + file)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", file, resp.Status, err)
	}
	return b
}

// effects tells for each fault what a client sees in a row of requests,
// one after "; " each.
var effects = []struct{ base, file, h1, h2 string }{
	{"", zipFile, "200 whole", ""},
	{"/404", zipFile, "404 Not Found", ""},
	{"/401", zipFile, "401 Unauthorized", ""},
	{"/503x2", zipFile, "503 Service Unavailable; 503 Service Unavailable; 200 whole; 200 whole", ""},
	{"/503x1/cutx1", zipFile, "503 Service Unavailable; 200 first 0.5, unexpected EOF; 200 whole", "503 Service Unavailable; 200 first 0.5, stream reset; 200 whole"},
	{"/cutx1/503x1", zipFile, "503 Service Unavailable; 200 whole", ""},
	{"/503@mod", zipFile, "200 whole", ""},
	{"/503@mod@zip", zipFile, "503 Service Unavailable", ""},
	{"/hang", zipFile, "no answer: silence", ""},
	{"/hangx1", zipFile, "no answer: silence; 200 whole", ""},
	{"/eof", zipFile, "no answer: EOF", "no answer: unexpected EOF"},
	{"/reset", zipFile, "no answer: reset", "no answer: stream reset"},
	{"/reset=0.5", zipFile, "200 first 0.5, reset", "200 first 0.5, stream reset"},
	{"/cut", zipFile, "200 first 0.5, unexpected EOF", "200 first 0.5, stream reset"},
	{"/cut=0.8", zipFile, "200 first 0.8, unexpected EOF", "200 first 0.8, stream reset"},
	{"/cut=0", zipFile, "200 nothing, unexpected EOF", "200 nothing, stream reset"},
	{"/cut=1.0", zipFile, "200 first 1.0, unexpected EOF", "200 first 1.0, stream reset"},
	{"/cut=9MB", zipFile, "200 first 1.0, unexpected EOF", "200 first 1.0, stream reset"},
	{"/nolength/cut", zipFile, "200 first 0.5, unexpected EOF", "200 first 0.5, stream reset"},
	{"/emptybody/cut", zipFile, "200 nothing", "200 nothing, stream reset"},
	{"/cut/404", zipFile, "404 Not Found", ""},
	{"/slow=1MB/cut", zipFile, "200 first 0.5, unexpected EOF", "200 first 0.5, stream reset"},
	{"/cut/slow=1MB", zipFile, "200 first 0.5, unexpected EOF", "200 first 0.5, stream reset"},
	{"/cut/nolength", zipFile, "200 nothing, unexpected EOF", "200 nothing, stream reset"},
	{"/stall", zipFile, "200 first 0.5, silence", ""},
	{"/stall=0.1x1", zipFile, "200 first 0.1, silence; 200 whole", ""},
	{"/slowheader", zipFile, "no answer: silence", ""},
	{"/html", zipFile, "200 page", ""},
	{"/login", zipFile, "200 page", ""},
	{"/redirect", zipFile, "200 whole", ""},
	{"/redirect", infoFile, "200 whole", ""},
	{"/redirect/403x1/cutx1", zipFile, "403 Forbidden; 200 first 0.5, unexpected EOF; 200 whole", "403 Forbidden; 200 first 0.5, stream reset; 200 whole"},
	{"/redirect=once", zipFile, "200 whole; 200 whole", ""},
	{"/redirect=loop", zipFile, "no answer: stopped after 10 redirects", ""},
	{"/nosumdb", "/sumdb/sum.example.test/supported", "404 Not Found", ""},
	{"/503@supported", "/sumdb/sum.example.test/supported", "503 Service Unavailable", ""},
	{"/503@lookup@tile", "/sumdb/sum.example.test/supported", "200 whole", ""},
	{"/auth=ci:tok", zipFile, "401 Unauthorized", ""},
	{"/busy=0", zipFile, "429 Too Many Requests; 429 Too Many Requests", ""},
	{"/busy=1", zipFile, "200 whole; 200 whole", ""},
	{"/wrong", zipFile, "200 other", ""},
	{"/wrong", modFile, "200 other", ""},
	{"/wrong", infoFile, "200 whole", ""},
	{"/wrongx1", zipFile, "200 other; 200 whole", ""},
	{"/badzip", zipFile, "200 other", ""},
	{"/badzip", modFile, "200 whole", ""},
	{"/badjson", infoFile, "200 first 0.2", ""},
	{"/wrongversion", infoFile, "200 other", ""},
	{"/truncated", zipFile, "200 first 0.5", ""},
	{"/truncated=0.1", zipFile, "200 first 0.1", ""},
	{"/emptybody", zipFile, "200 nothing", ""},
	{"/delay=1ms", zipFile, "200 whole", ""},
	{"/slow=1MB", zipFile, "200 whole", ""},
	{"/slowloris=1us", modFile, "200 whole", ""},
	{"/text=try_me_later/503", zipFile, "503 try me later", ""},
	{"/after=1/503x1", zipFile, "503 Service Unavailable; 200 whole", ""},
	{"/etag=x/noetag/weaketag/nodate/norange/badrange/nolength/goaway/seed=2", zipFile, "200 whole", ""},
	{"/503~0.0", zipFile, "200 whole", ""},
	{"/503x1~1.0", zipFile, "503 Service Unavailable; 200 whole", ""},
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for proto, start := range map[string]func(testing.TB, ...Source) *Server{"HTTP 1.1": New, "HTTP 2.0": NewTLS} {
		for _, tt := range effects {
			want := tt.h1
			if tt.h2 != "" && proto == "HTTP 2.0" {
				want = tt.h2
			}
			t.Run(proto+tt.base+tt.file, func(t *testing.T) {
				t.Parallel()
				srv := start(t, Dir("testdata/mod"))
				c := srv.Client()
				good := fetch(t, srv, tt.file)
				var got []string
				for want := range strings.SplitSeq(want, "; ") {
					if strings.Contains(want, "silence") {
						got = append(got, seeSilence(srv, c, tt.base, tt.file, good))
					} else {
						got = append(got, see(c, srv.URL+tt.base, tt.file, good))
					}
				}
				if got := strings.Join(got, "; "); got != want {
					t.Errorf("%s%s:\n got %s\nwant %s", tt.base, tt.file, got, want)
				}
			})
		}
	}
}

// Every fault has a row in effects: what is not tested does not exist.
func TestEveryFaultHasAnEffect(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for _, tt := range effects {
		base, _ := split(tt.base)
		for _, seg := range base {
			tested[segment.FindStringSubmatch(seg)[1]] = true
		}
	}
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(faultKinds())) {
		if !tested[name] {
			t.Errorf("fault %s has no row in effects", name)
		}
		if !strings.Contains(string(doc), name) {
			t.Errorf("fault %s is not in the package comment", name)
		}
	}
}
