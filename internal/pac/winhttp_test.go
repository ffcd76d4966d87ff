package pac

import (
	"errors"
	"syscall"
	"testing"
)

func TestParseList(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]string{
		"proxy:3128":         "http://proxy:3128",
		"a:1;b:2":            "http://a:1 http://b:2",
		"a b\tc":             "http://a:80 http://b:80 http://c:80",
		"http=a:1;https=b:2": "http://b:2",
		"http://a:1":         "http://a:1",
		"https://a":          "https://a:443",
		"[2001:db8::1]:8080": "http://[2001:db8::1]:8080",
		"":                   `error: PAC script answered "", which names no way`,
		"http=a:1":           `error: PAC script answered "http=a:1", which names no way`,
		"u:p@a:1":            `error: PAC script answered "u:p@a:1", which names no way`,
		"socks=s:1080;https=HTTPS://secure.example": "https://secure.example:443",
	} {
		ways, err := parseList(list, true)
		got := ""
		for i, w := range ways {
			if i > 0 {
				got += " "
			}
			got += w.String()
		}
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != want {
			t.Errorf("%q: %s, want %s", list, got, want)
		}
	}
}

func TestWinHTTPError(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"WinHttpGetProxyForUrl: ERROR_WINHTTP_UNABLE_TO_DOWNLOAD_SCRIPT (12167)": &WinHTTPError{Call: "WinHttpGetProxyForUrl", Number: 12167, Err: syscall.Errno(12167)},
		"WinHttpOpen: no such DLL": &WinHTTPError{Call: "WinHttpOpen", Err: errors.New("no such DLL")},
	} {
		if err.Error() != want {
			t.Errorf("%s, want %s", err, want)
		}
	}
}
