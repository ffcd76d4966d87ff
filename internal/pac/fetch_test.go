//go:build !windows

package pac

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"
)

const chinese = "// 内网直连\nfunction FindProxyForURL(u, h) { return '内网' == '\\u5185\\u7f51' && '\\u8868' == '表' ? 'PROXY zh:1' : 'DIRECT'; }\n"

func asUTF16(s string, big bool) string {
	out := []byte{0xff, 0xfe}
	if big {
		out = []byte{0xfe, 0xff}
	}
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return string(out)
}

// TestEncodings: one script as it comes from different servers.
func TestEncodings(t *testing.T) {
	t.Parallel()
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(chinese)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ body, contentType, want string }{
		"UTF-8":                        {chinese, "application/x-ns-proxy-autoconfig", "http://zh:1"},
		"UTF-8 with mark":              {"\xef\xbb\xbf" + chinese, "", "http://zh:1"},
		"UTF-16 little endian":         {asUTF16(chinese, false), "text/plain; charset=utf-8", "http://zh:1"},
		"UTF-16 big endian":            {asUTF16(chinese, true), "", "http://zh:1"},
		"UTF-16 without mark":          {asUTF16(chinese, false)[2:], "text/plain; charset=UTF-16", "http://zh:1"},
		"UTF-16, one byte more":        {asUTF16(chinese, false) + "x", "", "http://zh:1"},
		"GBK":                          {gbk, "", "http://zh:1"},
		"GBK, said to be UTF-8":        {gbk, "text/plain; charset=utf-8", "http://zh:1"},
		"Latin-1":                      {"// f\xfcr\nfunction FindProxyForURL(u, h) { return '\xfc' == '\\u00fc' ? 'PROXY de:1' : 'DIRECT' }", "text/plain; charset=ISO-8859-1", "http://de:1"},
		"neither GBK nor UTF-8":        {"// f\xff\nfunction FindProxyForURL(u, h) { return 'PROXY x:1' }", "", "http://x:1"},
		"line ends of Windows":         {strings.ReplaceAll(chinese, "\n", "\r\n"), "", "http://zh:1"},
		"line ends of a former system": {strings.ReplaceAll(chinese, "\n", "\r"), "", "http://zh:1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := Open(t.Context(), serve(t, 200, tt.contentType, tt.body), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := answerTo(t, f, "https://a.example/"); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func serve(t *testing.T, status int, contentType, body string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		w.Write([]byte(body))
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/proxy.pac"
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stuck }))
	t.Cleanup(func() { close(stuck); silent.Close() })
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, tt := range map[string]struct{ location, want string }{
		"not found":    {serve(t, 404, "", "x"), "it answered 404 Not Found"},
		"login page":   {serve(t, 200, "text/html", "<html>log in</html>"), "syntax: SyntaxError"},
		"empty":        {serve(t, 200, "", ""), "it defines no function"},
		"too large":    {serve(t, 200, "", strings.Repeat(" ", maxScript+1)), "it is larger than 1 MB"},
		"server gone":  {gone.URL, "connection refused"},
		"silent":       {silent.URL, "deadline exceeded"},
		"no such file": {"file:///no/such/file.pac", "no such file"},
		"scheme":       {"ftp://a.example/p", `it has scheme "ftp", not http, https or file`},
		"no URL":       {"http://u:s3cr3t@[::1/p", "it is not a URL"},
		"password":     {strings.Replace(gone.URL, "//", "//u:s3cr3t@", 1), "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := Options{}
			if name == "silent" {
				o.Budget = 30 * time.Millisecond
			}
			_, err := Open(t.Context(), tt.location, o)
			if err == nil {
				t.Fatal("no error")
			}
			if text := say(t, err); !strings.Contains(text, tt.want) || strings.Contains(text, "s3cr3t") {
				t.Errorf("%s, want %s", text, tt.want)
			}
		})
	}
}

func TestOpenFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "proxy.pac")
	if err := os.WriteFile(name, []byte(chinese), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(t.Context(), (&url.URL{Scheme: "file", Path: name}).String(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := answerTo(t, f, "https://a.example/"); got != "http://zh:1" {
		t.Error(got)
	}
}

// roundTrip stands for the network of a search domain.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestDetect(t *testing.T) {
	t.Parallel()
	var asked []string
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.String())
		if r.URL.Host != "wpad.b.example" {
			return nil, errors.New("no such host")
		}
		w := httptest.NewRecorder()
		w.WriteString("function FindProxyForURL() { return 'PROXY found:1' }")
		return w.Result(), nil
	})}
	f, location, err := Detect(t.Context(), Options{Client: client, SearchDomains: []string{"x.a.example", "b.example", "never.example"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := answerTo(t, f, "https://a.example/"); got != "http://found:1" || location != "http://wpad.b.example/wpad.dat" {
		t.Errorf("%s from %s", got, location)
	}
	if strings.Join(asked, " ") != "http://wpad.x.a.example/wpad.dat http://wpad.b.example/wpad.dat" {
		t.Errorf("asked %s", asked)
	}
	_, _, err = Detect(context.Background(), Options{Client: client, SearchDomains: []string{"x.a.example"}})
	var de *DetectError
	if !errors.As(err, &de) || len(de.Tried) != 1 {
		t.Errorf("error %v", err)
	}
	if _, _, err = Detect(context.Background(), Options{SearchDomains: []string{}}); !errors.As(err, &de) {
		t.Errorf("without domains: %v", err)
	}
}

func TestSearchDomains(t *testing.T) {
	t.Parallel()
	for conf, want := range map[string]string{
		"":                            "",
		"nameserver 10.0.0.1\n":       "",
		"search a.example b.example.": "a.example b.example",
		"domain a.example\nsearch b.example\n# search c.example": "b.example",
		"search local corp\n":       "",
		"search a/b.example x.y\n":  "x.y",
		"search\tsvc.cluster.local": "svc.cluster.local",
	} {
		if got := strings.Join(searchDomains(conf), " "); got != want {
			t.Errorf("%q: %q, want %q", conf, got, want)
		}
	}
}
