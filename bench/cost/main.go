// Command cost measures what goproxy-setup takes when there is nothing to gain:
// start of the action, time and requests with a full module cache, memory of the loopback, many
// commands at once, and what it leaves behind.
//
//	go run ./bench/cost                       all five, with made-up graphs
//	go run ./bench/cost -graph medium -only warm
//
// It prints Markdown to stdout.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
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
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

type options struct {
	graph    string
	rounds   int
	bytes    int64
	commands int
}

// A world is what all parts share.
type world struct {
	*lab.Bench
	options
	link     *lab.Link
	graph    lab.Graph
	upstream *lab.Upstream
	main     string
	out      io.Writer
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	w := &world{link: lab.SleepLink(0), out: out}
	f := flag.NewFlagSet("cost", flag.ContinueOnError)
	cache := f.String("cache", lab.DefaultCache(), "`folder` of the graphs")
	tool := f.String("tool", "", "goproxy-setup `program`; built when empty")
	only := f.String("only", "start,warm,memory,crowd,leftovers", "`list` of parts")
	delay := f.Duration("delay", 5*time.Millisecond, "the upstream sleeps so long before each answer")
	f.StringVar(&w.options.graph, "graph", "synthetic", "tiny, synthetic, small, medium or large")
	f.IntVar(&w.rounds, "rounds", 5, "runs with a full module cache")
	f.Int64Var(&w.bytes, "bytes", 1e9, "what passes through the loopback while its memory is read")
	f.IntVar(&w.commands, "commands", 20, "go commands at once, with up to 50 requests each")
	if err := f.Parse(args); err != nil {
		return flag.ErrHelp
	}
	if w.Bench, err = lab.NewBench(ctx, *tool); err != nil {
		return err
	}
	defer w.Close()
	if w.graph, err = lab.LoadGraph(ctx, *cache, w.options.graph); err != nil {
		return err
	}
	if w.upstream, err = lab.StartUpstream(ctx, w.Bench, lab.SleepLink(*delay), w.graph.Tree); err != nil {
		return err
	}
	defer w.upstream.Close()
	if w.main, err = w.Folder("main"); err != nil {
		return err
	}
	if err := w.graph.CopyMain(w.main); err != nil {
		return err
	}
	parts := map[string]func(context.Context) error{"start": w.start, "warm": w.warm, "memory": w.memory, "crowd": w.crowd, "leftovers": w.leftovers}
	for _, name := range strings.Split(*only, ",") {
		part, ok := parts[name]
		if !ok {
			return fmt.Errorf("no part %s", name)
		}
		if err := part(ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintln(out)
	}
	return nil
}

// env is that of a command with a module cache.
func (w *world) env(modcache string, kv ...string) []string {
	return w.Env(append([]string{"GOMODCACHE=" + modcache, "SSL_CERT_FILE=" + w.upstream.CAFile}, kv...)...)
}

// must runs a command that has to succeed.
func (w *world) must(ctx context.Context, env []string, argv ...string) (lab.Cost, error) {
	cost, err := w.link.Run(ctx, lab.Command{Argv: argv, Dir: w.main, Env: env}, 10*time.Minute)
	if err == nil && cost.Exit != 0 {
		err = fmt.Errorf("%s: exit code %d\n%s", strings.Join(argv, " "), cost.Exit, cost.Output)
	}
	return cost, err
}
