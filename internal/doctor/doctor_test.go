package doctor

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/forward"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/golden"
	"github.com/goproxy-setup/goproxy-setup/internal/machine"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// TestChecks runs the cases in testdata/checks.txt. The input of a case is the
// name of a check and a machine, a fact a line:
//
//	check NAME              run this row of Checks
//	os GOOS                 linux if it is not told
//	env NAME=VALUE          a variable
//	goenv NAME=VALUE        a line of the GOENV file
//	scope user NAME=VALUE   a variable that Windows keeps for the user, or machine
//	ships NAME=VALUE        a line of go.env of the toolchain
//	go VERSION | none       of the go command, go1.26.8 if it is not told
//	other VERSION           of a go command further back in PATH
//	mod GO [TOOLCHAIN]      the go and toolchain lines of go.mod; - is none
//	needs MODULE@V [SUMS]   a requirement; SUMS are what go.sum has: zip, mod, both, none
//	vendored                builds take the vendor folder
//	route HOST WORD         dns: does not resolve; refused; v6dead; else open
//	measured NAME WORD      what a candidate did: ok, db, lies, 503, 404
//	database yes|no         the answer of the checksum database itself
//	alias yes|no            that of its alias
//	run COMMAND => OUTPUT   of a program; others are not in PATH
//	home FILE TEXT          a file in the home folder
//	private GLOBS           the setting of this program
//	forward VALUE           another one
//	hkcu NAME=VALUE         a value of Internet Settings; account SID is whose they are
//	script HOST=WAY         of the PAC script that is named, * for other hosts; HOST:PORT, DIRECT or fails
//	dials                   connections open
//
// The output is what people see, with all evidence.
func TestChecks(t *testing.T) {
	t.Parallel()
	golden.Run(t, "testdata/checks.txt", func(t *testing.T, in []string) []string {
		m := box{t: t, env: map[string]string{}, goenv: map[string]string{}, ran: map[string]string{}, scopes: map[machine.Scope][]machine.Variable{}, World: World{OS: "linux"}, home: t.TempDir(), version: "go1.26.8",
			ships: map[string]string{"GOPROXY": "https://default.example,direct", "GOSUMDB": "sum.golang.org", "GOTOOLCHAIN": "auto"}}
		for _, line := range in {
			m.fact(line)
		}
		return m.examine()
	})
}

// A box is the world of one case.
type box struct {
	World
	t          *testing.T
	check      string
	env, goenv map[string]string
	ships      map[string]string
	version    string
	others     []version
	mod        gocmd.Module
	needs      gocmd.Needs
	routes     []string
	measured   []string
	db, alias  modproxy.Answer
	ran        map[string]string
	scopes     map[machine.Scope][]machine.Variable
	home       string
	dials      bool
}

func (m *box) fact(line string) {
	verb, rest, _ := strings.Cut(line, " ")
	name, value, _ := strings.Cut(rest, "=")
	words := append(strings.Fields(rest), "", "")
	answer := map[string]modproxy.Answer{"yes": modproxy.Yes, "no": modproxy.No}[rest]
	switch verb {
	case "check":
		m.check = rest
	case "os":
		m.OS = rest
	case "env":
		m.env[name] = value
		m.Environ = append(m.Environ, rest)
	case "goenv":
		m.goenv[name] = value
	case "scope":
		scope, rest, _ := strings.Cut(rest, " ")
		name, value, _ := strings.Cut(rest, "=")
		m.scopes[machine.Scope(scope)] = append(m.scopes[machine.Scope(scope)], machine.Variable{Name: name, Value: value, Expand: strings.Contains(value, "%")})
	case "ships":
		m.ships[name] = value
	case "go":
		m.version = rest
	case "other":
		m.others = append(m.others, version{"/opt/go/bin/go", rest})
	case "mod":
		m.mod.Path, m.mod.Go, m.mod.Toolchain = "example.com/main", strings.Trim(words[0], "-"), words[1]
	case "needs":
		m.mod.Path = "example.com/main"
		m.require(words[0], words[1])
	case "vendored":
		m.mod.Vendored = true
	case "route":
		m.routes = append(m.routes, rest)
	case "measured":
		m.measured = append(m.measured, rest)
	case "database":
		m.db = answer
	case "alias":
		m.alias = answer
	case "run":
		command, out, _ := strings.Cut(rest, " => ")
		m.ran[command] = strings.ReplaceAll(out, "; ", "\n")
	case "home":
		file := filepath.Join(m.home, filepath.FromSlash(words[0]))
		check(m.t, os.MkdirAll(filepath.Dir(file), 0o777))
		check(m.t, os.WriteFile(file, []byte(strings.Join(words[1:], " ")), 0o666))
	case "private":
		m.Private = rest
	case "forward":
		m.ForwardProxy = rest
	case "hkcu":
		if m.Forward.Registry == nil {
			m.Forward.Registry = hkcu{}
		}
		m.Forward.Registry.(hkcu)[name] = value
	case "account":
		m.Forward.Account.SID = rest
		m.Forward.Registry = hkcu{}
	case "script":
		if m.Forward.Open == nil {
			s := script{}
			m.Forward.Open = func(context.Context, string) (forward.Finder, error) { return s, nil }
		}
		f, _ := m.Forward.Open(m.t.Context(), "")
		f.(script)[name] = value
	case "dials":
		m.dials = true
	default:
		m.t.Fatalf("unknown fact %q", line)
	}
}

