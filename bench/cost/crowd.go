package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/goproxy-setup/goproxy-setup/bench/lab"
)

// crowd runs many go commands at once behind one loopback, each with its own
// module cache and 50 requests at a time, and then a thousand requests at once.
func (w *world) crowd(ctx context.Context) error {
	l, err := w.serve(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	if _, err := w.upstream.Take(); err != nil {
		return err
	}
	fmt.Fprintf(w.out, "Many at once behind one `goproxy-setup serve`, %s.\n\n", w.graph.Name)
	t := lab.NewTable(w.out, "what", "s", "failed", "requests upstream", "MB upstream", "most at once upstream", "peak RSS, MB", "threads", "files left in its folder")
	for _, part := range []struct {
		what string
		do   func(context.Context, *loopback) error
	}{
		{fmt.Sprintf("%d × `go list -m all`, cold, GOMAXPROCS=50", w.commands), w.commandsAtOnce("list", "-m", "all")},
		{fmt.Sprintf("%d × `go mod download`, cold, GOMAXPROCS=50", w.commands), w.commandsAtOnce("mod", "download")},
		{"1,000 requests at once", w.thousand},
	} {
		start := time.Now()
		err := part.do(ctx, l)
		took := time.Since(start)
		failed := "none"
		if err != nil {
			failed = err.Error()
		}
		n, err := w.upstream.Take()
		if err != nil {
			return err
		}
		t.Row(part.what, lab.Seconds(took), failed, fmt.Sprint(n.Requests()), lab.MB(n.Bytes), fmt.Sprint(n.MaxOpen),
			lab.MB(l.status("VmHWM")*1024), fmt.Sprint(l.status("Threads")), fmt.Sprint(len(l.leftInDir())))
	}
	return nil
}

func (w *world) commandsAtOnce(args ...string) func(context.Context, *loopback) error {
	return func(ctx context.Context, l *loopback) error {
		errs := make([]error, w.commands)
		var all sync.WaitGroup
		for i := range errs {
			mod, err := w.Folder("mod")
			if err != nil {
				return err
			}
			env := w.env(mod, "GOPROXY="+l.goproxy, "GOMAXPROCS=50")
			all.Go(func() { _, errs[i] = w.must(ctx, env, append([]string{"go"}, args...)...) })
		}
		all.Wait()
		return errors.Join(errs...)
	}
}

// thousand keeps so many requests of .mod and .info files open.
func (w *world) thousand(_ context.Context, l *loopback) error {
	paths, err := w.graph.Paths()
	if err != nil {
		return err
	}
	var small []string
	for _, p := range paths {
		if p[len(p)-4:] != ".zip" {
			small = append(small, p)
		}
	}
	_, _, err = pull(l.goproxy, small, int64(1000*60), 1000)
	return err
}
