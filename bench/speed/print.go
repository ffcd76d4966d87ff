package main

import (
	"fmt"
	"io"
	"time"

	"github.com/goproxy-setup/goproxy-setup/bench/lab"
)

// print writes the tables: seconds, then ratios, then what it cost.
func print(w io.Writer, list []client, results []*result) {
	columns := []string{"graph", "link", "load"}
	for _, c := range list {
		columns = append(columns, c.name)
	}
	fmt.Fprintf(w, "Seconds, medians; load is the machine's before the first run.\n\n")
	t := lab.NewTable(w, columns...)
	for _, r := range results {
		row := []string{r.graph.Name, r.link, fmt.Sprintf("%.1f", r.load)}
		for _, c := range list {
			row = append(row, lab.Seconds(r.wall(c.name)))
		}
		t.Row(row...)
	}
	printRatios(w, results)
	printCosts(w, list, results)
}

func printRatios(w io.Writer, results []*result) {
	fmt.Fprintf(w, "\nHow many times faster `goproxy-setup download` is, and how near to the limits.\n\n")
	t := lab.NewTable(w, "graph", "link", "plain / ours", "one-liner / ours", "ours / line", "ours / CPU", "ours / (line + CPU)")
	for _, r := range results {
		ours, line, cpu := r.wall("download"), r.line(), r.wall("file")
		t.Row(r.graph.Name, r.link, lab.Ratio(r.wall("plain"), ours), lab.Ratio(r.wall("oneliner"), ours),
			lab.Ratio(ours, line), lab.Ratio(ours, cpu), lab.Ratio(ours, line+cpu))
	}
}

func printCosts(w io.Writer, list []client, results []*result) {
	fmt.Fprintf(w, "\nWhat the upstream counted, and CPU seconds of client, medians.\n\n")
	t := lab.NewTable(w, "graph", "link", "client", ".info", ".mod", ".zip", "other", "MB", "connections", "most at once", "CPU")
	for _, r := range results {
		for _, c := range list {
			runs := r.runs[c.name]
			if len(runs) == 0 {
				continue
			}
			n := runs[len(runs)-1].served
			t.Row(r.graph.Name, r.link, c.name, fmt.Sprint(n.Info), fmt.Sprint(n.Mod), fmt.Sprint(n.Zip), fmt.Sprint(n.Other),
				lab.MB(n.Bytes), fmt.Sprint(n.Conns), fmt.Sprint(n.MaxOpen), lab.Seconds(r.cpu(c.name)))
		}
	}
}

func (r *result) wall(name string) time.Duration {
	return r.median(name, func(s sample) time.Duration { return s.Wall })
}

func (r *result) cpu(name string) time.Duration {
	return r.median(name, func(s sample) time.Duration { return s.CPU })
}

func (r *result) median(name string, of func(sample) time.Duration) time.Duration {
	var list []time.Duration
	for _, s := range r.runs[name] {
		list = append(list, of(s))
	}
	return lab.Median(list)
}

// line is the faster of both ways to fetch.
func (r *result) line() time.Duration {
	h1, h2 := r.wall("fetch-h1"), r.wall("fetch-h2")
	if h1 == 0 || h2 != 0 && h2 < h1 {
		return h2
	}
	return h1
}
