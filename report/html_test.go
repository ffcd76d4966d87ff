package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// What our page is made of. Anything else in a page came from foreign text.
var (
	htmlElements = strings.Fields(`html head meta title style body main header section article p h1 h2 h3 span div ul ol li dl dt dd
		b i strong code pre table thead tbody tr th td details summary svg rect line`)
	htmlAttributes = strings.Fields(`lang charset name content http-equiv class title style viewBox viewbox preserveAspectRatio preserveaspectratio
		width height role aria-label stroke fill x y x1 x2 y1 y2`)
)

// TestHTMLIsOurs reads the page as a browser does and finds no element and no
// attribute that is not ours, and every element closed.
func TestHTMLIsOurs(t *testing.T) {
	t.Parallel()
	cases(t, "html", func(t *testing.T, _ *Report, out []byte) { checkHTML(t, out) })
}

func checkHTML(t *testing.T, out []byte) {
	t.Helper()
	var open []string
	z := html.NewTokenizer(bytes.NewReader(out))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			if err := z.Err(); !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			break
		}
		token := z.Token()
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			if !slices.Contains(htmlElements, token.Data) {
				t.Errorf("element <%s>", token.Data)
			}
			for _, a := range token.Attr {
				if !slices.Contains(htmlAttributes, a.Key) {
					t.Errorf("attribute %s=%q in <%s>", a.Key, a.Val, token.Data)
				}
			}
			if kind == html.StartTagToken && token.Data != "meta" {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("</%s> with %v open", token.Data, open)
			}
			open = open[:len(open)-1]
		case html.CommentToken:
			t.Errorf("comment %q", token.Data)
		}
	}
	if len(open) > 0 {
		t.Errorf("%v open at the end", open)
	}
}

func TestHTMLNeedsNothingElse(t *testing.T) {
	t.Parallel()
	if m := regexp.MustCompile(`url\(|@import|@font-face`).FindString(string(pageStyle)); m != "" {
		t.Errorf("page.css has %s", m)
	}
}

// TestHTMLStaysSmall draws far more than any job has.
func TestHTMLStaysSmall(t *testing.T) {
	t.Parallel()
	r := &Report{Outcome: Failed}
	for i := range 20_000 {
		a := Attempt{Path: fmt.Sprintf("example.com/m%d/@v/v1.0.0.zip", i/4), Upstream: "https://goproxy.cn", StartMS: float64(i), DurationMS: 50, Status: 200, Bytes: 1000}
		if i%4 < 3 {
			a.Status, a.Class, a.Error = 502, ProxyServerError, strings.Repeat("bad gateway ", 50)
		}
		r.Attempts = append(r.Attempts, a)
	}
	for range 1000 {
		r.Failures = append(r.Failures, Failure{Class: ProxyServerError, Module: strings.Repeat("m", 5000), Evidence: []string{strings.Repeat("e", 5000)}})
	}
	f, _ := FormatNamed("html")
	out := render(t, f, r, Options{})
	if len(out) > 2<<20 {
		t.Errorf("%d bytes, want at most 2 MiB", len(out))
	}
	checkHTML(t, out)
}

func TestWaterfallTellsWhatHappened(t *testing.T) {
	t.Parallel()
	const a, b = "https://a.example", "https://b.example"
	zip := "example.com/m/@v/v1.0.0.zip"
	for _, c := range []struct {
		name     string
		attempts []Attempt
		want     trouble
	}{
		{"at once", []Attempt{{Path: zip, Upstream: a}}, trouble{}},
		{"a retry", []Attempt{{Path: zip, Upstream: a, Class: ConnectionReset}, {Path: zip, Upstream: a}}, trouble{Retries: 1}},
		{"a fail-over", []Attempt{{Path: zip, Upstream: a, Class: ProxyServerError}, {Path: zip, Upstream: b}}, trouble{Failovers: 1}},
		{"a hedge is no fail-over", []Attempt{{Path: zip, Upstream: a}, {Path: zip, Upstream: b, Hedge: true}}, trouble{Hedges: 1}},
		{"a resume is no retry", []Attempt{{Path: zip, Upstream: a, Class: ConnectionReset}, {Path: zip, Upstream: a, Resume: true}}, trouble{Resumes: 1}},
		{"it never came", []Attempt{{Path: zip, Upstream: a, Class: DNSFailure}, {Path: zip, Upstream: b, Class: DNSFailure}}, trouble{Failovers: 1, Failed: 1}},
		{"another file of the module", []Attempt{{Path: "example.com/m/@v/v1.0.0.mod", Upstream: a}, {Path: zip, Upstream: b}}, trouble{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWaterfall(c.attempts)
			if len(w.Rows) != 1 || w.Rows[0].Trouble != c.want {
				t.Errorf("got %+v, want one module with %+v", w.Rows, c.want)
			}
		})
	}
}

func TestWaterfallStaysOnThePage(t *testing.T) {
	t.Parallel()
	cases(t, "html", func(t *testing.T, r *Report, _ []byte) {
		w := newWaterfall(r.Attempts)
		if w == nil {
			return
		}
		for _, l := range w.Rows {
			for _, b := range l.Bars {
				if !(b.X >= 0 && b.W > 0 && b.X+b.W <= waterfallWidth+0.1 && b.Y >= 0 && b.Y+b.H <= 14) {
					t.Errorf("bar outside: %+v", b)
				}
			}
		}
	})
}

func TestTicksAreFewAndRound(t *testing.T) {
	t.Parallel()
	for end, want := range map[float64]string{1: "0 0.2 0.4 0.6 0.8 1", 79: "0 20 40 60", 402: "0 100 200 300 400", 18_000: "0 5000 10000 15000", 61_000: "0 20000 40000 60000"} {
		var got []string
		for _, tick := range ticks(end) {
			got = append(got, fmt.Sprint(round1(tick.Time)))
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("ticks(%v) = %s, want %s", end, s, want)
		}
	}
}
