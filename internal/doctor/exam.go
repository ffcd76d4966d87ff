package doctor

import (
	"context"
	"encoding/json"
	"net/url"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/mod/module"

	"github.com/goproxy-setup/goproxy-setup/internal/forward"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/internal/tunnel"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// An exam is a world and the facts that several checks need. Each is found out
// once, by whoever asks first.
type exam struct {
	World
	golang  func() golang
	job     func() job
	network func() network
	relays  func() map[string]error // forward proxies by host:port, and why one cannot be connected to
	field   func() field
	routes  func() []route
	tls     func() []session
	race    func() []outcome
	// heads are the answers of the checksum database and its alias.
	heads func() (db, alias modproxy.Answer)
	git   func() git
}

func newExam(ctx context.Context, w World) *exam {
	e := &exam{World: w}
	e.golang = sync.OnceValue(func() golang { return w.findGo(ctx) })
	e.job = sync.OnceValue(e.findJob)
	e.network = sync.OnceValue(func() network { return e.findNetwork(ctx) })
	e.relays = sync.OnceValue(func() map[string]error { return e.dialForwards(ctx) })
	e.field = sync.OnceValue(e.findField)
	e.routes = sync.OnceValue(func() []route { return e.findRoutes(ctx) })
	e.tls = sync.OnceValue(func() []session { return e.findSessions(ctx) })
	e.race = sync.OnceValue(func() []outcome { return e.findRace(ctx) })
	e.heads = sync.OnceValues(func() (db, alias modproxy.Answer) { return e.network().client.ProbeSumDB(ctx, w.Budget) })
	e.git = sync.OnceValue(func() git { return w.findGit(ctx) })
	return e
}

func (e *exam) close() { e.network().client.Close() }

// golang is the go command that PATH leads to.
type golang struct {
	path      string
	err       error // not there, or cannot say its settings
	s         gocmd.Settings
	bare      gocmd.Settings // as it would be without the variables of the environment
	others    []version      // further go commands in PATH that have another version
	toolchain *url.URL       // module proxy that it ships with, nil when it ships none
	cache     string         // GOCACHE
	tmp       string         // GOTMPDIR, empty when it is the system's
}

type version struct{ path, version string }

// names are the settings that can be left behind in the GOENV file.
var names = []string{
	"GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE", "GOVCS", "GOAUTH",
	"GOFLAGS", "GOTOOLCHAIN", "GO111MODULE", "GOMODCACHE",
}

func (w World) findGo(ctx context.Context) (g golang) {
	ctx, cancel := context.WithTimeout(ctx, execLimit)
	defer cancel()
	if g.path, g.err = w.Find("go"); g.err != nil {
		return g
	}
	cmd := gocmd.Go{Path: g.path, Dir: w.Dir, Env: w.Environ}
	if g.s, g.err = cmd.Settings(ctx); g.err != nil {
		return g
	}
	var none []string
	for _, name := range names {
		none = append(none, name+"=")
	}
	g.bare, _ = cmd.With(none...).Settings(ctx) // without them nothing can be said to be hidden
	if text, err := cmd.DefaultProxy(ctx); err == nil {
		if entry, err := modproxy.ParseEntry(text); err == nil && entry.Remote() {
			g.toolchain = entry.URL
		}
	}
	out, _ := w.goEnv(ctx, g.path, "-json", "GOCACHE", "GOTMPDIR")
	var more struct{ GOCACHE, GOTMPDIR string }
	if json.Unmarshal([]byte(out), &more) == nil {
		g.cache, g.tmp = more.GOCACHE, more.GOTMPDIR
	}
	g.others = w.findOthers(ctx, g)
	return g
}

// goEnv asks a go command that must not switch to another toolchain.
func (w World) goEnv(ctx context.Context, path string, args ...string) (string, error) {
	env := append(w.Environ[:len(w.Environ):len(w.Environ)], "GOTOOLCHAIN=local")
	return w.outputOf(ctx, path, env, append([]string{"env"}, args...)...)
}

// findOthers asks the go commands that PATH leads to after the first one.
func (w World) findOthers(ctx context.Context, g golang) (others []version) {
	seen := map[string]bool{resolved(g.path): true}
	for _, dir := range filepath.SplitList(w.Getenv("PATH")) {
		path, err := gocmd.LookPath("go", func(name string) string {
			if name == "PATH" {
				return dir
			}
			return w.Getenv(name)
		}, w.OS)
		if err != nil || seen[resolved(path)] {
			continue
		}
		seen[resolved(path)] = true
		if v, err := w.goEnv(ctx, path, "GOVERSION"); err == nil && v != g.s.GOVERSION {
			others = append(others, version{path, v})
		}
	}
	return others
}

func resolved(path string) string {
	if r, err := filepath.EvalSymlinks(path); err == nil {
		return r
	}
	return path
}

// job is what is to be built.
type job struct {
	modules []gocmd.Module
	err     error
	needs   gocmd.Needs
	sumsErr error
}

func (e *exam) findJob() (j job) {
	j.modules, j.err = gocmd.Modules(e.Dir, e.golang().s)
	j.needs, _, j.sumsErr = gocmd.NeedsOf(j.modules...)
	return j
}

// offline reports whether builds need no module proxy.
func (j job) offline() bool {
	for _, m := range j.modules {
		if !m.Vendored && len(m.Requires) > 0 {
			return false
		}
	}
	return len(j.modules) > 0 && j.err == nil
}

// network is the way out of this machine.
type network struct {
	forward forward.Config
	scripts *failures // of PAC scripts, for the URLs that were asked for
	err     error
	tunnel  *tunnel.Tunnel
	client  *modproxy.Client
}

// failures are errors from several goroutines.
type failures struct {
	mu   sync.Mutex
	errs []error
}

func (f *failures) add(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errs = append(f.errs, err)
}

func (f *failures) all() []error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.errs
}

