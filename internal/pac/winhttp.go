package pac

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// A WinHTTPError is a script that WinHTTP could not have, or run.
type WinHTTPError struct {
	Call   string
	Number uint32 // of the error, 0 when WinHTTP itself is missing
	Err    error
}

// winNames are the numbers that concern scripts (Microsoft, "Error Messages" of
// WinHTTP); FormatMessage knows none of them without winhttp.dll.
var winNames = map[uint32]string{
	12002: "ERROR_WINHTTP_TIMEOUT",
	12004: "ERROR_WINHTTP_INTERNAL_ERROR",
	12005: "ERROR_WINHTTP_INVALID_URL",
	12006: "ERROR_WINHTTP_UNRECOGNIZED_SCHEME",
	12007: "ERROR_WINHTTP_NAME_NOT_RESOLVED",
	12015: "ERROR_WINHTTP_LOGIN_FAILURE",
	12017: "ERROR_WINHTTP_OPERATION_CANCELLED",
	12029: "ERROR_WINHTTP_CANNOT_CONNECT",
	12030: "ERROR_WINHTTP_CONNECTION_ERROR",
	12152: "ERROR_WINHTTP_INVALID_SERVER_RESPONSE",
	12166: "ERROR_WINHTTP_BAD_AUTO_PROXY_SCRIPT",
	12167: "ERROR_WINHTTP_UNABLE_TO_DOWNLOAD_SCRIPT",
	12175: "ERROR_WINHTTP_SECURE_FAILURE",
	12176: "ERROR_WINHTTP_UNHANDLED_SCRIPT_TYPE",
	12177: "ERROR_WINHTTP_SCRIPT_EXECUTION_ERROR",
	12178: "ERROR_WINHTTP_AUTO_PROXY_SERVICE_ERROR",
	12180: "ERROR_WINHTTP_AUTODETECTION_FAILED",
}

func (e *WinHTTPError) Error() string {
	if e.Number == 0 {
		return fmt.Sprintf("%s: %v", e.Call, e.Err)
	}
	if name := winNames[e.Number]; name != "" {
		return fmt.Sprintf("%s: %s (%d)", e.Call, name, e.Number)
	}
	return fmt.Sprintf("%s: error %d: %v", e.Call, e.Number, e.Err)
}

func (e *WinHTTPError) Unwrap() error { return e.Err }

// FailureClass is always forward-proxy-failure.
func (e *WinHTTPError) FailureClass() report.Class { return report.ForwardProxyFailure }

// parseList reads the list of WINHTTP_PROXY_INFO: entries [SCHEME=][SCHEME://]HOST[:PORT]
// between semicolons or blanks. Of an answer of a script WinHTTP keeps the HTTP
// proxies up to the first DIRECT, without their words (net/proxy_resolution/win in
// Chromium), so what stood behind that is lost.
func parseList(list string, https bool) ([]*url.URL, error) {
	var ways []*url.URL
	for _, entry := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune("; \t\r\n", r) }) {
		if of, rest, ok := strings.Cut(entry, "="); ok {
			if want := map[bool]string{true: "https", false: "http"}[https]; !strings.EqualFold(of, want) {
				continue
			}
			entry = rest
		}
		kind := "PROXY"
		if scheme, rest, ok := strings.Cut(entry, "://"); ok {
			kind, entry = strings.ToUpper(scheme), rest
		}
		if u, ok := way(kind, []string{entry}); ok {
			ways = append(ways, u)
		}
	}
	if len(ways) == 0 {
		return nil, &ResultError{Answer: printable(list)}
	}
	return ways, nil
}
