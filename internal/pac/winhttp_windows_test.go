package pac

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// TestWinHTTP has the system fetch and run scripts, one after another: Wine has room for
// one script in a process, and says "Cannot complete" when two come together.
func TestWinHTTP(t *testing.T) {
	for name, tt := range map[string]struct{ script, want string }{
		"one proxy":         {`function FindProxyForURL(u, h) { return "PROXY p.example:3128"; }`, "http://p.example:3128"},
		"direct":            {`function FindProxyForURL(u, h) { return "DIRECT"; }`, "direct"},
		"by host":           {`function FindProxyForURL(u, h) { return h == "a.example" ? "PROXY a:1" : "PROXY other:1"; }`, "http://a:1"},
		"no path for https": {`function FindProxyForURL(u, h) { return u == "https://a.example/" ? "PROXY short:1" : "PROXY long:1"; }`, "http://short:1"},
		"helpers":           {`function FindProxyForURL(u, h) { return shExpMatch(h, "*.example") && !isPlainHostName(h) && dnsDomainIs(h, ".example") ? "PROXY a:1" : "DIRECT"; }`, "http://a:1"},
		"fail-over":         {`function FindProxyForURL(u, h) { return "PROXY a:1; PROXY b:2"; }`, "http://a:1 http://b:2"},
		"line ends":         {"// x\r\nfunction FindProxyForURL(u, h) {\r\n  return \"PROXY a:1\";\r\n}\r\n", "http://a:1"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "fail-over" && windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil {
				t.Skip("Wine's WinHTTP keeps the first proxy only")
			}
			f, err := Open(t.Context(), scriptServer(t, tt.script), Options{Budget: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			ways, err := f.Find(t.Context(), &url.URL{Scheme: "https", Host: "a.example", Path: "/b", RawQuery: "c"})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range ways {
				if w == nil {
					got = append(got, "direct")
					continue
				}
				got = append(got, w.String())
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func scriptServer(t *testing.T, script string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-ns-proxy-autoconfig")
		w.Write([]byte(script))
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/proxy.pac"
}

func TestWinHTTPErrors(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	missing := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(missing.Close)
	for name, location := range map[string]string{
		"server gone": gone.URL + "/p.pac",
		"not found":   missing.URL + "/p.pac",
		"broken":      scriptServer(t, "function FindProxyForURL(u, h) { return"),
		"web page":    scriptServer(t, "<html>log in</html>"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), location, Options{})
			var we *WinHTTPError
			if !errors.As(err, &we) || we.Number == 0 {
				t.Errorf("error %v", err)
			}
		})
	}
	var fe *FetchError
	if _, err := Open(t.Context(), "file:///c:/p.pac", Options{}); !errors.As(err, &fe) {
		t.Errorf("file: error %v", err)
	}
}
