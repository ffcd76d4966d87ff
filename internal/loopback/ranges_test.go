package loopback

import (
	"io"
	"net/http"
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
		want      bool
	}{
		{"too early to say", 1, 50 << 20, usualPace.after / 2, 1, false},
		{"nearly done", 38 << 20, 1 << 20, 3 * time.Second, 1, false},
		{"fast enough", 20 << 20, 20 << 20, 3 * time.Second, 1, false},
		{"slow", 1 << 19, 38 << 20, 2 * time.Second, 1, true},
		{"slow among many", 1 << 19, 38 << 20, 2 * time.Second, 10, false},
		{"long, but not slow", 6 << 20, 400 << 20, 3 * time.Second, 1, false},
		{"nothing yet", 0, 38 << 20, 3 * time.Second, 1, false},
	} {
		if got := usualPace.slow(tt.got, tt.left, tt.took, tt.sharers); got != tt.want {
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
			l, err := modproxy.ParseList(up.URL + tt.fault)
			if err != nil {
				t.Fatal(err)
			}
			client := modproxy.NewClient(modproxy.Options{})
			defer client.Close()
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
			defer s.Close()
			s.fetch.pace = pace{rate: 1 << 30, after: 20 * time.Millisecond, patience: 40 * time.Millisecond, part: 128 << 10, parallel: 4, first: 512 << 10}
			if tt.far {
				s.fetch.pace.after = time.Hour
				for range enough {
					s.groups[0][0].health.good(farAway)
				}
				s.groups[0][0].health.validates(true)
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

func hasParts(attempts []report.Attempt) bool {
	for _, a := range attempts {
		if a.Part && a.Class == "" {
			return true
		}
	}
	return false
}
