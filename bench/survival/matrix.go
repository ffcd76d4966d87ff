package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goproxy-setup/goproxy-setup/bench/lab"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// A matrix is all cells and what their runs need.
type matrix struct {
	ctx   context.Context
	bench *lab.Bench
	graph lab.Graph
	o     options
	ups   *upstreams
	names *names // the only ones who know a host, in a namespace of its own
	run   int    // counts all runs; each has other random faults
	base  map[string]time.Duration
}

func newMatrix(ctx context.Context, b *lab.Bench, g lab.Graph, o options) (m *matrix, err error) {
	m = &matrix{ctx: ctx, bench: b, graph: g, o: o, base: map[string]time.Duration{}}
	if m.ups, err = startUpstreams(b, g); err != nil {
		return nil, err
	}
	if o.inside {
		m.names, err = serveNames()
	}
	return m, err
}

func (m *matrix) close() {
	if m.names != nil {
		m.names.close()
	}
	m.ups.close()
}

// A Row is a cell of the matrix: what each client did.
type Row struct {
	Fault, Command string
	Rate           float64
	Upstreams      int
	Clients        map[string]Tally
}

// A Tally is the runs of one client in one cell.
type Tally struct {
	Runs, Good, Hung int
	Time             time.Duration  // median of all runs that ended
	Slowest          time.Duration  // of them
	Base             time.Duration  // median of the same without faults
	Classes          map[string]int // runs by what the report gives as their first failure; ours only
}

func (m *matrix) rows() (rows []Row) {
	for _, command := range m.o.commands {
		for _, name := range m.o.faults {
			f := faultNamed(name)
			if (f.first == noName) != m.o.inside {
				continue
			}
			for _, rate := range m.o.rates {
				if f.total() && rate != m.o.rates[0] {
					continue
				}
				for _, n := range m.o.upstreams {
					if m.ctx.Err() == nil {
						rows = append(rows, m.row(f, command, rate, n))
					}
				}
			}
		}
	}
	return rows
}

func (m *matrix) row(f fault, command string, rate float64, n int) Row {
	r := Row{Fault: f.name, Command: command, Rate: rate, Upstreams: n, Clients: map[string]Tally{}}
	if f.total() {
		r.Rate = 1
	}
	for _, client := range m.o.clients {
		base := m.baseline(command, client, n) // first, since it fills the build cache
		t := m.tally(f, command, client, rate, n, m.o.runs)
		t.Base = base
		r.Clients[client] = t
	}
	fmt.Fprintf(os.Stderr, "%+v\n", r)
	return r
}

// baseline is the time of a client without a fault.
func (m *matrix) baseline(command, client string, n int) time.Duration {
	key := fmt.Sprint(command, client, n)
	if _, ok := m.base[key]; !ok {
		m.tally(fault{}, command, client, 0, n, 1) // fills the build cache
		m.base[key] = m.tally(fault{}, command, client, 0, n, min(5, m.o.runs)).Time
	}
	return m.base[key]
}

func (m *matrix) tally(f fault, command, client string, rate float64, n, runs int) (t Tally) {
	var times []time.Duration
	t.Classes = map[string]int{}
	for range runs {
		cost, class, err := m.once(f, command, client, rate, n)
		if m.ctx.Err() != nil {
			return t
		}
		t.Runs++
		switch {
		case err == nil && cost.Exit == 0:
			t.Good++
			times = append(times, cost.Wall)
		case err == nil && cost.Wall >= m.o.patience:
			t.Hung++
		default:
			times = append(times, cost.Wall)
		}
		if client == "ours" && cost.Exit != 0 {
			t.Classes[class]++
			fmt.Fprintf(os.Stderr, "--- %s %s rate %g, %d upstreams, seed %d: exit %d after %v, %v\n%s\n", f.name, command, rate, n, m.run, cost.Exit, cost.Wall, err, tail(cost.Output))
		}
	}
	t.Time = lab.Median(times)
	t.Slowest = slices.Max(append(times, 0))
	return t
}

// once runs a command in a new copy of the main module with a cold module cache. The
// class is that of a failed run of ours.
func (m *matrix) once(f fault, command, client string, rate float64, n int) (cost lab.Cost, class string, err error) {
	m.run++
	dir, err := m.bench.Folder("run")
	if err != nil {
		return cost, "", err
	}
	defer os.RemoveAll(dir)
	defer m.ups.forget()
	main := filepath.Join(dir, "main")
	if err := m.graph.CopyMain(main); err != nil {
		return cost, "", err
	}
	told := filepath.Join(dir, "report.json")
	env := []string{"GOMODCACHE=" + filepath.Join(dir, "mod"), "GOBIN=" + filepath.Join(dir, "bin"), "SSL_CERT_FILE=" + m.ups.caFile}
	urls := m.ups.urls(f, rate, n, m.run)
	if f.first == noName {
		m.names.gone(5 * time.Second)
	}
	argv := argvOf(command)
	switch client {
	case "ours":
		argv = ours(m.bench.Tool, command, strings.Join(urls, ","), told)
	case "loop":
		argv = []string{"sh", "-c", "for i in 1 2 3; do " + strings.Join(argv, " ") + " && exit; done; exit 1"}
		fallthrough
	default:
		env = append(env, "GOPROXY="+strings.Join(urls, "|"))
	}
	cost, err = lab.SleepLink(0).Run(m.ctx, lab.Command{Argv: argv, Dir: main, Env: m.bench.Env(env...)}, m.o.patience)
	if client == "ours" && cost.Exit != 0 {
		class = firstClass(told)
	}
	return cost, class, err
}

// firstClass is the class of the first failure of a report.
func firstClass(file string) string {
	var r report.Report
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil || len(r.Failures) == 0 {
		return "none"
	}
	return string(r.Failures[0].Class)
}

var commands = map[string]string{
	"download": "go mod download",
	"build":    "go build ./...",
	"test":     "go test ./...",
	"install":  "go install .",
	"list":     "go list -m all",
	"tidy":     "go mod tidy",
	"lint":     "staticcheck ./...", // which has to be in the PATH
}

func commandNames() (names []string) {
	for name := range commands {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func argvOf(command string) []string { return strings.Fields(commands[command]) }

func ours(tool, command, proxies, told string) []string {
	flags := []string{"-proxies", proxies, "-report", "text", "-report", "json=" + told}
	if command == "download" {
		return append([]string{tool, "download"}, flags...)
	}
	return append(append(append([]string{tool, "run"}, flags...), "--"), argvOf(command)...)
}

func tail(out string) string { return out[max(0, len(out)-1500):] }
