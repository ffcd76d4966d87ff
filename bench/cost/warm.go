package main

import (
	"context"
	"fmt"
	"time"

	"github.com/goproxy-setup/goproxy-setup/bench/lab"
)

// warm compares commands with a full module cache, in alternation.
func (w *world) warm(ctx context.Context) error {
	mod, err := w.Folder("mod")
	if err != nil {
		return err
	}
	url := w.upstream.URL
	plain := w.env(mod, "GOPROXY="+url)
	if _, err := w.must(ctx, plain, "go", "mod", "download"); err != nil {
		return err
	}
	rows := []struct {
		env   []string
		argv  []string
		times []time.Duration
		cpu   []time.Duration
		n     lab.Count
	}{
		{env: plain, argv: []string{"go", "mod", "download"}},
		{env: w.env(mod), argv: []string{w.Tool, "download", "-proxies", url}},
		{env: w.env(mod), argv: []string{w.Tool, "run", "-proxies", url, "--", "go", "mod", "download"}},
		{env: w.env(mod), argv: []string{w.Tool, "setup", "-loopback", "step", "-proxies", url}},
	}
	for range w.rounds {
		for i := range rows {
			r := &rows[i]
			if _, err := w.upstream.Take(); err != nil {
				return err
			}
			cost, err := w.must(ctx, r.env, r.argv...)
			if err != nil {
				return err
			}
			if r.n, err = w.upstream.Take(); err != nil {
				return err
			}
			r.times, r.cpu = append(r.times, cost.Wall), append(r.cpu, cost.CPU)
		}
	}
	fmt.Fprintf(w.out, "Full module cache, %s, medians of %d; requests include those of the probe.\n\n", w.graph.Name, w.rounds)
	t := lab.NewTable(w.out, "command", "s", "over plain, ms", "CPU s", "requests", "KB")
	for _, r := range rows {
		over := lab.Median(r.times) - lab.Median(rows[0].times)
		t.Row(short(r.argv), fmt.Sprintf("%.3f", lab.Median(r.times).Seconds()), fmt.Sprint(over.Milliseconds()),
			fmt.Sprintf("%.3f", lab.Median(r.cpu).Seconds()), fmt.Sprint(r.n.Requests()), fmt.Sprint(r.n.Bytes/1000))
	}
	return nil
}
