package classify

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// A trouble is one error of the go command, taken apart by the grammar that
// all of its errors follow: prefixes that say what was being done, each ended
// by a colon, and the cause at the end.
//
//	go: A requires B: M@V: verifying module: Get "URL": dial tcp ADDR: connect: CAUSE
//	go: M@V: reading URL: STATUS⏎⇥server response: TEXT
//	go: M@V: invalid version: git ls-remote in DIR: exit status 128:⏎⇥TEXT OF GIT
//
// Prefixes mislead: "invalid version", "unrecognized import path" and "errors
// parsing go.mod" wrap any failure. So nothing is decided by them but what the
// cause is about.
type trouble struct {
	text   string // up to the cause, the other program's text not included
	vcs    string // what git, hg or ssh printed, empty when they ran well
	server string // what a server answered: it happened there, not here

	module  string // path and version at fault, the last ones of a chain
	version string
	url     *url.URL // asked for last, nil when none was
	status  int      // of the answer from url, 0 without one
	verify  bool     // about a checksum
}

// Lines that end one part of an error and begin another's text.
var (
	exitStatus = needles{"exit status ", "signal: "}.before(`: (?:exit status \d+|signal: [a-z ]+):?$`)
	response   = regexp.MustCompile(`^\s*server response:\s?`)
	chain      = regexp.MustCompile(`(?: imports| requires| tested by|:)$`)
)

// parse takes the lines of one error apart.
func parse(lines []string) trouble {
	var t trouble
	part := &t.text
	for i, line := range lines {
		switch {
		case response.MatchString(line):
			part = &t.server
			line = response.ReplaceAllString(line, "")
		case i > 0 && part == &t.text && !chain.MatchString(lines[i-1]):
			line = "\n" + strings.TrimSpace(line)
		case i > 0 && part == &t.text:
			line = " " + strings.TrimSpace(line)
		default:
			line = "\n" + strings.TrimPrefix(line, "\t")
		}
		*part += line
		if part == &t.text && exitStatus.MatchString(line) {
			part = &t.vcs
		}
	}
	t.text = strings.TrimSpace(t.text)
	t.server = strings.TrimSpace(t.server)
	t.findURL()
	t.findModule()
	t.verify = strings.Contains(t.text, "verifying ")
	return t
}

var (
	// Get "URL": since Go 1.14, Get URL: before; read "https:/host/@v/v1.zip" lost a slash until 1.21.
	asked    = regexp.MustCompile(`(?:Get|Head|Post|read|reading|parse) "?((?:https?|file):/[^\s"]*[^\s":])`)
	answered = regexp.MustCompile(`(?:reading (\S+)|unexpected status \((\S+)\)): (\d{3})(?: |$)`)
	quoted   = regexp.MustCompile(`'(https?://[^\s']+)'`)
)

func (t *trouble) findURL() {
	if m := answered.FindStringSubmatch(t.text); m != nil {
		t.url, _ = url.Parse(m[1] + m[2])
		t.status, _ = strconv.Atoi(m[3])
		return
	}
	if all := asked.FindAllStringSubmatch(t.text, -1); all != nil {
		t.url, _ = url.Parse(all[len(all)-1][1])
	} else if m := quoted.FindStringSubmatch(t.vcs); m != nil {
		t.url, _ = url.Parse(m[1])
	}
	if t.url != nil && t.url.Host == "" {
		host, rest, _ := strings.Cut(strings.TrimPrefix(t.url.Path, "/"), "/")
		t.url.Host, t.url.Path = host, "/"+rest
	}
}

// Names of modules, best evidence first.
var modules = []*regexp.Regexp{
	// PATH@VERSION as a word, the last one, not as part of a file name
	regexp.MustCompile(`(?:^|[\s(])([a-zA-Z0-9][\w.~-]*\.[\w.~-]+(?:/[\w.~!+-]+)*)@([^\s:;,)/]+)(?:/go\.mod)?(?:[:;,)\s]|$)`),
	regexp.MustCompile(`reading (\S+)/go\.mod at revision ([^\s:]+)`),
	regexp.MustCompile(`(?:^|\s)([a-zA-Z0-9][\w.~-]*\.[\w.~-]+(?:/[\w.~+-]+)*) (v\d[^\s:]*): `),
	regexp.MustCompile(`(?:module|import path|package|require) "?([a-zA-Z0-9][\w.~-]*\.[a-z][\w.~-]*(?:/[\w.~+-]+)*)"?()(?:[:;,\s]|$)`),
	// in the module cache and at a module proxy
	regexp.MustCompile(`[/\\]cache[/\\]download[/\\](\S+)[/\\]@v[/\\](v[^\s:]+?)\.(?:zip|mod|info|lock|ziphash|partial)`),
	// PACKAGE: at the end of a chain of imports
	regexp.MustCompile(`(?:^|\s)([a-z0-9][\w-]*(?:\.[\w-]+)+/[\w./~+-]+)(): `),
}

// named is how go install and go run name the package they were asked for
// before the query that failed.
var named = regexp.MustCompile(`^(\S+): (\S+): `)

func (t *trouble) findModule() {
	for _, form := range modules {
		all := form.FindAllStringSubmatch(t.text, -1)
		if all == nil {
			continue
		}
		last := all[len(all)-1]
		t.module, t.version = unescape(strings.ReplaceAll(last[1], `\`, "/")), last[2]
		break
	}
	if m := named.FindStringSubmatch(t.text); m != nil && m[1] == m[2] {
		t.module, _, _ = strings.Cut(t.module, "/cmd/")
	}
}

// unescape turns !x into X, as module paths are written in URLs and the cache.
func unescape(path string) string {
	for {
		before, after, found := strings.Cut(path, "!")
		if !found || after == "" {
			return path
		}
		path = before + strings.ToUpper(after[:1]) + after[1:]
	}
}

// host returns the host that was asked, without its port.
func (t *trouble) host() string {
	if t.url == nil {
		return ""
	}
	return t.url.Hostname()
}

// sumdb says whether the checksum database was asked, itself or through a
// module proxy (https://go.dev/ref/mod#checksum-database).
func (t *trouble) sumdb() bool {
	if t.url == nil {
		return false
	}
	p := t.url.Path
	return strings.Contains(p, "/sumdb/") || strings.HasPrefix(p, "/lookup/") || strings.HasPrefix(p, "/tile/") ||
		t.verify && !strings.Contains(p, "/@v/")
}

// origin says whether the module's own web page was asked for its repository.
func (t *trouble) origin() bool {
	return t.url != nil && t.url.Query().Get("go-get") == "1"
}
