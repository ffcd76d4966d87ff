package modproxy

import (
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/internal/golden"
	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
)

// TestParseList reads testdata/list.txt, a GOPROXY value in each case; in quotes
// where blanks or control characters matter.
func TestParseList(t *testing.T) {
	t.Parallel()
	golden.Run(t, "testdata/list.txt", func(t *testing.T, in []string) []string {
		s := unquote(in[0])
		l, err := ParseList(s)
		checkVerdict(t, s, l, err)
		if err != nil {
			return []string{explained(err)}
		}
		out := []string{l.String()}
		if r := l.Redacted(); r != out[0] {
			out = append(out, "shown "+r, fmt.Sprintf("masks %q", l.Secrets()))
		}
		head, groups, tail := l.Split()
		if len(groups) > 0 {
			out = append(out, fmt.Sprintf("local %s, upstreams %s, left to go %s", head, groups, tail))
		}
		return out
	})
}

func unquote(s string) string {
	if q, err := strconv.Unquote(s); err == nil {
		return q
	}
	return s
}

func explained(err error) string {
	var le *ListError
	if !errors.As(err, &le) {
		return fmt.Sprintf("error of type %T: %v", err, err)
	}
	return fmt.Sprintf("error: %v; hint: %s", err, le.Hint)
}

// checkVerdict compares with cmd/go: what one refuses the other must refuse, but for
// what we refuse early on purpose.
func checkVerdict(t *testing.T, s string, l List, err error) {
	t.Helper()
	want, goErr := goList(s)
	var le *ListError
	early := errors.As(err, &le) && slices.ContainsFunc([]string{"has no host", "is a file URL without", "has credentials in a plain"}, func(r string) bool {
		return strings.HasPrefix(le.Reason, r)
	})
	switch {
	case err != nil && !errors.As(err, &le):
		t.Errorf("ParseList(%q): error of type %T", s, err)
	case early:
	case (err == nil) != (goErr == nil):
		t.Errorf("ParseList(%q): %v, but go says %v", s, err, goErr)
	case err == nil:
		for i, e := range l {
			if i >= len(want) || e.String() != strings.ReplaceAll(want[i].url, ",", "%2C") || i < len(l)-1 && (e.Sep == '|') != want[i].fallBackOnError {
				t.Errorf("ParseList(%q): entry %d is %s, but go has %v", s, i, e, want)
			}
		}
		if len(l) != len(want) {
			t.Errorf("ParseList(%q): %d entries, but go has %v", s, len(l), want)
		}
	}
}

// A goEntry is the proxySpec of src/cmd/go/internal/modfetch/proxy.go.
type goEntry struct {
	url             string // as URL.String gives it
	fallBackOnError bool
}

// goList is proxyList and newProxyRepo of src/cmd/go/internal/modfetch/proxy.go, for
// Unix and without GONOPROXY. TestGoAgrees keeps it honest.
func goList(goproxy string) (list []goEntry, err error) {
	for goproxy != "" {
		u, fallBackOnError := goproxy, false
		if i := strings.IndexAny(goproxy, ",|"); i >= 0 {
			u, fallBackOnError, goproxy = goproxy[:i], goproxy[i] == '|', goproxy[i+1:]
		} else {
			goproxy = ""
		}
		u = strings.TrimSpace(u)
		if u == "" {
			continue
		}
		if u == "off" || u == "direct" {
			list = append(list, goEntry{u, false})
			break
		}
		if strings.ContainsAny(u, ".:/") && !strings.Contains(u, ":/") && !path.IsAbs(u) {
			u = "https://" + u
		}
		base, err := url.Parse(u)
		if err != nil {
			return nil, err
		}
		switch base.Scheme {
		case "http", "https":
		case "file":
			if *base != (url.URL{Scheme: base.Scheme, Path: base.Path, RawPath: base.RawPath}) {
				return nil, errors.New("invalid file:// proxy URL with non-path elements")
			}
		default:
			return nil, errors.New("invalid proxy URL scheme")
		}
		list = append(list, goEntry{base.String(), fallBackOnError})
	}
	if len(list) == 0 {
		return nil, errors.New("contains no entries")
	}
	return list, nil
}

// TestGoAgrees asks the real go command. A module proxy that answers stands before
// each list, so that go reads the whole of it and asks nobody else.
func TestGoAgrees(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts the go command")
	}
	srv := proxytest.New(t, proxytest.Module("example.com/m@v1.0.0", ""))
	env, dir := proxytest.GoEnv(t), t.TempDir()
	for _, list := range []string{
		"https://a.example|http://b.example/x,direct",
		" https://a.example ,, direct,htp://never-read.example",
		"a.example/path,b.example:8080|off",
		"https://u:p%2Cw@a.example",
		"file:///srv/modules,file:/srv",
		"proxy",
		"ftp://a.example",
		"https://a.example,https://a b.example",
		"file://host/path",
		"file:///srv?x=1",
		"/srv/modules",
		"//a.example",
		`C:\modules`,
		"C:/modules",
		"a:/b",
	} {
		cmd := exec.Command("go", "list", "-m", "example.com/m@v1.0.0")
		cmd.Env, cmd.Dir = append(env, "GOPROXY="+srv.URL+","+list), dir
		text, err := cmd.CombinedOutput()
		if _, want := goList(list); (err == nil) != (want == nil) {
			t.Errorf("GOPROXY=%s: go says %s, goList says %v", list, text, want)
		}
	}
}