// hkcu are the values of HKCU's Internet Settings.
type hkcu map[string]string

func (v hkcu) Read(key, name string) any {
	if s, ok := v[name]; ok && strings.HasPrefix(key, "HKCU") && strings.HasSuffix(key, "Internet Settings") && !strings.Contains(key, "Policies") {
		return s
	}
	if s, ok := v["policy "+name]; ok && strings.Contains(key, "Policies") {
		return s
	}
	return nil
}

// A script answers by host.
type script map[string]string

func (s script) Find(_ context.Context, u *url.URL) ([]*url.URL, error) {
	var ways []*url.URL
	for way := range strings.SplitSeq(cmp.Or(s[u.Hostname()], s["*"]), "; ") {
		switch way {
		case "fails":
			return nil, errors.New("line 1: x is not defined")
		case "DIRECT":
			ways = append(ways, nil)
		default:
			ways = append(ways, &url.URL{Scheme: "http", Host: way})
		}
	}
	return ways, nil
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (m *box) require(pathVersion, sums string) {
	path, v, _ := strings.Cut(pathVersion, "@")
	mod := module.Version{Path: path, Version: v}
	m.mod.Requires = append(m.mod.Requires, gocmd.Require{Version: mod})
	sum := func(kind string) string {
		if sums == "" || sums == "both" || sums == kind {
			return "h1:" + kind
		}
		return ""
	}
	m.needs.Zips = append(m.needs.Zips, gocmd.Item{Version: mod, Sum: sum("zip")})
	m.needs.Mods = append(m.needs.Mods, gocmd.Item{Version: mod, Sum: sum("mod")})
}

// settings are what go env would say, layers included.
func (m *box) settings(env map[string]string) (s gocmd.Settings) {
	s.GOVERSION, s.Layers = m.version, map[string]gocmd.Layer{}
	get := func(name string) string {
		for _, l := range []struct {
			from  map[string]string
			layer gocmd.Layer
		}{{env, gocmd.Environment}, {m.goenv, gocmd.EnvFile}, {m.ships, gocmd.GoEnv}} {
			if v := l.from[name]; v != "" {
				s.Layers[name] = l.layer
				return v
			}
		}
		s.Layers[name] = gocmd.BuiltIn
		return ""
	}
	s.GOPROXY, s.GOSUMDB, s.GOPRIVATE, s.GOINSECURE = get("GOPROXY"), get("GOSUMDB"), get("GOPRIVATE"), get("GOINSECURE")
	s.GONOPROXY, s.GONOSUMDB = get("GONOPROXY"), get("GONOSUMDB")
	s.GOVCS, s.GOAUTH, s.GOFLAGS, s.GOTOOLCHAIN = get("GOVCS"), get("GOAUTH"), get("GOFLAGS"), get("GOTOOLCHAIN")
	s.GO111MODULE, s.GOMODCACHE = get("GO111MODULE"), get("GOMODCACHE")
	for _, p := range []struct {
		name  string
		value *string
	}{{"GONOPROXY", &s.GONOPROXY}, {"GONOSUMDB", &s.GONOSUMDB}} {
		if s.Layers[p.name] == gocmd.BuiltIn {
			*p.value, s.Layers[p.name] = s.GOPRIVATE, s.Layers["GOPRIVATE"]
		}
	}
	return s
}

func (m *box) exam() *exam {
	m.env["HOME"], m.env["USERPROFILE"] = m.home, m.home
	m.Getenv = func(name string) string { return m.env[name] }
	m.Temp, m.Budget = m.home, 5*time.Second
	m.Runner.System, _ = ci.Named("shell")
	m.Now, m.Stat = time.Now, os.Stat
	m.Scope = func(s machine.Scope) ([]machine.Variable, error) { return m.scopes[s], nil }
	m.SystemRoots = func() (*x509.CertPool, error) {
		pool := x509.NewCertPool()
		pool.AddCert(&x509.Certificate{Raw: []byte("any")})
		return pool, nil
	}
	m.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
		if m.dials {
			c, _ := net.Pipe()
			return c, nil
		}
		return nil, errors.New("dial tcp " + address + ": connect: connection refused")
	}
	m.Find = func(name string) (string, error) {
		for command := range m.ran {
			if strings.HasPrefix(command, name+" ") {
				return name, nil
			}
		}
		return "", &gocmd.NotFoundError{Name: name}
	}
	m.Exec = func(_ context.Context, c gocmd.Command) (int, error) {
		out, ok := m.ran[c.Path+" "+strings.Join(c.Args, " ")]
		fmt.Fprintln(c.Stdout, out)
		return 1 - count(ok), nil
	}
	e := newExam(m.t.Context(), m.World)
	g := golang{path: "/usr/local/go/bin/go", s: m.settings(m.env), bare: m.settings(nil), others: m.others}
	if entry, err := modproxy.ParseEntry("https://default.example"); err == nil {
		g.toolchain = entry.URL
	}
	if m.version == "none" {
		g = golang{err: &gocmd.NotFoundError{Name: "go"}}
	}
	j := job{needs: m.needs}
	if m.mod.Path != "" {
		j.modules = []gocmd.Module{m.mod}
	}
	e.golang, e.job = func() golang { return g }, func() job { return j }
	e.heads = func() (modproxy.Answer, modproxy.Answer) { return m.db, m.alias }
	e.routes = m.madeRoutes
	e.race = func() []outcome { return m.outcomes(e) }
	e.tls = func() []session { return nil }
	return e
}

