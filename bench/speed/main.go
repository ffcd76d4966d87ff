// Command speed measures how long a cold module download takes: plain go, the
// honest one-liner, goproxy-setup, and the limits of line and CPU, in
// alternation on one link with one upstream.
//
//	go run ./bench/speed                                  anybody: an upstream that sleeps, a made-up graph
//	go run ./bench/speed -graph medium -link sleep=48ms,sleep=198ms
//	go run ./bench/speed -graph medium -link tun -rtt 5ms,50ms,200ms -loss 0,0.01   (Linux, root)
//
// It prints Markdown to stdout and each run to stderr.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/goproxy-setup/goproxy-setup/bench/lab"
)

func main() {
	lab.Child()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "speed:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	cache, tool string
	graphs      []string
	clients     []client
	links       []func(context.Context) (*lab.Link, error)
	rounds      int
	patience    time.Duration
	foreign     float64
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
	var results []*result
	defer func() { print(out, o.clients, results) }() // also of a benchmark that was ended early
	for _, name := range o.graphs {
		g, err := lab.LoadGraph(ctx, o.cache, name)
		if err != nil {
			return err
		}
		for _, open := range o.links {
			r, err := measure(ctx, b, o, g, open)
			if r != nil {
				results = append(results, r)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("speed", flag.ContinueOnError)
	f.StringVar(&o.cache, "cache", lab.DefaultCache(), "`folder` of the graphs; fetched on first use")
	f.StringVar(&o.tool, "tool", "", "goproxy-setup `program`; built when empty")
	f.IntVar(&o.rounds, "rounds", 3, "runs of each client")
	f.DurationVar(&o.patience, "patience", 10*time.Minute, "when a run is killed")
	f.Float64Var(&o.foreign, "foreign", 0, "repeat a run up to three times when others took more than this `share` of the CPU; 0 is never")
	graphs := f.String("graph", "synthetic", "`list` of tiny, synthetic, small, medium, large")
	clients := f.String("clients", "plain,oneliner,download,fetch-h1,fetch-h2,file", "`list` of what to run, also run and setup")
	links := f.String("link", "sleep=48ms", "`list` of sleep=DURATION, tun")
	rtts := f.String("rtt", "50ms", "`list` of round trips of tun links")
	losses := f.String("loss", "0", "`list` of shares of packets that tun links lose")
	rate := f.Int64("rate", 1e9, "bits a second of tun links")
	congestion := f.String("congestion", "bbr", "congestion control of the upstream on tun links")
	if err := f.Parse(args); err != nil {
		return o, flag.ErrHelp
	}
	o.graphs = strings.Split(*graphs, ",")
	if o.clients, err = clientsNamed(strings.Split(*clients, ",")); err != nil {
		return o, err
	}
	for _, name := range strings.Split(*links, ",") {
		kind, arg, _ := strings.Cut(name, "=")
		switch kind {
		case "sleep":
			d, err := time.ParseDuration(arg)
			if err != nil {
				return o, fmt.Errorf("-link %s: %w", name, err)
			}
			o.links = append(o.links, func(context.Context) (*lab.Link, error) { return lab.SleepLink(d), nil })
		case "tun":
			wires, err := wires(*rtts, *losses, lab.Wire{Rate: *rate, Congestion: *congestion})
			if err != nil {
				return o, err
			}
			o.links = append(o.links, wires...)
		default:
			return o, fmt.Errorf("-link %s: know sleep=DURATION and tun", name)
		}
	}
	return o, nil
}

// wires are all pairs of a round trip and a loss.
func wires(rtts, losses string, w lab.Wire) (list []func(context.Context) (*lab.Link, error), err error) {
	for _, loss := range strings.Split(losses, ",") {
		if w.Loss, err = strconv.ParseFloat(loss, 64); err != nil {
			return nil, fmt.Errorf("-loss: %w", err)
		}
		for _, rtt := range strings.Split(rtts, ",") {
			if w.RTT, err = time.ParseDuration(rtt); err != nil {
				return nil, fmt.Errorf("-rtt: %w", err)
			}
			one := w
			list = append(list, func(ctx context.Context) (*lab.Link, error) { return lab.OpenWire(ctx, one) })
		}
	}
	return list, nil
}
