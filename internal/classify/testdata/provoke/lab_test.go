package provoke

import (
	"crypto/x509"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
)

// A lab is the servers of all faults. Faults know them by variables.
type lab struct {
	vars    map[string]string
	servers []*proxytest.Server
	origins string // folder of bare repositories
	builds  string // folder of build caches, by version of go
	sums    string
}

func newLab(t *testing.T) *lab {
	mods := modules()
	l := &lab{vars: map[string]string{}, origins: filepath.Join(t.TempDir(), "origins"), builds: filepath.Join(os.TempDir(), "provoke-builds")}
	plain := proxytest.New(t, mods...)
	lied := proxytest.New(t, mods...)
	lied.LieAbout("github.com/initrode/queue@v1.2.0")
	secure := proxytest.NewTLS(t, mods...)
	expired := proxytest.NewWith(t, proxytest.Config{TLS: true, Cert: func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().AddDate(-2, 0, 0), time.Now().AddDate(-1, 0, 0)
	}}, mods...)
	named := proxytest.NewWith(t, proxytest.Config{TLS: true, Cert: func(c *x509.Certificate) {
		c.IPAddresses, c.DNSNames = nil, []string{"edge.cdn.example", "*.cdn.example"}
	}}, mods...)
	l.servers = []*proxytest.Server{plain, lied, secure, expired, named}
	l.sums = plain.GoSum()
	l.makeOrigins(t)
	git := httptest.NewServer(http.HandlerFunc(l.git))
	t.Cleanup(git.Close)
	say := httptest.NewServer(http.HandlerFunc(say))
	t.Cleanup(say.Close)
	names := map[string]string{"goproxy.test": secure.URL, "go.hooli.test": git.URL}
	for name, value := range map[string]string{
		"PLAIN": plain.URL, "SUMDB": plain.SumDB, "SUMDBURL": plain.SumDBURL, "LIED": lied.URL, "LIEDDB": lied.SumDB, "LIEDDBURL": lied.SumDBURL,
		"TLS": secure.URL, "CA": secure.CAFile, "EXPIRED": expired.URL, "EXPIREDCA": expired.CAFile, "NAMED": named.URL, "NAMEDCA": named.CAFile,
		"REFUSED": proxytest.Refused(t), "HOLE": proxytest.BlackHole(t), "MUTE": proxytest.Mute(t), "GIT": git.URL, "SAY": say.URL, "ORIGINS": l.origins,
		"PASS":   proxytest.Forward(t, proxytest.ForwardOptions{Hosts: names}).URL,
		"F407":   proxytest.Forward(t, proxytest.ForwardOptions{Hosts: names, User: "ci", Password: "x"}).URL,
		"F403":   proxytest.Forward(t, proxytest.ForwardOptions{Hosts: names, Refuse: 403}).URL,
		"F503":   proxytest.Forward(t, proxytest.ForwardOptions{Hosts: names, Refuse: 503}).URL,
		"CUT":    proxytest.Forward(t, proxytest.ForwardOptions{Hosts: names, CutAfter: 2000}).URL,
		"CLOSED": "127.0.0.1:" + port(proxytest.Refused(t)),
	} {
		l.vars[name] = value
	}
	l.vars["MUTEADDR"] = strings.TrimPrefix(l.vars["MUTE"], "http://")
	l.vars["PLAINADDR"] = strings.TrimPrefix(plain.URL, "http://")
	return l
}

func port(url string) string {
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	return port
}

// modules are what the servers serve.
func modules() []proxytest.Source {
	code := func(pkg string) string {
		return "-- " + pkg + ".go --\npackage " + pkg + "\n\nfunc Do() int { return 1 }\n"
	}
	big := "-- data.txt --\n" + strings.Repeat("some text that is not random at all\n", 60000)
	return []proxytest.Source{
		proxytest.Module("github.com/initrode/queue@v1.2.0", code("queue")),
		proxytest.Module("github.com/globex/Cache/v2@v2.0.1", code("cache")),
		proxytest.Module("github.com/vandelay/export@v0.5.0", "-- go.mod --\nmodule github.com/vandelay/export\n\ngo 1.21\n\nrequire github.com/initrode/queue v1.2.0\n"+
			"-- export.go --\npackage export\n\nimport \"github.com/initrode/queue\"\n\nvar X = queue.Do()\n"),
		proxytest.Module("github.com/hooli/nucleus@v1.0.0", code("nucleus")+big),
		proxytest.Module("github.com/hooli/renamed@v1.0.0", "-- go.mod --\nmodule github.com/hooli/original\n"+code("renamed")),
		proxytest.Module("github.com/hooli/future@v1.0.0", "-- go.mod --\nmodule github.com/hooli/future\n\ngo 1.99.0\n"+code("future")),
		proxytest.Module("github.com/hooli/broken@v1.0.0", "-- go.mod --\nmodule github.com/hooli/broken\n\nrequire (\n"+code("broken")),
		proxytest.Module("go.hooli.test/team/lib@v1.0.0", code("lib")),
	}
}

