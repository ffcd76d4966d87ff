//go:build !windows

package pac

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/golden"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// TestScripts reads testdata/scripts.txt: a script among lines that begin with
// "dns NAME=ADDRESS,…", "mine ADDRESS,…", "at TIME", "budget DURATION" (of one
// answer) and "ask URL".
func TestScripts(t *testing.T) {
	t.Parallel()
	golden.Run(t, "testdata/scripts.txt", func(t *testing.T, in []string) (out []string) {
		w := read(t, in)
		f, err := load(t.Context(), "http://pac.example/p", w.script, w.options.filled())
		if err != nil {
			return []string{say(t, err)}
		}
		if w.budget > 0 {
			f.(*engine).o.Budget = w.budget // loading may take longer on a busy machine
		}
		for _, u := range w.ask {
			out = append(out, answerTo(t, f, u))
		}
		return out
	})
}

func answerTo(t *testing.T, f Finder, to string) string {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	ways, err := f.Find(t.Context(), u)
	if err != nil {
		return say(t, err)
	}
	return shownWays(ways)
}

func shownWays(ways []*url.URL) string {
	var list []string
	for _, w := range ways {
		if w == nil {
			list = append(list, "direct")
			continue
		}
		list = append(list, w.String())
	}
	return strings.Join(list, " ")
}

// say is an error whose type is one of ours and tells its class.
func say(t *testing.T, err error) string {
	t.Helper()
	var c interface{ FailureClass() report.Class }
	if !errors.As(err, &c) || c.FailureClass() != report.ForwardProxyFailure {
		t.Errorf("error %v of type %T has no class", err, err)
	}
	return "error: " + err.Error()
}

type world struct {
	script  string
	ask     []string
	budget  time.Duration
	options Options
}

func read(t *testing.T, in []string) (w world) {
	t.Helper()
	names := map[string][]netip.Addr{}
	mine := []netip.Addr{netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("2001:db8::3")}
	at := time.Date(2026, 11, 25, 14, 30, 15, 0, time.FixedZone("here", 2*3600)) // a Wednesday
	w.options.SearchDomains = []string{}
	for _, line := range in {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "dns":
			name, list, _ := strings.Cut(rest, "=")
			names[name] = addrs(t, list)
		case "mine":
			mine = addrs(t, rest)
		case "at":
			var err error
			if at, err = time.Parse(time.RFC3339, rest); err != nil {
				t.Fatal(err)
			}
		case "budget":
			var err error
			if w.budget, err = time.ParseDuration(rest); err != nil {
				t.Fatal(err)
			}
		case "ask":
			w.ask = append(w.ask, rest)
		default:
			w.script += line + "\n"
		}
	}
	w.options.Now = func() time.Time { return at }
	w.options.Addresses = func() []netip.Addr { return mine }
	w.options.LookupHost = func(_ context.Context, host string) ([]netip.Addr, error) {
		if a, ok := names[host]; ok {
			return a, nil
		}
		return nil, fmt.Errorf("no such host")
	}
	return w
}

func addrs(t *testing.T, list string) (out []netip.Addr) {
	t.Helper()
	for s := range strings.SplitSeq(list, ",") {
		if s == "" {
			continue
		}
		a, err := netip.ParseAddr(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, a)
	}
	return out
}

// TestCruel: scripts that would take this process down, or never end. None does,
// none is asked twice, and another script still works.
func TestCruel(t *testing.T) {
	if testing.Short() {
		t.Skip("hostile scripts take seconds and memory")
	}
	const find = "function FindProxyForURL(u, h) { %s }"
	for name, tt := range map[string]struct {
		script string
		want   Fault
	}{
		"doubles a string":        {fmt.Sprintf(find, "var s = 'xxxxxxxx'; for (;;) s += s"), FaultMemory},
		"fills an array":          {fmt.Sprintf(find, "var a = []; var s = 'xxxxxxxxxxxxxxxx'; while (s.length < 1e6) s += s; for (;;) a.push(s + a.length)"), FaultMemory},
		"repeats":                 {fmt.Sprintf(find, "return 'x'.repeat(1 << 30)"), FaultThrow},
		"pads":                    {fmt.Sprintf(find, "return 'x'.padEnd(1 << 30)"), FaultThrow},
		"joins a sparse array":    {fmt.Sprintf(find, "return new Array(4e9).join('x')"), FaultThrow},
		"fills a sparse array":    {fmt.Sprintf(find, "return '' + new Array(1e9).fill(1)"), FaultThrow},
		"takes a buffer":          {fmt.Sprintf(find, "return new Uint8Array(1e10)"), FaultThrow},
		"nests arrays":            {fmt.Sprintf(find, "var o = []; for (;;) o = [o]"), FaultMemory},
		"binds":                   {fmt.Sprintf(find, "var f = function () {}; for (;;) f = f.bind(null)"), FaultMemory},
		"evaluates":               {fmt.Sprintf(find, "var s = '('; while (s.length < 1e6) s += s; eval(s)"), FaultThrow},
		"builds a function":       {fmt.Sprintf(find, "var s = '('; while (s.length < 1e6) s += s; (function () {}).constructor(s)"), FaultThrow},
		"builds a generator":      {fmt.Sprintf(find, "var s = '('; while (s.length < 1e6) s += s; (function* () {}).constructor(s)"), FaultThrow},
		"parses JSON":             {fmt.Sprintf(find, "var s = '['; while (s.length < 1e6) s += s; JSON.parse(s)"), FaultThrow},
		"a million parentheses":   {strings.Repeat("(", 1<<20-1), FaultSyntax},
		"arrows upon arrows":      {strings.Repeat("x=>", 1<<18), FaultSyntax},
		"templates upon another":  {strings.Repeat("`${", 1<<18), FaultSyntax},
		"loops while loading":     {"for (;;);", FaultTime},
		"redefines what is asked": {"FindProxyForURL = 5", FaultFunction},
	} {
		t.Run(name, func(t *testing.T) { // one after another: memory is the process's
			o := Options{Budget: time.Minute, Memory: 32 << 20, SearchDomains: []string{}}
			if tt.want == FaultTime {
				o.Budget = 50 * time.Millisecond
			}
			f, err := load(t.Context(), "http://pac.example/p", tt.script, o.filled())
			for range 2 { // what was learnt is kept
				if f != nil {
					_, err = f.Find(t.Context(), &url.URL{Scheme: "https", Host: "a.example"})
				}
				var s *ScriptError
				if !errors.As(err, &s) || s.Fault != tt.want {
					t.Fatalf("error %v, want fault %s", err, tt.want)
				}
				if len(s.Detail) > 1000 {
					t.Errorf("the detail has %d bytes", len(s.Detail))
				}
			}
		})
	}
}

