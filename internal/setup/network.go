package setup

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/internal/config"
	"github.com/goproxy-setup/goproxy-setup/internal/forward"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/internal/tunnel"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// findForwardProxy finds the network's own HTTP proxy and makes the client that
// goes through it.
func (r *Run) findForwardProxy(ctx context.Context) error {
	setting, err := forward.ParseSetting(r.Config.Text("forward-proxy"))
	if err != nil {
		return err // which a checked setting has not
	}
	f, err := forward.Discover(ctx, forward.Options{Setting: setting, Getenv: r.Getenv, Machine: r.Forward, Warn: r.scripts.failed})
	var bad *forward.ValueError
	if errors.As(err, &bad) {
		return &Error{Class: report.ForwardProxyFailure, Reason: err.Error(), Err: err,
			Hint: "go would ignore this value without a word and go direct; write http://HOST:PORT, with user and password percent-encoded"}
	}
	if err != nil {
		return err
	}
	r.forward = f
	roots, err := tunnel.Roots(config.CAFiles(r.Config.Text("ca-file"))...)
	if err != nil {
		return err // which a checked setting has not
	}
	r.client = newClient(f, roots, r.Getenv, modproxy.LoadNetrc(r.Getenv, r.OS, r.settings.GOAUTH))
	if odd := oddAuth(r.settings.GOAUTH); odd != "" {
		r.note(report.Say("GOAUTH has %q, which only go itself runs: a module proxy that needs it refuses the loopback",
			"GOAUTH 含有 %q，只有 go 自己会执行它：需要它的模块代理会拒绝本机回环代理", odd))
	}
	r.reportForwardProxy()
	return nil
}

// forwardSetting is the setting for the process that serves later steps. Where
// nothing names a forward proxy that need not be found out again: asking the network
// for a script can take seconds.
func (r *Run) forwardSetting() string {
	if r.forward.Source == "" {
		return forward.None
	}
	return r.Config.Text("forward-proxy")
}

// absolute makes names good for a process in another folder.
func absolute(files []string) (list []string) {
	for _, f := range files {
		if abs, err := filepath.Abs(f); err == nil {
			f = abs
		}
		list = append(list, f)
	}
	return list
}

// newClient goes by the forward proxies, if there are any.
func newClient(f forward.Config, roots *x509.CertPool, getenv func(string) string, logins modproxy.Netrc) *modproxy.Client {
	o := modproxy.Options{RootCAs: roots, Netrc: logins}
	if f.Source != "" {
		o.Via = tunnel.New(tunnel.Options{Ways: f.Ways, RootCAs: roots, Logins: tunnel.Logins(getenv)}).Wrap
	}
	return modproxy.NewClient(o)
}

// askScript has a PAC script answer for URLs before their requests run against
// time-outs: it may fetch, resolve names, or never end, which is known then.
func askScript(ctx context.Context, f forward.Config, urls []*url.URL) {
	if f.PAC == "" {
		return
	}
	var wg sync.WaitGroup
	for _, u := range urls {
		wg.Go(func() { f.Ways(ctx, u) })
	}
	wg.Wait()
}

func (r *Run) reportForwardProxy() {
	f := r.forward
	if f.Source != "" {
		r.Report.ForwardProxy = &report.ForwardProxy{Source: f.Source, Proxy: f.Address, PAC: f.PAC}
		for _, l := range f.Layers {
			r.Report.ForwardProxy.Layers = append(r.Report.ForwardProxy.Layers, report.ForwardLayer{Name: l.Name, State: string(l.State), Says: l.Says})
		}
	}
	if f.Hides != "" {
		r.note(report.Say("%s is set too and has another value; Go takes %s", "%s 也已设置且值不同；Go 使用 %s", f.Hides, f.Source))
	}
	for _, n := range f.Notes {
		r.note(n)
	}
	if !r.verbose() {
		return
	}
	for _, l := range f.Layers {
		fmt.Fprintf(r.Stderr, "goproxy-setup: forward proxy, %s: %s\n", l.Name, strings.TrimSpace(string(l.State)+" "+l.Says))
	}
}