func (m *box) madeRoutes() (rs []route) {
	v4, v6 := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	for _, line := range m.routes {
		host, word, _ := strings.Cut(line, " ")
		r := route{host: host, port: "443", v4: family{addr: v4}, v6: family{addr: v6}}
		switch word {
		case "dns":
			r.v4, r.v6, r.dns = family{}, family{}, errors.New("lookup "+host+": no such host")
		case "refused":
			r.v6 = family{}
			r.v4.err = errors.New("dial tcp 192.0.2.1:443: connect: connection refused")
		case "v6dead":
			r.v6.err = context.DeadlineExceeded
		case "v6none":
			r.v6.err = errors.New("dial tcp [2001:db8::1]:443: connect: network is unreachable")
		}
		rs = append(rs, r)
	}
	return rs
}

func (m *box) outcomes(e *exam) (os []outcome) {
	for _, c := range e.field().candidates {
		o := outcome{Measurement: modproxy.Measurement{Candidate: c, Latency: time.Millisecond}}
		o.Err = errors.New("dial tcp: no case")
		for _, line := range m.measured {
			name, word, _ := strings.Cut(line, " ")
			if name != c.Name {
				continue
			}
			switch o.Err = nil; word {
			case "db":
				o.SumDB = modproxy.Yes
			case "lies":
				o.NotFound = modproxy.No
			case "late":
				o.first = &modproxy.TimeoutError{URL: c.URL.String(), Phase: modproxy.PhaseDNS, After: time.Second}
			case "503", "404":
				o.Err = &modproxy.StatusError{URL: c.URL.String(), StatusCode: map[string]int{"503": 503, "404": 404}[word]}
			}
		}
		os = append(os, o)
	}
	return os
}

