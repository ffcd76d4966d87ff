package setup

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/mod/module"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/config"
	"github.com/goproxy-setup/goproxy-setup/internal/forward"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/golden"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
)

// TestNetwork reads testdata/network.txt: a machine in lines, and what a run makes
// of its forward proxy.
//
//	ci NAME                 the CI system, github if it is not told
//	env NAME=VALUE
//	setting VALUE           forward-proxy
//	HKCU NAME=VALUE         of Internet Settings
//	account SID
//	script HOST=WAY         of the script that AutoConfigURL names; * is every other host
//	goproxy LIST            the selection, https://goproxy.corp.example,direct if it is not told
//	needs MODULE            of go.mod; git.corp.example is private
//	unreachable             no module proxy can be reached
func TestNetwork(t *testing.T) {
	t.Parallel()
	golden.Run(t, "testdata/network.txt", func(t *testing.T, in []string) []string {
		m := &network{env: map[string]string{}, registry: values{}, script: script{}, list: "https://goproxy.corp.example,direct", ci: "github"}
		for _, line := range in {
			m.fact(t, line)
		}
		return m.run(t)
	})
}

type network struct {
	env         map[string]string
	registry    values
	script      script
	account     forward.Account
	setting     string
	ci, list    string
	needs       []gocmd.Require
	unreachable bool
}

func (m *network) fact(t *testing.T, line string) {
	t.Helper()
	verb, rest, _ := strings.Cut(line, " ")
	name, value, _ := strings.Cut(rest, "=")
	switch verb {
	case "ci":
		m.ci = rest
	case "env":
		m.env[name] = value
	case "setting":
		m.setting = rest
	case "HKCU":
		m.registry[name] = value
	case "account":
		m.account.SID = rest
	case "script":
		m.script[name] = value
	case "goproxy":
		m.list = rest
	case "needs":
		m.needs = append(m.needs, gocmd.Require{Version: module.Version{Path: rest, Version: "v1.0.0"}})
	case "unreachable":
		m.unreachable = true
	default:
		t.Fatalf("unknown fact %q", line)
	}
}

// values are those of HKCU's Internet Settings.
type values map[string]string

func (v values) Read(key, name string) any {
	if s, ok := v[name]; ok && strings.HasPrefix(key, "HKCU") && strings.HasSuffix(key, "Internet Settings") && !strings.Contains(key, "Policies") {
		return s
	}
	return nil
}

// A script answers by host.
type script map[string]string

func (s script) Find(_ context.Context, u *url.URL) ([]*url.URL, error) {
	answer, ok := s[u.Hostname()]
	if !ok {
		answer = s["*"]
	}
	switch answer {
	case "fails":
		return nil, errors.New("line 1: x is not defined")
	case "DIRECT":
		return []*url.URL{nil}, nil
	}
	return []*url.URL{{Scheme: "http", Host: answer}}, nil
}

func (m *network) run(t *testing.T) (out []string) {
	t.Helper()
	getenv := func(name string) string { return m.env[name] }
	c, err := config.Parse("setup", []string{"-forward-proxy", m.setting, "-v"}, getenv, nil)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	r := New(World{Getenv: getenv, Stdout: io.Discard, Stderr: &said, OS: "windows", Forward: forward.Machine{
		Registry: m.registry, Account: m.account,
		Open: func(context.Context, string) (forward.Finder, error) {
			if len(m.script) == 0 {
				return nil, errors.New("404 Not Found")
			}
			return m.script, nil
		},
	}}, c, "setup")
	r.System, _ = ci.Named(m.ci)
	r.settings.GOSUMDB, r.settings.GONOPROXY = modproxy.SumGolang, "git.corp.example"
	r.modules = []gocmd.Module{{Path: "example.com/main", Requires: m.needs}}
	if err := r.findForwardProxy(t.Context()); err != nil {
		return []string{"error: " + err.Error()}
	}
	defer r.client.Close()
	if r.choice.List, err = modproxy.ParseList(m.list); err != nil {
		t.Fatal(err)
	}
	if m.unreachable {
		r.noteLayers()
	}
	if err := r.goAround(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.tellScripts()
	if p := r.Report.ForwardProxy; p != nil {
		out = append(out, strings.TrimSpace("report: "+p.Source+": "+p.Proxy+" "+p.PAC))
	}
	for _, v := range r.aroundVars() {
		out = append(out, v.Name+"="+v.Value)
		if err := v.Check(); err != nil {
			t.Error(err)
		}
	}
	for _, n := range r.Report.Notes {
		out = append(out, "note: "+n)
		if strings.Contains(n, "s3cr3t") {
			t.Errorf("a password is in the note %q", n)
		}
	}
	for line := range strings.Lines(said.String()) {
		if line = strings.TrimSpace(line); strings.Contains(line, "s3cr3t") {
			t.Errorf("a password is in the log: %s", line)
		} else if !strings.HasSuffix(line, ": empty") {
			out = append(out, line)
		}
	}
	return append(out, r.around.Secrets()...)
}
