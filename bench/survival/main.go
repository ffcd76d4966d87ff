// Command survival measures how often a cold run succeeds when its upstream
// fails now and then, and what that costs in time: plain go, a shell loop of
// three tries, and goproxy-setup, each with one upstream and with two.
//
//	go run ./bench/survival                                 go mod download, every fault, 10 %
//	go run ./bench/survival -commands download,build,test,install,list,tidy,lint -rates 0.01,0.1,0.3
//	go run ./bench/survival -graph medium -runs 100 -faults h2reset,503,cut,stall -clients ours
//
// Rates pick by file, so that runs repeat. It prints Markdown to stdout and
// each run that failed to stderr. The fault dns needs Linux and root and is
// left out otherwise.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/goproxy-setup/goproxy-setup/bench/lab"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "survival:", err)
		os.Exit(1)
	}
}

type options struct {
	cache, tool, graph        string
	faults, commands, clients []string
	rates                     []float64
	upstreams                 []int
	runs                      int
	patience                  time.Duration
	inside                    bool
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	b, err := lab.NewBench(ctx, o.tool)
	if err != nil {
		return err
	}
	defer b.Close()
	o.tool = b.Tool
	g, err := lab.LoadGraph(ctx, o.cache, o.graph)
	if err != nil {
		return err
	}
	m, err := newMatrix(ctx, b, g, o)
	if err != nil {
		return err
	}
	defer m.close()
	if o.inside {
		return json.NewEncoder(out).Encode(m.rows())
	}
	rows := m.rows()
	if slices.Contains(o.faults, "dns") {
		more, err := withoutNames(ctx, b, o)
		if err != nil {
			fmt.Fprintln(os.Stderr, "survival: left out dns:", err)
		}
		rows = append(rows, more...)
	}
	print(out, o, rows)
	return ctx.Err()
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("survival", flag.ContinueOnError)
	f.StringVar(&o.cache, "cache", lab.DefaultCache(), "`folder` of the graphs")
	f.StringVar(&o.tool, "tool", "", "goproxy-setup `program`; built when empty")
	f.StringVar(&o.graph, "graph", "tiny", "tiny, synthetic, small, medium or large; only the first two can do more than download")
	f.IntVar(&o.runs, "runs", 5, "runs of each cell")
	f.DurationVar(&o.patience, "patience", 30*time.Second, "when a run counts as hanging")
	f.BoolVar(&o.inside, "inside", false, "this process is in a namespace without names (used by itself)")
	faults := f.String("faults", "", "`list` of faults, by default all: "+strings.Join(faultNames(), ","))
	commands := f.String("commands", "download", "`list` of "+strings.Join(commandNames(), ","))
	clients := f.String("clients", "plain,loop,ours", "`list` of plain, loop, ours")
	rates := f.String("rates", "0.1", "`list` of shares of answers that fail; stalls are a tenth of it")
	upstreams := f.String("upstreams", "1,2", "`list` of 1, 2")
	if err := f.Parse(args); err != nil {
		return o, flag.ErrHelp
	}
	o.faults, o.commands, o.clients = split(*faults), split(*commands), split(*clients)
	if len(o.faults) == 0 {
		o.faults = faultNames()
	}
	for _, s := range split(*rates) {
		r, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return o, fmt.Errorf("-rates: %w", err)
		}
		o.rates = append(o.rates, r)
	}
	for _, s := range split(*upstreams) {
		if s != "1" && s != "2" {
			return o, fmt.Errorf("-upstreams: 1 or 2, not %s", s)
		}
		o.upstreams = append(o.upstreams, int(s[0]-'0'))
	}
	for _, name := range append(o.faults, o.commands...) {
		if !slices.Contains(append(faultNames(), commandNames()...), name) {
			return o, fmt.Errorf("no fault or command %s", name)
		}
	}
	return o, nil
}

func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}