func (m *box) examine() (lines []string) {
	for _, c := range Checks {
		if c.Name != m.check {
			continue
		}
		var out strings.Builder
		e := m.exam()
		defer e.close()
		for _, f := range c.findings(m.t.Context(), e) {
			if f.Text.EN == "" || f.Text.ZH == "" || (f.Verdict == Warn || f.Verdict == Fail) && f.Fix.EN == "" {
				m.t.Errorf("a finding lacks words: %+v", f)
			}
			if all := fmt.Sprintf("%+v", f); strings.Contains(all, "secret") || strings.Contains(all, "%!") {
				m.t.Errorf("a finding shows a secret, or operands that do not fit: %s", all)
			}
			Printer{W: &out, All: true}.Print(f)
		}
		return strings.Split(strings.ReplaceAll(strings.TrimSuffix(out.String(), "\n"), m.home, "$HOME"), "\n")
	}
	m.t.Fatalf("no check %q", m.check)
	return nil
}

// Every row of the table has a case, but for those that act and are tested below.
func TestEveryCheckHasCases(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/checks.txt")
	check(t, err)
	elsewhere := map[string]bool{"certificates": true, "tls": true, "folders": true, "antivirus": true, "runner": true, "loopback": true}
	for _, c := range Checks {
		if !elsewhere[c.Name] && !strings.Contains(string(data), "check "+c.Name+"\n") {
			t.Errorf("testdata/checks.txt has no case for %s", c.Name)
		}
	}
}

// patient is a machine on which everything is as the test process has it, but
// for its network, which is the given server's.
func patient(t *testing.T, srv *proxytest.Server) World {
	w := NewWorld(func(string) string { return "" }, nil, "linux")
	w.Roots, w.Dir, w.Temp, w.Budget = srv.CA, t.TempDir(), t.TempDir(), 10*time.Second
	w.Find = func(name string) (string, error) { return "", &gocmd.NotFoundError{Name: name} }
	w.Proxies = srv.URL
	return w
}

func TestTLS(t *testing.T) {
	t.Parallel()
	now := time.Now()
	tests := []struct {
		name  string
		cert  func(*x509.Certificate)
		world func(*World)
		want  Verdict
		class report.Class
		text  string // in it
	}{
		{"good", nil, nil, OK, "", "certificates are good"},
		{"unknown authority", nil, func(w *World) { w.Roots = x509.NewCertPool() }, Fail, report.TLSUntrusted, "not accepted"},
		{"expired", func(c *x509.Certificate) { c.NotBefore, c.NotAfter = now.Add(-48*time.Hour), now.Add(-24*time.Hour) }, nil, Fail, report.TLSInvalid, "not accepted"},
		{"clock of next year", nil, func(w *World) { w.Now = func() time.Time { return now.AddDate(20, 0, 0) } }, Fail, report.TLSInvalid, "ahead of"},
		{"clock of an hour ago", nil, func(w *World) { w.Now = func() time.Time { return now.Add(-time.Hour) } }, "", report.TLSInvalid, "behind"},
		{"no roots at all", nil, func(w *World) { w.SystemRoots = func() (*x509.CertPool, error) { return x509.NewCertPool(), nil } }, Skip, "", "without CA"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv, plain := proxytest.NewWith(t, proxytest.Config{TLS: true, Cert: tt.cert}), proxytest.New(t)
			w := patient(t, srv)
			w.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if strings.HasSuffix(address, ":80") {
					address = strings.TrimPrefix(plain.URL, "http://")
				}
				return new(net.Dialer).DialContext(ctx, network, address)
			}
			w.SystemRoots = func() (*x509.CertPool, error) { return srv.CA, nil }
			if tt.world != nil {
				tt.world(&w)
			}
			e := newExam(t.Context(), w)
			defer e.close()
			f := checkTLS(t.Context(), e)[0]
			if tt.want != "" && f.Verdict != tt.want || f.Class != tt.class || !strings.Contains(f.Text.EN, tt.text) {
				t.Errorf("finding %+v, want %s %s with %q", f, tt.want, tt.class, tt.text)
			}
		})
	}
}

// The walk of a route ends where it is broken, and leaves what the forward proxy
// does to it.
func TestRoutes(t *testing.T) {
	t.Parallel()
	srv := proxytest.NewTLS(t)
	u, err := url.Parse(srv.URL)
	check(t, err)
	w := patient(t, srv)
	w.Proxies = "https://good.example.test:" + u.Port() + ",https://lost.example.test," + proxytest.Refused(t)
	w.Lookup = func(_ context.Context, network, host string) ([]netip.Addr, error) {
		if strings.HasPrefix(host, "good") && network == "ip4" {
			return []netip.Addr{netip.MustParseAddr(u.Hostname())}, nil
		}
		return nil, errors.New("lookup " + host + ": no such host")
	}
	e := newExam(t.Context(), w)
	defer e.close()
	rs := e.routes()
	if len(rs) != 3 || !rs[0].open() || rs[1].dns == nil || rs[2].err() == nil || !rs[2].literal {
		t.Errorf("routes %+v, want one open, one lost, one refused", rs)
	}
}

