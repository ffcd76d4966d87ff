package modproxy

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A List is a parsed GOPROXY value. It obeys cmd/go's rules
// (src/cmd/go/internal/modfetch/proxy.go, proxyList): blanks around an entry and
// empty entries are dropped, "direct" and "off" end the list, an entry that
// looks like a host gets https.
type List []Entry

// An Entry is one element of a List.
type Entry struct {
	Word string   // "direct" or "off", else empty
	URL  *url.URL // scheme http, https or file when Word is empty
	Sep  byte     // separator behind it: ',' leads on after 404 and 410, '|' after any error, 0 at the end
}

// Remote reports whether the entry is a module proxy asked over HTTP.
func (e Entry) Remote() bool { return e.URL != nil && e.URL.Scheme != "file" }

// String returns the entry as cmd/go reads it, with its credentials.
func (e Entry) String() string {
	if e.Word != "" {
		return e.Word
	}
	return escapeComma(e.URL.String())
}

// escapeComma keeps an entry in one piece: its commas were escaped, as in a
// password, and package url writes them bare.
func escapeComma(s string) string { return strings.ReplaceAll(s, ",", "%2C") }

// Redacted is String without credentials.
func (e Entry) Redacted() string {
	if e.Word != "" {
		return e.Word
	}
	return Redact(e.URL)
}

// A ListError is an entry that cmd/go would refuse. One such entry breaks every
// lookup of the go command, since it checks the list as a whole.
type ListError struct {
	Entry  string // redacted
	Reason string
	Hint   string // may be empty
}

func (e *ListError) Error() string { return fmt.Sprintf("%q %s", e.Entry, e.Reason) }

// ParseList parses a GOPROXY value; its errors are of type *ListError.
func ParseList(s string) (List, error) {
	var l List
	for rest := s; rest != ""; {
		raw, sep := rest, byte(0)
		if i := strings.IndexAny(rest, ",|"); i >= 0 {
			raw, sep, rest = rest[:i], rest[i], rest[i+1:]
		} else {
			rest = ""
		}
		raw = strings.TrimSpace(raw)
		if raw == "" {
			continue
		}
		e, err := ParseEntry(raw)
		if err != nil {
			return nil, err
		}
		e.Sep = sep
		l = append(l, e)
		if e.Word != "" {
			break
		}
	}
	if len(l) == 0 {
		return nil, &ListError{Entry: s, Reason: "contains no module proxy", Hint: "name one, or write direct"}
	}
	l[len(l)-1].Sep = 0
	return l, nil
}

// ParseEntry parses one element of a GOPROXY value; its errors are of type
// *ListError. It refuses what cmd/go refuses when it reads the list, and what it
// refuses only when it makes a request: a URL without a host or a folder, and
// credentials in a plain-http URL.
func ParseEntry(raw string) (Entry, error) {
	if raw == "direct" || raw == "off" {
		return Entry{Word: raw}, nil
	}
	full := raw
	if strings.ContainsAny(raw, ".:/") && !strings.Contains(raw, ":/") && !isAbs(raw) {
		full = "https://" + raw
	}
	u, err := url.Parse(full)
	if err != nil {
		return Entry{}, refuse(raw, "is not a URL", "blanks and other odd characters must be percent-encoded, and a port is a number")
	}
	switch u.Scheme {
	case "http", "https":
		if u.Host == "" {
			return Entry{}, refuse(raw, "has no host", "write "+u.Scheme+"://HOST/PATH")
		}
		if u.Scheme == "http" && u.User != nil {
			return Entry{}, refuse(raw, "has credentials in a plain-http URL, which go refuses to send", "use https")
		}
	case "file":
		if u.Path == "" {
			return Entry{}, refuse(raw, "is a file URL without a folder", "write file:///folder")
		}
		if *u != (url.URL{Scheme: u.Scheme, Path: u.Path, RawPath: u.RawPath}) {
			return Entry{}, refuse(raw, "is a file URL with more than a path", "write file:///folder")
		}
	default:
		return Entry{}, refuse(raw, "has no scheme http, https or file", schemeHint(raw))
	}
	return Entry{URL: u}, nil
}

func refuse(raw, reason, hint string) error {
	return &ListError{Entry: RedactRaw(raw), Reason: reason, Hint: hint}
}

// schemeHint guesses what was meant by an entry with a wrong scheme or none.
func schemeHint(raw string) string {
	shown := RedactRaw(raw)
	if _, rest, ok := strings.Cut(shown, "://"); ok {
		return "did you mean https://" + rest + "?"
	}
	switch {
	case strings.HasPrefix(raw, `\\`):
		return "give the share a drive letter and write file:///X:/folder"
	case isAbs(raw) && !strings.HasPrefix(raw, "//"):
		return "write file:///" + strings.TrimLeft(strings.ReplaceAll(shown, `\`, "/"), "/")
	}
	return "write https://" + strings.TrimLeft(shown, "/")
}

// isAbs tells absolute file names of Unix and Windows, on every system.
func isAbs(s string) bool { return path.IsAbs(s) || windowsAbs.MatchString(s) }

var windowsAbs = regexp.MustCompile(`^([A-Za-z]:[\\/]|\\\\)`)

// String joins the list as cmd/go reads it, with credentials.
func (l List) String() string { return l.join(Entry.String) }

// Redacted is String without credentials.
func (l List) Redacted() string { return l.join(Entry.Redacted) }

func (l List) join(text func(Entry) string) string {
	var b strings.Builder
	for i, e := range l {
		b.WriteString(text(e))
		if i < len(l)-1 {
			b.WriteByte(e.Sep)
		}
	}
	return b.String()
}

// Secrets returns what must be masked of the list's credentials, as it is and as it
// is written in the list: passwords, user names that are the secret themselves, and
// queries.
func (l List) Secrets() []string {
	var s []string
	for _, e := range l {
		if e.URL == nil {
			continue
		}
		if user := e.URL.User; user != nil {
			secret, _ := user.Password()
			if secret == "" || secret == "x-oauth-basic" { // GitHub's filler behind a token
				secret = user.Username()
			}
			s = append(s, secret, escapeComma(user.String()))
		}
		s = append(s, escapeComma(e.URL.RawQuery))
	}
	slices.Sort(s)
	return slices.DeleteFunc(slices.Compact(s), func(s string) bool { return s == "" })
}

// A Group is a run of remote entries joined by '|': after any error of one of
// them the next may be asked, so they may stand in for each other.
type Group []Entry

// Split cuts the list into what the loopback serves and what go does itself:
// the leading local entries, the groups of the first run of remote entries, and
// the rest from the first entry after them that is not remote.
func (l List) Split() (head List, groups []Group, tail List) {
	i := 0
	for i < len(l) && !l[i].Remote() {
		i++
	}
	head = l[:i]
	var g Group
	for ; i < len(l) && l[i].Remote(); i++ {
		g = append(g, l[i])
		if l[i].Sep != '|' {
			groups, g = append(groups, g), nil
		}
	}
	if g != nil {
		groups = append(groups, g)
	}
	return head, groups, l[i:]
}
