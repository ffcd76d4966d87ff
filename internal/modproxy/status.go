package modproxy

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// CheckStatus returns nil for an answer with status 200, else a *StatusError
// with the text of the answer.
func CheckStatus(resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &StatusError{
		URL:        Redact(resp.Request.URL),
		StatusCode: resp.StatusCode,
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now()),
		Detail:     detail(resp),
	}
}

// retryAfter reads both forms of the header (RFC 9110, section 10.2.3).
func retryAfter(v string, now time.Time) time.Duration {
	if v == "" {
		return 0
	}
	if s, err := strconv.ParseUint(v, 10, 32); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(s) * time.Second // a number too large is the largest
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(0, t.Sub(now))
	}
	return 0
}

// detail quotes what cmd/go would quote of an error answer: plain text, at most
// eight lines (src/cmd/go/internal/web/api.go).
func detail(resp *http.Response) string {
	if t, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || t != "text/plain" {
		return ""
	}
	data, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10)) // a cut detail is still a detail
	lines := strings.Split(strings.TrimSpace(printable(data)), "\n")
	return strings.Join(lines[:min(len(lines), 8)], "\n")
}

// Beginning returns the first bytes of an answer in one line, for evidence.
func Beginning(data []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(data[:min(len(data), 256)]), []byte("\n"))
	return printable(line[:min(len(line), 80)])
}

func printable(data []byte) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) && r != utf8.RuneError {
			return r
		}
		return -1
	}, string(data))
}