// Nothing is sent to a private host, and no password through a broken forward
// proxy; no answer comes late.
func TestExamineWithoutGoAndNetwork(t *testing.T) {
	t.Parallel()
	srv := proxytest.NewTLS(t)
	w := patient(t, srv)
	w.Environ = []string{"GOPRIVATE=git.corp.example"}
	var shown []string
	d := Examine(t.Context(), w, func(f Finding) { shown = append(shown, f.Check) })
	if d.OK || d.Findings[0].Class != report.Toolchain {
		t.Errorf("diagnosis %+v, want a missing go first", d)
	}
	i := 0
	for _, name := range shown {
		for i < len(Checks) && Checks[i].Name != name {
			i++
		}
	}
	if i == len(Checks) {
		t.Errorf("shown in the order %v, want that of Checks", shown)
	}
}

func TestFolders(t *testing.T) {
	t.Parallel()
	gb := int64(1) << 30
	tests := []struct {
		name string
		disk Disk
		want Verdict
		text string
	}{
		{"room", Disk{Free: 50 * gb}, OK, "50.0 GB free"},
		{"little room", Disk{Free: gb}, Warn, "only 1.0 GB left"},
		{"no room", Disk{Free: 5 << 20}, Fail, "only 5 MB left"},
		{"no inode", Disk{Free: 50 * gb, NoFiles: true}, Fail, "no inode"},
		{"a share", Disk{Free: 50 * gb, Network: true, ShareType: "NFS"}, Warn, "network share (NFS)"},
		{"no programs in temp", Disk{Free: 50 * gb, NoExec: true}, Warn, "noexec"},
		{"not told", Disk{NotKnown: true}, OK, "writable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := World{OS: "linux", Temp: t.TempDir(), Budget: time.Minute, Now: time.Now, Getenv: func(string) string { return "" }}
			w.Disk = func(string) (Disk, error) { return tt.disk, nil }
			e := newExam(t.Context(), w)
			e.golang = func() golang { return golang{err: errors.New("none")} }
			f := checkFolders(t.Context(), e)[0]
			if f.Verdict != tt.want || !strings.Contains(f.Text.EN, tt.text) {
				t.Errorf("finding %+v, want %s with %q", f, tt.want, tt.text)
			}
		})
	}
}

func TestUnwritableFolder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	check(t, os.WriteFile(file, nil, 0o666))
	w := World{OS: "linux", Temp: file, Getenv: func(string) string { return "" }}
	w.Disk = func(string) (Disk, error) { return Disk{Owner: 0, User: 1000}, nil }
	e := newExam(t.Context(), w)
	e.golang = func() golang { return golang{err: errors.New("none")} }
	f := checkFolders(t.Context(), e)[0]
	if f.Verdict != Fail || f.Class != report.PermissionDenied || !strings.Contains(f.Text.EN, "owned by user 0") {
		t.Errorf("finding %+v, want a fail that names the owner", f)
	}
}

