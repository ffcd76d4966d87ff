package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/goproxy-setup/goproxy-setup/bench/lab"
)

// A result is all runs of one graph on one link.
type result struct {
	graph lab.Graph
	link  string
	load  float64 // of the machine before the first run
	runs  map[string][]sample
}

// A sample is one run that went well.
type sample struct {
	lab.Cost
	served lab.Count
}

// measure runs every client in alternation. The first round warms the
// upstream's page cache and is not counted.
func measure(ctx context.Context, b *lab.Bench, o options, g lab.Graph, open func(context.Context) (*lab.Link, error)) (r *result, err error) {
	l, err := open(ctx)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	u, err := lab.StartUpstream(ctx, b, l, g.Tree)
	if err != nil {
		return nil, err
	}
	defer u.Close()
	s := &setting{bench: b, graph: g, upstream: u}
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	r = &result{graph: g, link: l.Name, load: lab.Load(), runs: map[string][]sample{}}
	for round := range o.rounds {
		for i := range o.clients {
			c := o.clients[(i+round)%len(o.clients)] // nobody is always behind the same
			one, err := s.quietest(ctx, l, o, c)
			if err != nil {
				return r, fmt.Errorf("%s, %s, %s: %w", g.Name, l.Name, c.name, err)
			}
			r.runs[c.name] = append(r.runs[c.name], one)
		}
	}
	return r, nil
}

// prepare copies the main module and learns what plain asks for from a module
// cache that a download from the tree has filled.
func (s *setting) prepare(ctx context.Context) (err error) {
	if s.main, err = s.bench.Folder("main"); err != nil {
		return err
	}
	if err := s.graph.CopyMain(s.main); err != nil {
		return err
	}
	return s.fresh(func() error {
		c := s.command(s.env("GOPROXY=file://"+s.graph.Tree), "go", "mod", "download")
		cost, err := lab.SleepLink(0).Run(ctx, c, time.Minute)
		if err != nil || cost.Exit != 0 {
			return fmt.Errorf("go mod download from the tree: %v\n%s", err, cost.Output)
		}
		full := lab.Graph{Tree: filepath.Join(s.modcache, "cache", "download")}
		s.paths, err = full.Paths()
		return err
	})
}

// fresh gives f an empty module cache.
func (s *setting) fresh(f func() error) (err error) {
	if s.modcache, err = s.bench.Folder("mod"); err != nil {
		return err
	}
	defer os.RemoveAll(s.modcache)
	return f()
}

// quietest repeats a run that others disturbed, and takes the least disturbed one.
func (s *setting) quietest(ctx context.Context, l *lab.Link, o options, c client) (best sample, err error) {
	for try := range 4 {
		one, err := s.once(ctx, l, o, c)
		if err != nil {
			return best, err
		}
		share := foreign(one)
		fmt.Fprintf(os.Stderr, "%s, %s: %-9s %6.2f s, CPU %5.2f, others %3.0f %%, %d requests, %s MB, %d conns, %d open\n", s.graph.Name, l.Name, c.name,
			one.Wall.Seconds(), one.CPU.Seconds(), 100*share, one.served.Requests(), lab.MB(one.served.Bytes), one.served.Conns, one.served.MaxOpen)
		if try == 0 || share < foreign(best) {
			best = one
		}
		if o.foreign == 0 || share <= o.foreign {
			break
		}
	}
	return best, nil
}

// foreign is the share of the CPU that neither the run nor its upstream used.
func foreign(s sample) float64 {
	return max(0, (s.Foreign-s.served.CPU).Seconds()) / (s.Wall.Seconds() * float64(runtime.NumCPU()))
}

func (s *setting) once(ctx context.Context, l *lab.Link, o options, c client) (one sample, err error) {
	if _, err := s.upstream.Take(); err != nil {
		return one, err
	}
	err = s.fresh(func() (err error) {
		if one.Cost, err = l.Run(ctx, c.command(s), o.patience); err != nil {
			return err
		}
		if one.Exit != 0 {
			return fmt.Errorf("exit code %d after %v\n%s", one.Exit, one.Wall, one.Output)
		}
		if c.cache {
			return s.complete()
		}
		return nil
	})
	if err != nil {
		return one, err
	}
	one.served, err = s.upstream.Take()
	return one, err
}

// complete checks that the module cache has every module, checked and unpacked.
func (s *setting) complete() error {
	want, got := 0, 0
	for _, p := range s.paths {
		if strings.HasSuffix(p, ".zip") {
			want++
		}
	}
	err := filepath.WalkDir(filepath.Join(s.modcache, "cache", "download"), func(name string, d fs.DirEntry, err error) error {
		if strings.HasSuffix(name, ".ziphash") {
			got++
		}
		return err
	})
	if err == nil && got != want {
		err = fmt.Errorf("%d modules in the module cache, want %d", got, want)
	}
	return err
}
