package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/bench/lab"
)

// A client is one way to get the modules of a graph.
type client struct {
	name    string
	command func(*setting) lab.Command
	cache   bool // it fills a module cache
}

// A setting is where a client runs.
type setting struct {
	bench    *lab.Bench
	graph    lab.Graph
	upstream *lab.Upstream
	main     string   // a copy of the main module
	modcache string   // empty
	paths    []string // what plain asks for
}

func (s *setting) env(kv ...string) []string {
	return s.bench.Env(append([]string{"GOMODCACHE=" + s.modcache, "SSL_CERT_FILE=" + s.upstream.CAFile}, kv...)...)
}

// command runs argv in the main module. All have GOMAXPROCS=4, what a hosted
// runner has, unless they say otherwise.
func (s *setting) command(env []string, argv ...string) lab.Command {
	return lab.Command{Argv: argv, Dir: s.main, Env: env}
}

func (s *setting) tool(args ...string) lab.Command {
	return s.command(s.env(), append([]string{s.bench.Tool}, args...)...)
}

// fetch gets the same bytes and throws them away.
func (s *setting) fetch(args ...string) lab.Command {
	program, _ := os.Executable()
	argv := append([]string{program, "lab-fetch", "-base", s.upstream.URL, "-ca", s.upstream.CAFile}, args...)
	return lab.Command{Argv: argv, Env: s.env(), Stdin: s.list()}
}

func (s *setting) list() io.Reader { return strings.NewReader(strings.Join(s.paths, "\n")) }

var clients = []client{
	{"plain", func(s *setting) lab.Command {
		return s.command(s.env("GOPROXY="+s.upstream.URL), "go", "mod", "download")
	}, true},
	{"oneliner", func(s *setting) lab.Command {
		return s.command(s.env("GOPROXY="+s.upstream.URL, "GOMAXPROCS=32"), "sh", "-c", "go list -m all >/dev/null && go mod download")
	}, true},
	{"download", func(s *setting) lab.Command { return s.tool("download", "-proxies", s.upstream.URL) }, true},
	{"run", func(s *setting) lab.Command {
		return s.tool("run", "-proxies", s.upstream.URL, "--", "go", "mod", "download")
	}, true},
	{"setup", func(s *setting) lab.Command {
		return s.tool("setup", "-loopback", "step", "-proxies", s.upstream.URL)
	}, true},
	{"fetch-h1", func(s *setting) lab.Command { return s.fetch("-in-flight", "64") }, false},
	{"fetch-h2", func(s *setting) lab.Command { return s.fetch("-in-flight", "256", "-h2", "8") }, false},
	{"file", func(s *setting) lab.Command {
		return s.command(s.env("GOPROXY=file://"+s.graph.Tree), "go", "mod", "download")
	}, true},
}

func clientsNamed(names []string) (list []client, err error) {
	for _, name := range names {
		i := slices.IndexFunc(clients, func(c client) bool { return c.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no client %s", name)
		}
		list = append(list, clients[i])
	}
	return list, nil
}