func TestDamagedCache(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old := time.Now().Add(-2 * time.Hour)
	for name, text := range map[string]string{"a.zip": "", "b.zip": "PK", "old.partial": "", "new.partial": ""} {
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	check(t, os.Chtimes(filepath.Join(dir, "old.partial"), old, old))
	e := newExam(t.Context(), World{Now: time.Now, Budget: time.Minute})
	if empty, partial := e.damaged(t.Context(), dir); empty != 1 || partial != 1 {
		t.Errorf("damaged = %d empty, %d partial, want 1 and 1", empty, partial)
	}
}

func TestRealDisk(t *testing.T) {
	t.Parallel()
	d, err := diskOf(t.TempDir())
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil || d.Free <= 0 {
		t.Errorf("diskOf = %+v, %v, want free space", d, err)
	}
	if _, err := diskOf(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("diskOf of a missing folder has no error")
	}
}

func TestWriteMany(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	took, err := writeMany(dir)
	if err != nil || took <= 0 {
		t.Errorf("writeMany = %v, %v", took, err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("writeMany left %v", left)
	}
}

func TestRunner(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "env")
	check(t, os.WriteFile(file, nil, 0o666))
	wide := filepath.Join(t.TempDir(), "env")
	check(t, os.WriteFile(wide, []byte("\xff\xfeA\x00=\x001\x00"), 0o666))
	github, _ := ci.Named("github")
	gitlab, _ := ci.Named("gitlab")
	shell, _ := ci.Named("shell")
	for _, tt := range []struct {
		name   string
		system ci.System
		env    string
		want   Verdict
	}{
		{"writable", github, file, OK},
		{"not set", github, "", Warn},
		{"UTF-16 of PowerShell", github, wide, Warn},
		{"missing", github, file + ".missing", Warn},
		{"another system", gitlab, "", OK},
		{"a shell", shell, "", Skip},
	} {
		e := newExam(t.Context(), World{Runner: ci.Runner{System: tt.system}, Getenv: func(string) string { return tt.env }})
		if f := checkRunner(t.Context(), e)[0]; f.Verdict != tt.want {
			t.Errorf("%s: finding %+v, want %s", tt.name, f, tt.want)
		}
	}
}

// A runner of Windows in a folder for all is told of where the machine has other
// users.
func TestOpenFolder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "env")
	check(t, os.WriteFile(file, nil, 0o666))
	github, _ := ci.Named("github")
	open := func(string) error {
		return &machine.NotPrivateError{Path: "C:\\actions-runner", Reason: "others may enter it (S-1-5-11)"}
	}
	for _, tt := range []struct {
		name    string
		goos    string
		own     bool
		private func(string) error
		want    Verdict
	}{
		{"open", "windows", true, open, Warn},
		{"private", "windows", true, func(string) error { return nil }, OK},
		{"hosted, with one user", "windows", false, open, OK},
		{"Linux, where modes say it", "linux", true, open, OK},
	} {
		w := World{OS: tt.goos, Runner: ci.Runner{System: github, SelfHosted: tt.own}, Getenv: func(string) string { return file }, Closed: tt.private}
		if f := checkRunner(t.Context(), newExam(t.Context(), w))[0]; f.Verdict != tt.want {
			t.Errorf("%s: finding %+v, want %s", tt.name, f, tt.want)
		}
	}
}

// What a sandbox forbids, a slow scanner or an empty image does is told of.
func TestMachine(t *testing.T) {
	t.Parallel()
	denied := errors.New("listen tcp 127.0.0.1:0: socket: operation not permitted")
	w := NewWorld(func(string) string { return "" }, nil, "windows")
	w.Budget, w.Listen = time.Minute, func(string, string) (net.Listener, error) { return nil, denied }
	w.SystemRoots = func() (*x509.CertPool, error) { return x509.NewCertPool(), nil }
	w.Proxies = "https://a.example"
	e := newExam(t.Context(), w)
	defer e.close()
	dir := t.TempDir()
	e.golang = func() golang { return golang{s: gocmd.Settings{GOMODCACHE: filepath.Join(dir, "new", "mod")}} }
	for _, tt := range []struct {
		check func(context.Context, *exam) []Finding
		want  Verdict
	}{{checkLoopback, Warn}, {checkRoots, Fail}} {
		if f := tt.check(t.Context(), e)[0]; f.Verdict != tt.want || f.Fix.EN == "" {
			t.Errorf("finding %+v, want %s with a fix", f, tt.want)
		}
	}
	if f := checkAntivirus(t.Context(), e)[0]; f.Verdict != OK && !strings.Contains(f.Text.EN, "scans it") {
		t.Errorf("finding %+v, want small files to be written", f)
	}
	e.Dir, e.Listen = dir, net.Listen
	if f := checkLoopback(t.Context(), e)[0]; f.Verdict != OK {
		t.Errorf("finding %+v, want a loopback that works", f)
	}
}