func (e *exam) findNetwork(ctx context.Context) (n network) {
	n.scripts = new(failures)
	setting, err := forward.ParseSetting(e.ForwardProxy)
	if err == nil {
		n.forward, err = forward.Discover(ctx, forward.Options{Setting: setting, Getenv: e.Getenv, Machine: e.Forward, Warn: n.scripts.add})
	}
	n.err = err
	n.tunnel = tunnel.New(tunnel.Options{Ways: n.forward.Ways, Dial: e.Dial, RootCAs: e.Roots, Logins: tunnel.Logins(e.Getenv)})
	n.client = modproxy.NewClient(modproxy.Options{
		Via: n.tunnel.Wrap, RootCAs: e.Roots, Netrc: modproxy.LoadNetrc(e.Getenv, e.OS, e.golang().s.GOAUTH),
	})
	return n
}

// field is who will be asked for modules.
type field struct {
	candidates []modproxy.Candidate
	fixed      modproxy.List // GOPROXY as somebody set it, nil when the choice is ours
	named      bool          // somebody named the candidates
	err        error         // *modproxy.ListError
}

func (e *exam) findField() (f field) {
	g := e.golang()
	value, layer := g.s.GOPROXY, g.s.Layers["GOPROXY"]
	if g.err != nil {
		value, layer = e.Getenv("GOPROXY"), gocmd.Environment
	}
	set := value != "" && (layer == gocmd.Environment || layer == gocmd.EnvFile)
	switch {
	case e.Proxies != "":
		parsed, err := modproxy.ParseField(e.Proxies, g.toolchain)
		f = field{candidates: parsed.Candidates, named: true, err: err}
	case set:
		list, err := modproxy.ParseList(value)
		f = field{candidates: list.Candidates(g.toolchain), fixed: list, named: true, err: err}
	default:
		f.candidates = modproxy.DefaultField(g.toolchain).Candidates
	}
	for i := range f.candidates {
		f.candidates[i].Private = e.network().client.Private(f.candidates[i].URL)
	}
	return f
}

// private reports whether no module proxy may be asked for a module.
func (e *exam) private(path string) bool {
	s := e.golang().s
	return module.MatchPrefixPatterns(strings.Join([]string{s.GONOPROXY, s.GOPRIVATE, e.Private}, ","), path)
}

// severity says whether builds can work although some candidates are broken: it
// walks the list as go would. After ',' only an answer that something does not
// exist leads on, which a broken one does not give.
func (e *exam) severity(broken func(*url.URL) bool) Verdict {
	f := e.field()
	if e.job().offline() {
		return Warn
	}
	if f.fixed == nil {
		if e.golang().err != nil && !f.named {
			return Warn // who is asked first, only the go command knows
		}
		for _, c := range f.candidates {
			if !broken(c.URL) {
				return Warn
			}
		}
		return Fail
	}
	for _, entry := range f.fixed {
		switch {
		case entry.Word == "off":
			return Fail
		case !entry.Remote() || !broken(entry.URL):
			return Warn
		case entry.Sep != '|':
			return Fail
		}
	}
	return Fail
}

// fixFor is what to paste for a class of failure.
func (e *exam) fixFor(c report.Class, host string, evidence ...string) string {
	s := e.golang().s
	return report.FixFor(report.Failure{Class: c, Host: host, Evidence: evidence}, report.FixInput{
		CI: e.Runner.System.Name, OS: e.OS, GOPROXY: shown("GOPROXY", s.GOPROXY), GOPRIVATE: s.GOPRIVATE, GOFLAGS: s.GOFLAGS,
		NoProxy: e.Getenv("NO_PROXY"),
	})
}
