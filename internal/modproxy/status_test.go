package modproxy

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCheckStatus(t *testing.T) {
	t.Parallel()
	const plain = "text/plain; charset=utf-8"
	for name, tt := range map[string]struct {
		code       int
		kind, body string
		want       string // text of the error
		missing    bool
	}{
		"ok":                          {200, plain, "whatever", "", false},
		"with a reason":               {500, plain, "git: exit status 128\n", "500 Internal Server Error: git: exit status 128", false},
		"the reason is the status":    {404, plain, "Not Found\n", "404 Not Found", true},
		"gone":                        {410, plain, "", "410 Gone", true},
		"a web page is no reason":     {502, "text/html", "<h1>Bad Gateway</h1>", "502 Bad Gateway", false},
		"no type, no reason":          {502, "", "Bad Gateway, really", "502 Bad Gateway", false},
		"at most eight lines":         {500, plain, strings.Repeat("a\n", 20), "500 Internal Server Error: a\na\na\na\na\na\na\na", false},
		"nothing that moves a cursor": {500, plain, "\x1b[2Jgone\r\x00\x7f\u202e\xff", "500 Internal Server Error: [2Jgone", false},
		"206 is not what was asked":   {206, plain, "", "206 Partial Content", false},
		"a status of nobody":          {599, plain, "", "599", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := CheckStatus(&http.Response{
				StatusCode: tt.code, Header: http.Header{"Content-Type": {tt.kind}}, Body: io.NopCloser(strings.NewReader(tt.body)),
				Request: &http.Request{URL: &url.URL{Scheme: "https", Host: "a.example", User: url.UserPassword("u", secret)}},
			})
			var status *StatusError
			switch {
			case err == nil && tt.want == "":
				return
			case !errors.As(err, &status) || status.Status() != tt.want:
				t.Fatalf("error %v, want %s", err, tt.want)
			}
			if err.Error() != "GET https://xxxxx@a.example: "+tt.want {
				t.Errorf("error %s", err)
			}
			if errors.Is(err, fs.ErrNotExist) != tt.missing {
				t.Errorf("is fs.ErrNotExist: %t", !tt.missing)
			}
		})
	}
}

func FuzzBeginning(f *testing.F) {
	for _, s := range []string{"<!DOCTYPE html>\n<html>", "\xef\xbb\xbfmodule m", strings.Repeat("é", 200), "\x1b]0;x\a", "\n\n\n", strings.Repeat(" ", 300)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := Beginning(data)
		if len(s) > 80 || strings.ContainsAny(s, "\n\r\x1b") || !utf8.ValidString(s) {
			t.Errorf("Beginning(%q) = %q", data, s)
		}
	})
}