// What PowerShell and Notepad do to the GOENV file.
func TestOddEnvText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"GOPROXY=a\nGOSUMDB=off\n":         "",
		"":                                 "",
		"# note\nGOPROXY=a":                "",
		"\xff\xfeG\x00O\x00=\x00":          "is UTF-16",
		"GOPROXY=a\nG\x00O\x00=\x00":       "is UTF-16",
		"\xef\xbb\xbfGOPROXY=a\nGOSUMDB=b": "byte order mark",
		"\xef\xbb\xbf# note\nGOPROXY=a":    "",
		"GOPROXY=a\r\nGOSUMDB=b\r\n":       "line ends",
	} {
		if got := oddEnvText(text); want == "" && got.EN != "" || !strings.Contains(got.EN, want) {
			t.Errorf("oddEnvText(%q) = %q, want %q", text, got.EN, want)
		}
	}
}

// The doctor reads the file that go names.
func TestOddEnvFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "env")
	check(t, os.WriteFile(file, []byte("GOPROXY=a\r\n"), 0o600))
	if fs := oddEnvFile(settings{golang: golang{s: gocmd.Settings{GOENV: file}}}); len(fs) != 1 || fs[0].Class != report.ConfigInvalid {
		t.Errorf("findings %+v", fs)
	}
	for _, none := range []string{"", "off", file + ".missing"} {
		if fs := oddEnvFile(settings{golang: golang{s: gocmd.Settings{GOENV: none}}}); fs != nil {
			t.Errorf("GOENV=%s: findings %+v", none, fs)
		}
	}
}

// A cache on the slower of two drives is told of, one that is held by a scanner is
// told of with the scanner's name.
func TestDrives(t *testing.T) {
	t.Parallel()
	speed := map[string]time.Duration{`C:`: 4 * time.Millisecond, `D:`: time.Millisecond, `E:`: 3 * time.Millisecond}
	held := &os.LinkError{Op: "rename", Old: `F:\gm\1.tmp`, New: `F:\gm\1`, Err: errors.New("Access is denied.")}
	for _, tt := range []struct {
		cache, temp string
		want        Verdict
		text        string
	}{
		{`C:\gm`, `C:\temp`, OK, "4 ms each"},
		{`C:\gm`, `D:\temp`, Warn, "on drive C:, where a small file takes 4 ms; on D: it takes 1 ms"},
		{`c:\gm`, `C:\temp`, OK, "4 ms each"},
		{`D:\gm`, `C:\temp`, OK, "1 ms each"},
		{`C:\gm`, `E:\temp`, OK, "4 ms each"},
		{`\\server\gm`, `D:\temp`, OK, "1 ms each"},
		{`F:\gm`, `C:\temp`, Warn, "held by another process"},
	} {
		w := World{OS: "windows", Temp: tt.temp, Getenv: func(string) string { return "" }}
		w.WriteMany = func(dir string) (time.Duration, error) {
			switch d := drive(dir); d {
			case "F:":
				return 0, held
			case "":
				return scanFiles * time.Millisecond, nil
			default:
				return scanFiles * speed[d], nil
			}
		}
		w.Holders = func(files ...string) []machine.Holder {
			return []machine.Holder{{PID: len(files), Name: "MsMpEng.exe"}}
		}
		e := newExam(t.Context(), w)
		e.golang = func() golang { return golang{s: gocmd.Settings{GOMODCACHE: tt.cache}} }
		f := checkAntivirus(t.Context(), e)[0]
		if f.Verdict != tt.want || !strings.Contains(f.Text.EN, tt.text) {
			t.Errorf("cache %s, temp %s: finding %+v, want %s with %q", tt.cache, tt.temp, f, tt.want, tt.text)
		}
		if drive(tt.cache) == "F:" && !strings.Contains(strings.Join(f.Evidence, "\n"), "held by MsMpEng.exe (process 2)") {
			t.Errorf("evidence %q does not name the scanner", f.Evidence)
		}
	}
}

func FuzzGlobsAndToolchains(f *testing.F) {
	for _, s := range []string{"git@a:b", "https://a/b", "[", "a b;c", ".corp", "go1.26.8+auto", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if better, wrong := betterGlob(s); wrong && better == s {
			t.Errorf("betterGlob(%q) proposes what it refuses", s)
		}
		toolchainOf(s)
		oddEnvText(s)
		if d := drive(s); d != "" && d != strings.ToUpper(s[:2]) {
			t.Errorf("drive(%q) = %q", s, d)
		}
		settings{World: World{Getenv: func(string) string { return s }}}.expand(machine.Variable{Value: s, Expand: true})
		sshHost(s, "host")
		cidr(s)
	})
}