const (
	goMod  = "module example.com/svc\n\ngo 1.21\n\nrequire (\n\tgithub.com/globex/Cache/v2 v2.0.1\n\tgithub.com/initrode/queue v1.2.0\n)\n"
	mainGo = "package main\n\nimport (\n\t\"fmt\"\n\n\t\"github.com/globex/Cache/v2\"\n\t\"github.com/initrode/queue\"\n)\n\nfunc main() { fmt.Println(queue.Do(), cache.Do()) }\n"
)

// files writes the main module.
func (l *lab) files(t *testing.T, f fault, dir string) {
	all := map[string]string{"go.mod": goMod, "go.sum": l.sums, "main.go": mainGo}
	for _, file := range txtar.Parse([]byte(f.files)).Files {
		all[file.Name] = string(file.Data)
	}
	for name, data := range all {
		if data == "" {
			continue
		}
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// makeOrigins makes a git repository for the module github.com/soylent/green
// with the tags v1.0.0, v1.1.0 (another path in its go.mod) and v2.0.0.
func (l *lab) makeOrigins(t *testing.T) {
	work := t.TempDir()
	cmd := exec.Command("bash", "-ec", `git init -q -b main .; git config user.name ci; git config user.email ci@example.com
printf 'module github.com/soylent/green\n' >go.mod; printf 'package green\n' >green.go; git add .; git commit -qm one; git tag v1.0.0
printf 'module github.com/soylent/red\n' >go.mod; git commit -qam two; git tag v1.1.0
printf 'module github.com/soylent/green\n' >go.mod; git commit -qam three; git tag v2.0.0
mkdir -p "$1/soylent"; git clone -q --bare . "$1/soylent/green"; git -C "$1/soylent/green" config http.receivepack false; touch "$1/soylent/green/git-daemon-export-ok"`, "-", l.origins)
	cmd.Dir = work
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

// git serves the origins, with a fault as the first element of the path.
func (l *lab) git(w http.ResponseWriter, r *http.Request) {
	how, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if r.URL.Query().Get("go-get") == "1" {
		how = "meta"
	}
	fail := func(code int, body string) {
		if code == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
		}
		http.Error(w, body, code)
	}
	switch how {
	case "401":
		if _, _, given := r.BasicAuth(); given {
			fail(401, "HTTP Basic: Access denied. The provided password or token is incorrect or your account has 2FA enabled.")
			return
		}
		fail(401, "")
	case "403":
		fail(403, "You are not allowed to download code from this project.")
	case "404":
		fail(404, "Not Found")
	case "500", "502", "503":
		fail(map[string]int{"500": 500, "502": 502, "503": 503}[how], "")
	case "429":
		fail(429, "Too many requests")
	case "html":
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<html><body>Sign in</body></html>"))
	case "meta":
		w.Write([]byte(`<html><head><title>no module here</title></head></html>`))
	case "reset":
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		}
	case "cut":
		w.Header().Set("Content-Length", "1000")
		w.Write([]byte("001e# service=git-upload-pack\n"))
		panic(http.ErrAbortHandler)
	default:
		(&cgi.Handler{Path: "/usr/lib/git-core/git-http-backend", Root: "/ok", Env: []string{"GIT_PROJECT_ROOT=" + l.origins, "GIT_HTTP_EXPORT_ALL=1"}}).ServeHTTP(w, r)
	}
}

// say answers 404 with words of a module proxy, chosen by the first element
// of the path.
func say(w http.ResponseWriter, r *http.Request) {
	how, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	module, file, _ := strings.Cut(rest, "/@v/")
	version := strings.TrimSuffix(strings.TrimSuffix(file, ".info"), ".mod")
	text := map[string]string{
		"version": "invalid version: unknown revision " + version,
		"private": "invalid version: git ls-remote -q --end-of-options https://" + module + " in /tmp/gopath/pkg/mod/cache/vcs/0a1b: exit status 128:\n\tfatal: could not read Username for 'https://github.com': terminal prompts disabled\n" +
			"Confirm the import path was entered correctly.\nIf this is a private repository, see https://golang.org/doc/faq#git_https for additional information.",
		"outage": "git ls-remote -q origin in /tmp/gopath/pkg/mod/cache/vcs/0a1b: exit status 128:\n\tfatal: unable to access 'https://" + module + "/': Could not resolve host: github.com",
	}[how]
	http.Error(w, "not found: "+module+"@"+version+": "+text, http.StatusNotFound)
}

type dirs struct{ home, work, cache string }

func newDirs(t *testing.T) dirs {
	home := t.TempDir()
	d := dirs{home: home, work: filepath.Join(home, "work"), cache: filepath.Join(home, "mod")}
	if err := os.MkdirAll(d.work, 0o777); err != nil {
		t.Fatal(err)
	}
	return d
}

func (l *lab) environ(t *testing.T, f fault, tc toolchain, d dirs) []string {
	env := proxytest.GoEnv(t, "PATH="+filepath.Join(tc.root, "bin")+":/usr/bin:/bin:/usr/sbin:/sbin", "GOROOT="+tc.root, "HOME="+d.home, "GOMODCACHE="+d.cache, "GOCACHE="+filepath.Join(l.builds, tc.version), "GOPATH="+d.home+"/go",
		"GOFLAGS=-modcacherw", "GIT_CONFIG_GLOBAL="+d.home+"/gitconfig", "GIT_CONFIG_NOSYSTEM=1", "LANG=C", "GIT_TERMINAL_PROMPT=0", "TMPDIR="+d.home)
	expand := func(s string) string {
		return os.Expand(s, func(name string) string {
			switch name {
			case "HOME", "WORK", "MOD":
				return map[string]string{"HOME": d.home, "WORK": d.work, "MOD": d.cache}[name]
			}
			return l.vars[name]
		})
	}
	for name, value := range l.vars {
		env = append(env, name+"="+value)
	}
	env = append(env, "GOPROXY="+expand(f.goproxy()))
	for _, kv := range strings.Fields(f.env) {
		env = append(env, strings.ReplaceAll(expand(kv), "␣", " "))
	}
	return env
}

func (f fault) goproxy() string {
	if f.proxy == "" || f.proxy[0] == '/' {
		return "$PLAIN" + f.proxy
	}
	return f.proxy
}

var (
	segment  = `(?:/(?:\d{3}|reset|eof|cut|stall|hang|html|login|redirect|nosumdb|wrong|badzip|badjson|wrongversion|emptybody|after|text)(?:=[^/\s"]*)?(?:x\d+)?(?:@[a-z]+)*)`
	resolver = regexp.MustCompile(` on \d+\.\d+\.\d+\.\d+:53`)
	local    = regexp.MustCompile(`127\.0\.0\.1:\d+->127\.0\.0\.1:\d+`)
	address  = regexp.MustCompile(`(tcp (?:\S+->)?)127\.0\.0\.1:\d+`)
	closed   = regexp.MustCompile(`127\.0\.0\.1 port \d+`)
	temp     = regexp.MustCompile(`/tmp/TestProvoke[^/\s"']*/\d+`)
	space    = regexp.MustCompile(`(?m)^go: (?:warning: )?(?:ignoring|can't start telemetry).*telemetry.*\n`)
)

// clean puts stand-ins for names of this machine.
func (l *lab) clean(f fault, tc toolchain, d dirs, text string) string {
	as := f.as
	if as == "" {
		as = "https://{default}"
	}
	host := strings.TrimPrefix(strings.TrimPrefix(as, "https://"), "http://")
	host, _, _ = strings.Cut(host, "/")
	text = space.ReplaceAllString(text, "")
	for _, pair := range [][2]string{{d.cache, "/go/pkg/mod"}, {d.work, "/build/app"}, {d.home, "/home/ci"}, {tc.root, "/usr/local/go"}, {l.origins, "/srv/git"}} {
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	text = strings.ReplaceAll(text, `"/redirect=loop/`, `"/`)
	git := l.vars["GIT"]
	text = regexp.MustCompile(regexp.QuoteMeta(git)+`/(?:401|403|404|429|50\d|html|reset|cut|ok|meta)\b`).ReplaceAllString(text, "https://github.com")
	text = strings.ReplaceAll(text, git, "https://github.com")
	for _, s := range l.servers {
		for _, url := range []string{s.SumDBURL, s.URL, strings.Replace(s.URL, "http:", "https:", 1)} {
			to := as
			if strings.Contains(url, "/sumdb/") {
				to = "https://sum.golang.org"
			}
			one := strings.Replace(url, "://", ":/", 1)
			text = regexp.MustCompile(regexp.QuoteMeta(url)+segment+`*`).ReplaceAllString(text, to)
			text = regexp.MustCompile(regexp.QuoteMeta(one)+segment+`*`).ReplaceAllString(text, strings.Replace(to, "://", ":/", 1))
		}
		text = strings.ReplaceAll(text, s.SumDBName, "sum.golang.org")
	}
	for _, how := range []string{"version", "private", "outage"} {
		text = strings.ReplaceAll(text, l.vars["SAY"]+"/"+how, as)
	}
	for _, name := range []string{"REFUSED", "HOLE", "MUTE"} {
		text = strings.ReplaceAll(text, l.vars[name], as)
		text = strings.ReplaceAll(text, strings.Replace(l.vars[name], "http:", "https:", 1), as)
	}
	text = strings.ReplaceAll(text, "goproxy.test", host)
	text = local.ReplaceAllString(text, "10.1.0.4:43210->198.51.100.20:443")
	text = address.ReplaceAllString(text, "${1}198.51.100.20:443")
	text = closed.ReplaceAllString(text, "github.com port 443")
	text = resolver.ReplaceAllString(text, " on 10.0.0.2:53")
	text = temp.ReplaceAllString(text, "/home/ci")
	return strings.ReplaceAll(text, "127.0.0.1", host)
}
