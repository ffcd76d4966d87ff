package setup

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/mod/module"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// detect looks at the runner, the go command, the job's modules and the forward
// proxy. It contacts nothing but the server of a PAC script.
func (r *Run) detect(ctx context.Context) error {
	runner := ci.Inspect(r.Getenv, r.Exists, r.OS)
	r.System = runner.System
	r.Report.Runner = report.Runner{
		OS: r.OS, Arch: r.Arch, CI: runner.System.Name, CIVersion: runner.Version,
		SelfHosted: runner.SelfHosted, Container: runner.Container,
	}
	if err := r.findGo(ctx); err != nil {
		return err
	}
	if err := r.findModules(); err != nil {
		return err
	}
	return r.findForwardProxy(ctx)
}

func (r *Run) findGo(ctx context.Context) error {
	g, err := gocmd.Find(r.Getenv, r.OS)
	var missing *gocmd.NotFoundError
	if errors.As(err, &missing) {
		return &Error{Class: report.Toolchain, Reason: err.Error(), Hint: missing.Hint(), Err: err}
	}
	if err != nil {
		return err
	}
	g.Env, g.Dir = r.Environ, r.dir()
	r.goCmd = g
	s, err := g.Settings(ctx)
	if err != nil {
		return err
	}
	r.settings = s
	if err := r.moveCaches(); err != nil {
		return err
	}
	r.private = joinGlobs(s.GOPRIVATE, r.Config.Text("private"))
	layers := map[string]string{}
	for name, layer := range s.Layers {
		if layer != gocmd.BuiltIn {
			layers[name] = string(layer)
		}
	}
	r.Report.Go = report.Go{
		Version: s.GOVERSION, GOPROXY: redactList(s.GOPROXY), GOSUMDB: s.GOSUMDB, GOPRIVATE: s.GOPRIVATE,
		GONOPROXY: s.GONOPROXY, GONOSUMDB: s.GONOSUMDB, GOFLAGS: s.GOFLAGS, GOTOOLCHAIN: s.GOTOOLCHAIN,
		GOMODCACHE: r.settings.GOMODCACHE, Layers: layers,
	}
	return nil
}

// moveCaches makes the folder that the setting cache-dir names the place of go's
// caches, for this step and, by variables, for later ones.
func (r *Run) moveCaches() error {
	caches := r.caches()
	for _, v := range caches {
		if !filepath.IsAbs(v.Value) {
			return r.Config.Error("cache-dir", "is no absolute path on "+r.OS, `write /mnt/cache, on Windows D:\cache`)
		}
		if err := os.MkdirAll(v.Value, 0o777); err != nil {
			return &Error{Class: classify.Of(err), Reason: r.say("the folder of cache-dir cannot be made: %v", "无法创建 cache-dir 目录：%v", err), Err: err,
				Hint: "name a folder that the job's user can write"}
		}
	}
	if caches != nil {
		r.settings.GOMODCACHE = caches[1].Value
	}
	return nil
}

// caches are the variables of the setting cache-dir, none without it.
func (r *Run) caches() []ci.Var {
	dir := r.Config.Text("cache-dir")
	if dir == "" {
		return nil
	}
	return []ci.Var{{Name: "GOCACHE", Value: filepath.Join(dir, "build")}, {Name: "GOMODCACHE", Value: filepath.Join(dir, "mod")}}
}

// dir is the folder the run works in, absolute.
func (r *Run) dir() string {
	d := r.Config.Text("C")
	if d == "" || !filepath.IsAbs(d) {
		return filepath.Join(r.Dir, d)
	}
	return d
}

func (r *Run) findModules() error {
	ms, err := gocmd.Modules(r.dir(), r.settings)
	if err != nil {
		return err
	}
	r.modules = ms
	for _, m := range ms {
		rel, err := filepath.Rel(r.dir(), m.Dir)
		if err != nil {
			rel = m.Dir
		}
		r.Report.Modules = append(r.Report.Modules, report.Module{
			Path: m.Path, Dir: filepath.ToSlash(rel), Workspace: m.Work != "", Vendor: m.Vendor, Requires: len(m.Requires),
		})
	}
	for _, m := range ms {
		if m.Vendor {
			r.note(report.Say("%s has a vendor folder: builds take it and need no download", "%s 有 vendor 目录：构建使用它，不需要下载", m.Path))
		}
	}
	if len(ms) == 0 {
		r.note(report.Say("no go.mod in %s, above it or below it, so there is nothing to download", "%s 及其上下级目录中没有 go.mod，因此没有可下载的内容", r.dir()))
	}
	return nil
}

// isPrivate reports whether no module proxy may be asked for a module.
func (r *Run) isPrivate(path string) bool {
	return module.MatchPrefixPatterns(joinGlobs(r.settings.GONOPROXY, r.private), path)
}

func (r *Run) note(t report.Text) { r.Report.Notes = append(r.Report.Notes, t.In(r.Lang())) }

// say makes a sentence in the language of the run.
func (r *Run) say(en, zh string, args ...any) string { return report.Say(en, zh, args...).In(r.Lang()) }

// redactList hides passwords in a GOPROXY value, also in one that go would refuse.
func redactList(s string) string {
	if l, err := modproxy.ParseList(s); err == nil {
		return l.Redacted()
	}
	return modproxy.RedactRaw(s)
}