// TestUnstoppable: a native function that looks at no interrupt is left behind.
func TestUnstoppable(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	defer close(stuck)
	o := Options{Budget: time.Minute, LookupHost: func(context.Context, string) ([]netip.Addr, error) {
		<-stuck // a resolver that heeds no context stands for it
		return nil, nil
	}}
	f, err := load(t.Context(), "p", "function FindProxyForURL(u, h) { dnsResolve(h); return 'DIRECT' }", o.filled())
	if err != nil {
		t.Fatal(err)
	}
	f.(*engine).o.Budget = 20 * time.Millisecond // loading may take longer on a busy machine
	for range 3 {
		var s *ScriptError
		if _, err := f.Find(t.Context(), &url.URL{Scheme: "https", Host: "a.example"}); !errors.As(err, &s) || s.Fault != FaultTime {
			t.Fatalf("error %v", err)
		}
	}
}

// TestCancelled: whoever asks may go away, which says nothing of the script.
func TestCancelled(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	o := Options{LookupHost: func(ctx context.Context, _ string) ([]netip.Addr, error) {
		asked <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	f, err := load(t.Context(), "p", "function FindProxyForURL(u, h) { return h == 'a.example' && dnsResolve(h) ? 'PROXY p' : 'DIRECT' }", o.filled())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	if _, err := f.Find(ctx, &url.URL{Scheme: "https", Host: "a.example"}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if got := answerTo(t, f, "https://b.example/"); got != "direct" {
		t.Errorf("another one gets %s", got)
	}
}

// TestKept: an answer is given once for an origin, and names resolve once.
func TestKept(t *testing.T) {
	t.Parallel()
	lookups := 0
	o := Options{LookupHost: func(_ context.Context, host string) ([]netip.Addr, error) {
		lookups++
		return []netip.Addr{netip.MustParseAddr("::ffff:10.0.0.1")}, nil
	}}
	f, err := load(t.Context(), "p", "var n = 0; function FindProxyForURL(u, h) { n++; return isInNet('x.example', '10.0.0.0', '255.0.0.0') ? 'PROXY p:' + n : 'DIRECT' }", o.filled())
	if err != nil {
		t.Fatal(err)
	}
	for u, want := range map[string]string{"https://a.example/b?c": "http://p:1", "https://u:p@a.example/d#e": "http://p:1"} {
		if got := answerTo(t, f, u); got != want {
			t.Errorf("%s: %s, want %s", u, got, want)
		}
	}
	if got := answerTo(t, f, "https://a.example:8443/"); got != "http://p:2" {
		t.Errorf("another port: %s", got)
	}
	if lookups != 1 {
		t.Errorf("%d lookups", lookups)
	}
}

func FuzzLoad(f *testing.F) {
	data, err := os.ReadFile(filepath.Join("testdata", "scripts.txt"))
	if err != nil {
		f.Fatal(err)
	}
	for block := range strings.SplitSeq(string(data), "\n\n") {
		f.Add(block)
	}
	o := Options{Budget: 200 * time.Millisecond, SearchDomains: []string{}, LookupHost: func(context.Context, string) ([]netip.Addr, error) { return nil, nil }}.filled()
	f.Fuzz(func(t *testing.T, script string) {
		finder, err := load(t.Context(), "p", script, o)
		if err != nil {
			return
		}
		ways, err := finder.Find(t.Context(), &url.URL{Scheme: "https", Host: "a.example"})
		if err == nil && len(ways) == 0 {
			t.Error("no way and no error")
		}
	})
}
