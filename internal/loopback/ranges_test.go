package loopback

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
	"github.com/goproxy-setup/goproxy-setup/report"
)

func TestPace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		got, left int64
		took      time.Duration
		sharers   int
		peak      float64
		want      bool
	}{
		{"too early to say", 1, 50 << 20, usualPace.after / 2, 1, 0, false},
		{"nearly done", 38 << 20, 1 << 20, 3 * time.Second, 1, 0, false},
		{"fast enough", 20 << 20, 20 << 20, 3 * time.Second, 1, 0, false},
		{"slow", 1 << 19, 38 << 20, 2 * time.Second, 1, 0, true},
		{"slow among many", 1 << 19, 38 << 20, 2 * time.Second, 10, 0, false},
		{"slow among many that have ended", 1 << 19, 38 << 20, 2 * time.Second, 1, 2 << 20, false},
		{"long, but not slow", 6 << 20, 400 << 20, 3 * time.Second, 1, 0, false},
		{"nothing yet", 0, 38 << 20, 3 * time.Second, 1, 0, false},
	} {
		if got := usualPace.slow(tt.got, tt.left, tt.took, tt.sharers, tt.peak); got != tt.want {
			t.Errorf("%s: slow is %v", tt.name, got)
		}
	}
}

func TestPaceOverLongPath(t *testing.T) {
	t.Parallel()
	if got := usualPace.over(200 * time.Millisecond).after; got != 2400*time.Millisecond {
		t.Errorf("a stream over 200 ms is judged after %v", got)
	}
	if got := usualPace.over(5 * time.Millisecond).after; got != usualPace.after {
		t.Errorf("a stream over 5 ms is judged after %v", got)
	}
}

func TestTrickles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		got     int64
		sharers int
		want    bool
	}{
		{50, 1, true}, {50, 20, true}, {5 << 10, 1, false}, {5 << 10 / 20, 21, false},
	} {
		if trickles(tt.got, 5*time.Second, tt.sharers) != tt.want {
			t.Errorf("%d bytes in five seconds as one of %d trickle: %v", tt.got, tt.sharers, !tt.want)
		}
	}
}

// TestParts: a slow zip is finished in parts, and is the same file.
func TestParts(t *testing.T) {
	t.Parallel()
	graph := &proxytest.Graph{Modules: 1, BigZip: 2 << 20, Seed: 1}
	up := proxytest.New(t, graph)
	for name, tt := range map[string]struct {
		fault string
		far   bool
		parts bool
	}{
		"slow":                   {"/slow=4MB", false, true},
		"slow and cut":           {"/slow=4MB/cutx1", false, true},
		"slow and no range":      {"/slow=16MB/norange", false, false},
		"slow, weak validator":   {"/slow=16MB/weaketag", false, false},
		"slow, parts are broken": {"/slow=16MB/badrange", false, false},
		"far":                    {"", true, true},
		"far and cut":            {"/cutx3", true, true},
		"far and reset":          {"/resetx2", true, true},
		"far and no range":       {"/norange", true, false},
		"far, weak validator":    {"/weaketag", true, false},
		"far, parts are broken":  {"/badrange", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, record, _ := newParts(t, up, tt.fault, pace{
				rate: 1 << 30, whole: 1 << 40, after: 20 * time.Millisecond, patience: 40 * time.Millisecond, little: 256 << 10, part: 128 << 10, parallel: 4, first: 512 << 10, gain: time.Hour,
			})
			if tt.far {
				s.fetch.pace.after = time.Hour
				makeFar(s)
			}
			path := "all/" + File{Kind: KindZip, Module: graph.Path(0), Version: "v1.0.0"}.Path()
			status, body := world{Server: s}.get(t, path)
			if status != http.StatusOK {
				t.Fatalf("status %d: %s", status, body)
			}
			resp, err := up.Client().Get(up.URL + "/" + path[len("all/"):])
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			want, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if body != string(want) {
				t.Errorf("the parts make another file of %d bytes, not %d", len(body), len(want))
			}
			_, attempts, _ := record.Snapshot()
			if got := hasParts(attempts); got != tt.parts {
				t.Errorf("in parts is %v: %+v", got, attempts)
			}
		})
	}
}

// newParts starts a loopback with a pace before a fault of the upstream.
func newParts(t *testing.T, up *proxytest.Server, fault string, p pace) (*Server, *Record, *modproxy.Client) {
	t.Helper()
	l, err := modproxy.ParseList(up.URL + fault)
	if err != nil {
		t.Fatal(err)
	}
	client := modproxy.NewClient(modproxy.Options{RootCAs: up.CA})
	t.Cleanup(client.Close)
	record := NewRecord(time.Now(), nil)
	s, err := Start(Config{
		Client: client, List: l, Dir: t.TempDir(), Attempts: 6, RetryFor: 20 * time.Second, Record: record,
		Private: func(string) bool { return false },
		Sums:    sumsOf(t, up.GoSum()),
		Explain: func(_ File, err error) string { return err.Error() },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.fetch.pace = p
	return s, record, client
}

// makeFar has the upstream be at the end of a long path.
func makeFar(s *Server) {
	for range enough {
		s.groups[0][0].health.good(farAway)
	}
	s.groups[0][0].health.validates(true)
}

func hasParts(attempts []report.Attempt) bool {
	for _, a := range attempts {
		if a.Part && a.Class == "" {
			return true
		}
	}
	return false
}

// TestLaggingConnection: the rest of a zip comes over another connection when that is
// much faster, whether the zip is read as a whole or in parts.
func TestLaggingConnection(t *testing.T) {
	t.Parallel()
	const first = 4 << 20
	graph := &proxytest.Graph{Modules: 2, BigZip: 8 << 20, ZipSize: 4 << 20, Seed: 1}
	for name, far := range map[string]bool{"near": false, "far": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			up := proxytest.NewTLS(t, graph)
			s, _, client := newParts(t, up, "/slow=200KBx1", pace{
				after: 20 * time.Millisecond, patience: time.Hour, part: 1 << 20, parallel: 4, first: first, gain: 20 * time.Millisecond,
			})
			if far {
				makeFar(s)
				s.fetch.pace.after = time.Millisecond // twelve times as long over this path
			}
			zip := func(i int) string { return File{Kind: KindZip, Module: graph.Path(i), Version: "v1.0.0"}.Path() }
			done := make(chan int)
			go func() {
				status, _ := world{Server: s}.get(t, "all/"+zip(0))
				done <- status
			}()
			up.Wait(zip(0), 1)
			fast := modproxy.Try{URL: parse(t, up.URL+"/"+zip(1)), Stall: time.Minute}
			err := client.Do(t.Context(), fast, func(resp *http.Response) error {
				_, err := io.Copy(io.Discard, resp.Body)
				return err
			}, func(error) (modproxy.Try, bool) { return fast, false })
			if status := <-done; status != http.StatusOK || err != nil {
				t.Fatalf("status %d, %v", status, err)
			}
			slow, moved := 0, false
			for _, q := range up.Requests() {
				from := int64(0)
				fmt.Sscanf(q.Header.Get("Range"), "bytes=%d-", &from)
				switch {
				case q.Path != zip(0):
				case slow == 0:
					slow = q.Conn
				case from > 0 && from < first:
					moved = moved || q.Conn != slow
				}
			}
			if !moved {
				t.Errorf("the slow stream was not left: %+v", up.Requests())
			}
		})
	}
}

func parse(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