func FuzzParseList(f *testing.F) {
	for line := range strings.Lines(readFile(f, "testdata/list.txt")) {
		if line = strings.TrimSuffix(line, "\n"); !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "=>") {
			f.Add(unquote(line))
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseList(s)
		checkVerdict(t, s, l, err)
		if err != nil || slices.ContainsFunc(l, oneWay) {
			return
		}
		again, err := ParseList(l.String())
		if err != nil || again.String() != l.String() {
			t.Fatalf("%q reads as %q, and that as %q, %v", s, l, again, err)
		}
		head, groups, tail := again.Split()
		if n := len(head) + len(slices.Concat(groups...)) + len(tail); n != len(l) {
			t.Errorf("Split of %q loses entries: %v, %v, %v", s, head, groups, tail)
		}
	})
}

// oneWay tells entries that package url itself does not read back, such as IPv6
// zones with odd bytes.
func oneWay(e Entry) bool {
	if e.URL == nil {
		return false
	}
	u, err := url.Parse(e.URL.String())
	return err != nil || u.String() != e.URL.String()
}

const secret = "s3cr3tPW"

// FuzzSecret puts a password somewhere into a list.
func FuzzSecret(f *testing.F) {
	for _, s := range [][2]string{
		{"https://user:", "@a.example,direct"}, {"http://", "@h"}, {"//u:", "@h"}, {"htps://u:", "@h"}, {"u:", "://x@h"}, {"u:", ":/x@h"},
		{"https://", ":x-oauth-basic@h"}, {"https://", ":@h"}, {"https://u:p%2C", "@h/%zz"}, {"https://h?token=", ""},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		s := before + secret + after
		i := strings.LastIndexByte(after, '@')
		if i < 0 || strings.ContainsAny(after[:i], ",|") || schemePart.MatchString("a"+after) {
			return // no password: nothing behind it, cut in two by go itself, or a scheme
		}
		checkSecret(t, s)
	})
}

func checkSecret(t *testing.T, s string) {
	l, err := ParseList(s)
	if err != nil {
		if text := explained(err); strings.Contains(text, secret) {
			t.Errorf("ParseList(%q) says the password: %s", s, text)
		}
		return
	}
	for _, e := range l {
		if e.URL == nil || e.URL.User == nil {
			continue
		}
		p, _ := e.URL.User.Password()
		if p != secret && e.URL.User.Username() != secret {
			continue
		}
		if strings.Contains(e.Redacted(), secret) || strings.Contains(l.Redacted(), secret) {
			t.Errorf("Redacted of %q is %q", s, l.Redacted())
		}
		if p == secret && !slices.Contains(l.Secrets(), secret) {
			t.Errorf("Secrets of %q is %q", s, l.Secrets())
		}
	}
}

// TestParseField reads testdata/field.txt, a value of the setting "proxies" in each
// case. "default" is https://toolchain.example, or nothing in cases that end in
// the line "no toolchain".
func TestParseField(t *testing.T) {
	t.Parallel()
	golden.Run(t, "testdata/field.txt", func(t *testing.T, in []string) []string {
		toolchain := &url.URL{Scheme: "https", Host: "toolchain.example"}
		if in[len(in)-1] == "no toolchain" {
			toolchain = nil
		}
		f, err := ParseField(unquote(in[0]), toolchain)
		if err != nil {
			return []string{explained(err)}
		}
		var out []string
		for _, c := range f.Candidates {
			line := c.Name + " " + c.URL.String()
			if c.Private {
				line += " private"
			}
			out = append(out, line)
		}
		if f.Local != nil {
			out = append(out, fmt.Sprintf("local %s", f.Local))
		}
		if f.Tail != "" {
			out = append(out, "tail "+f.Tail)
		}
		return out
	})
}

func TestDefaultField(t *testing.T) {
	t.Parallel()
	toolchain, _ := url.Parse("https://u:p@toolchain.example")
	var names []string
	for _, c := range DefaultField(toolchain).Candidates {
		names = append(names, c.Name)
		if c.Private != (c.Name == "default") {
			t.Errorf("%s: Private = %t", c.Name, c.Private)
		}
	}
	if want := []string{"default", "goproxy.cn", "goproxy.io", "aliyun"}; !slices.Equal(names, want) {
		t.Errorf("candidates %v, want %v", names, want)
	}
	if f := DefaultField(nil); len(f.Candidates) != 3 {
		t.Errorf("without a toolchain's proxy: %v", f.Candidates)
	}
}

// TestJoin compares with the paths that the go command asks for.
func TestJoin(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ base, path, want string }{
		{"https://a.example", "example.com/m/@v/v1.0.0.mod", "https://a.example/example.com/m/@v/v1.0.0.mod"},
		{"https://a.example/", "example.com/m/@v/list", "https://a.example/example.com/m/@v/list"},
		{"https://a.example/go%2Fmod/", "m/@v/v1.0.0+incompatible.zip", "https://a.example/go%2Fmod/m/@v/v1.0.0+incompatible.zip"},
		{"https://a.example/x?y=z", "github.com/!azure/m/@latest", "https://a.example/x/github.com/%21azure/m/@latest?y=z"},
		{"https://u:p@a.example", "sumdb/sum.example/tile/8/0/x001/234.p/5", "https://u:p@a.example/sumdb/sum.example/tile/8/0/x001/234.p/5"},
	} {
		base, err := url.Parse(tt.base)
		if err != nil {
			t.Fatal(err)
		}
		if got := Join(base, tt.path).String(); got != tt.want {
			t.Errorf("Join(%q, %q) = %q, want %q", tt.base, tt.path, got, tt.want)
		}
	}
}