// noteLayers tells why layers do not answer, to whoever can reach nothing.
func (r *Run) noteLayers() {
	for _, l := range r.forward.Layers {
		if l.Why.EN != "" {
			r.note(report.Text{EN: l.Name + ": " + l.Why.EN, ZH: l.Name + "：" + l.Why.ZH})
		}
	}
}

// scripts collects what PAC scripts failed with, whoever asked them.
type scripts struct {
	mu   sync.Mutex
	errs []error
}

func (s *scripts) failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errs = append(s.errs, err)
}

func (r *Run) tellScripts() {
	r.scripts.mu.Lock()
	defer r.scripts.mu.Unlock()
	for _, err := range r.scripts.errs {
		r.note(report.Say("%s; what comes behind it answered instead", "%s；已改用其后的设置", classify.Redact(err.Error())))
	}
	r.scripts.errs = nil
}

// goAround says the forward proxy for what does not go through the loopback: git,
// go with direct, other programs. They know no registry and no scripts.
func (r *Run) goAround(ctx context.Context) error {
	urls := r.outside()
	if p := r.Report.ForwardProxy; p != nil && p.Proxy == "" && len(urls) > 0 {
		if ways, err := r.forward.Ways(ctx, urls[0]); err == nil {
			p.Proxy = forward.Name(ways[0])
		}
	}
	e := r.forward.Export(ctx, r.Getenv("NO_PROXY"), urls)
	if e.Differ != nil {
		r.note(report.Say("what goes around the loopback, as git and later steps may, gets no forward proxy: no variable can say what the PAC script answers (%s)",
			"绕过本机回环代理的程序（如 git 和后续步骤）得不到转发代理：环境变量无法表达 PAC 脚本的答复（%s）", few(e.Differ)))
	}
	if len(e.Secrets()) > 0 && !r.System.Masks() {
		r.note(report.Say("what goes around the loopback, as git and later steps may, gets no forward proxy: its password cannot be hidden from the log here; set HTTPS_PROXY as a secret variable of the job",
			"绕过本机回环代理的程序（如 git 和后续步骤）得不到转发代理：此处无法在日志中隐藏其密码；请将 HTTPS_PROXY 设为任务的机密变量"))
		e = forward.Export{}
	}
	if len(e.Lost) > 0 {
		r.note(report.Say("NO_PROXY cannot say these exceptions as Windows means them: %s", "NO_PROXY 无法按 Windows 的含义表达这些例外：%s", few(e.Lost)))
	}
	r.around = e
	return nil
}

// few are the first of a list.
func few(list []string) string {
	const most = 4
	if len(list) > most {
		list = append(list[:most:most], "…")
	}
	return strings.Join(list, ", ")
}

// outside are the URLs that matter beside the loopback: the selection, the checksum
// database, the hosts of private modules.
func (r *Run) outside() (urls []*url.URL) {
	for _, e := range r.choice.List {
		if e.Remote() {
			urls = append(urls, &url.URL{Scheme: e.URL.Scheme, Host: e.URL.Host, Path: "/"})
		}
	}
	hosts := []string{}
	if name := modproxy.ProxiedSumDB(r.effectiveSumDB()); name != "" {
		hosts = append(hosts, name)
	}
	for _, m := range r.modules {
		for _, req := range m.Requires {
			host, _, _ := strings.Cut(req.Version.Path, "/")
			if r.isPrivate(req.Version.Path) && strings.Contains(host, ".") && !slices.Contains(hosts, host) {
				hosts = append(hosts, host)
			}
		}
	}
	for _, h := range hosts {
		urls = append(urls, &url.URL{Scheme: "https", Host: h, Path: "/"})
	}
	return urls
}

// aroundVars are what goAround found, as variables.
func (r *Run) aroundVars() (vars []ci.Var) {
	add := func(name, value string) {
		if value != "" && value != r.Getenv(name) {
			vars = append(vars, ci.Var{Name: name, Value: value})
		}
	}
	if r.around.HTTPS != nil {
		add("HTTPS_PROXY", r.around.HTTPS.String())
	}
	if r.around.HTTP != nil {
		add("HTTP_PROXY", r.around.HTTP.String())
	}
	add("NO_PROXY", r.around.NoProxy)
	return vars
}
