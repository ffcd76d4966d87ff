package modproxy

import (
	"net/url"
	"regexp"
	"strings"
)

// Redact returns a URL without its secrets, for whatever people may see. Unlike
// url.URL.Redacted it hides a user name too, which often is the token itself, and
// the query, which is the signature of a link to storage.
func Redact(u *url.URL) string {
	shown := *u
	if u.User != nil {
		shown.User = url.User(hidden)
	}
	if u.RawQuery != "" {
		shown.RawQuery = hidden
	}
	return shown.String()
}

// redactText is Redact for a URL that is a string, or should be one.
func redactText(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		s, _, _ = strings.Cut(RedactRaw(s), "?")
		return s
	}
	return Redact(u)
}

const hidden = "xxxxx"

// RedactRaw hides what may be credentials in a string that is no URL: all that
// stands before an @, and behind a scheme what stands where a port should.
func RedactRaw(s string) string {
	scheme := schemePart.FindString(s)
	rest := s[len(scheme):]
	switch i := strings.LastIndexByte(rest, '@'); {
	case i >= 0:
		return scheme + hidden + rest[i:]
	case scheme == "":
		return s
	}
	return scheme + oddPort.ReplaceAllString(rest, "${1}"+hidden)
}

var (
	schemePart = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)
	// oddPort is the beginning of "user:password", cut off by a separator inside
	// of the password.
	oddPort = regexp.MustCompile(`^([^:/@\s]+:)[^/]*[^0-9/][^/]*`)
)
