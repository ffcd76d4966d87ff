package modproxy

import (
	"fmt"
	"net/url"
	"path"
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
	return e.URL.String()
}

// A ListError is an entry that cmd/go would refuse. One such entry breaks every
// lookup of the go command, since it checks the list as a whole.
type ListError struct {
	Entry  string // redacted as far as it could be parsed
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

// ParseEntry parses one element of a GOPROXY value.
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
		return Entry{}, &ListError{Entry: RedactRaw(raw), Reason: "is not a URL", Hint: "blanks and other odd characters must be percent-encoded"}
	}
	shown := u.Redacted()
	switch u.Scheme {
	case "http", "https":
		if u.Host == "" {
			return Entry{}, &ListError{Entry: shown, Reason: "has no host"}
		}
		if u.Scheme == "http" && u.User != nil {
			return Entry{}, &ListError{Entry: shown, Reason: "has credentials in a plain-http URL, which go refuses to send", Hint: "use https"}
		}
	case "file":
		if *u != (url.URL{Scheme: u.Scheme, Path: u.Path, RawPath: u.RawPath}) {
			return Entry{}, &ListError{Entry: shown, Reason: "is a file URL with more than a path", Hint: "write file:///folder"}
		}
	case "":
		return Entry{}, &ListError{Entry: shown, Reason: "has no scheme http, https or file", Hint: "write https://" + strings.TrimLeft(raw, "/")}
	default:
		_, rest, _ := strings.Cut(shown, "://")
		return Entry{}, &ListError{Entry: shown, Reason: "has no scheme http, https or file", Hint: "did you mean https://" + rest + "?"}
	}
	return Entry{URL: u}, nil
}

// isAbs tells absolute file names of Unix and Windows, on every system.
func isAbs(s string) bool {
	return path.IsAbs(s) || len(s) > 2 && s[1] == ':' && (s[2] == '\\' || s[2] == '/') || strings.HasPrefix(s, `\\`)
}

// RedactRaw hides what may be a password in a string that is no URL.
func RedactRaw(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		scheme, rest = "", s
	} else {
		scheme += "://"
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = "xxxxx" + rest[i:]
	}
	return scheme + rest
}

// String joins the list as cmd/go reads it, with credentials.
func (l List) String() string { return l.join(Entry.String) }

// Redacted is String with passwords replaced by xxxxx.
func (l List) Redacted() string {
	return l.join(func(e Entry) string {
		if e.URL != nil {
			return e.URL.Redacted()
		}
		return e.Word
	})
}

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

// Secrets returns the passwords and user names of the list, for masking.
func (l List) Secrets() []string {
	var s []string
	for _, e := range l {
		if e.URL == nil || e.URL.User == nil {
			continue
		}
		if p, ok := e.URL.User.Password(); ok && p != "" {
			s = append(s, p, e.URL.User.String())
			continue
		}
		s = append(s, e.URL.User.Username()) // a bare token
	}
	return s
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
