package modproxy

import (
	"net/url"
	"slices"
	"strings"
)

// A Candidate is a module proxy that may be selected.
type Candidate struct {
	Name string // as the settings call it: "default", "goproxy.cn", else host and path
	URL  *url.URL
	// Private: it needs credentials, so it may hold modules that others must not
	// be asked for. It keeps its place before all public ones, also when it is
	// down, and only 404 and 410 lead on from it.
	Private bool
}

// Base returns the URL of path below the candidate, which may end in a slash.
// path is escaped already, as module.EscapePath does.
func (c Candidate) Base(path string) *url.URL { return Join(c.URL, path) }

// Join returns the URL of an escaped path below base.
func Join(base *url.URL, path string) *url.URL {
	u := *base
	u.Path = strings.TrimSuffix(u.Path, "/") + "/" + path
	u.RawPath = strings.TrimSuffix(base.EscapedPath(), "/") + "/" + pathEscape(path)
	return &u
}

// pathEscape escapes as cmd/go does (modfetch/proxy.go, pathEscape).
func pathEscape(s string) string {
	return strings.ReplaceAll(url.PathEscape(s), "%2F", "/")
}

// known are the public module proxies that are measured when the user names none.
// The address of "default" comes from the toolchain, since distributions change it.
var known = []struct{ name, url string }{
	{"default", ""},
	{"goproxy.cn", "https://goproxy.cn"},
	{"goproxy.io", "https://goproxy.io"},
	{"aliyun", "https://mirrors.aliyun.com/goproxy"},
}

// A Field is what stood behind the setting "proxies".
type Field struct {
	Candidates []Candidate
	Local      List   // file entries, which are asked first and never measured
	Tail       string // "direct", "off" or empty when it does not say
}

// Placeholder stands for the toolchain's module proxy where only the grammar matters.
var Placeholder = &url.URL{Scheme: "https", Host: "default.invalid"}

// DefaultField returns the public candidates. toolchain is the proxy that the
// toolchain ships with, nil when it ships none.
func DefaultField(toolchain *url.URL) Field {
	var f Field
	for _, k := range known {
		u := toolchain
		if k.url != "" {
			u, _ = url.Parse(k.url)
		}
		if u != nil {
			f.Candidates = append(f.Candidates, Candidate{Name: k.name, URL: u, Private: u.User != nil})
		}
	}
	return f
}

// ParseField parses the setting "proxies": names of known candidates and URLs,
// separated by commas, bars or white space; "direct" or "off" may stand last.
// Its errors are of type *ListError.
func ParseField(spec string, toolchain *url.URL) (Field, error) {
	var f Field
	words := strings.FieldsFunc(spec, func(r rune) bool { return strings.ContainsRune(",| \t\r\n", r) })
	for i, w := range words {
		if c, ok := knownCandidate(w, toolchain); ok {
			if c.URL == nil {
				return Field{}, &ListError{Entry: w, Reason: "is not known here: this toolchain ships without a module proxy", Hint: "write its URL"}
			}
			f.add(c)
			continue
		}
		e, err := ParseEntry(w)
		switch {
		case err != nil && !strings.ContainsAny(w, `.:/\@`):
			return Field{}, &ListError{Entry: w, Reason: "is no name of a module proxy", Hint: "write " + strings.Join(names(), ", ") + " or a URL"}
		case err != nil:
			return Field{}, err
		case e.Word != "" && i < len(words)-1:
			return Field{}, &ListError{Entry: w, Reason: "is not the last entry, and nothing behind it is ever asked", Hint: "put it last"}
		case e.Word != "":
			f.Tail = e.Word
		case !e.Remote():
			f.Local = append(f.Local, e)
		default:
			f.add(candidate(e.URL, toolchain))
		}
	}
	if len(f.Candidates)+len(f.Local) == 0 && f.Tail == "" {
		return Field{}, &ListError{Entry: spec, Reason: "names no module proxy", Hint: "leave the setting out to measure the public ones"}
	}
	return f, nil
}

func (f *Field) add(c Candidate) {
	for _, have := range f.Candidates {
		if trimmed(have.URL) == trimmed(c.URL) {
			return
		}
	}
	f.Candidates = append(f.Candidates, c)
}

// knownCandidate finds a candidate by its name. Its URL is nil when it is the
// toolchain's and the toolchain has none.
func knownCandidate(name string, toolchain *url.URL) (Candidate, bool) {
	for _, c := range DefaultField(toolchain).Candidates {
		if c.Name == name {
			return c, true
		}
	}
	return Candidate{}, slices.Contains(names(), name)
}

func names() []string {
	var list []string
	for _, k := range known {
		list = append(list, k.name)
	}
	return list
}

// candidate names a URL, by its known name if it has one.
func candidate(u, toolchain *url.URL) Candidate {
	for _, k := range DefaultField(toolchain).Candidates {
		if trimmed(u) == trimmed(k.URL) {
			return k
		}
	}
	return Candidate{Name: trimmed(&url.URL{Host: u.Host, Path: u.Path}), URL: u, Private: u.User != nil}
}

// trimmed is the URL without what makes no difference.
func trimmed(u *url.URL) string { return strings.Trim(u.String(), "/") }

// Candidates returns the remote entries of a GOPROXY list, named as far as they are known.
func (l List) Candidates(toolchain *url.URL) []Candidate {
	var f Field
	for _, e := range l {
		if e.Remote() {
			f.add(candidate(e.URL, toolchain))
		}
	}
	return f.Candidates
}
