package setup

import (
	"fmt"
	"sync"
	"time"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// progress shows that a long download lives: one updating line on a terminal,
// a plain line now and then in a log.
type progress struct {
	run   *Run
	every time.Duration
	quit  chan struct{}
	done  chan struct{}

	mu      sync.Mutex
	files   int
	bytes   int64
	retries int
	last    string // path of the last file
}

// How often progress is shown. CircleCI and Travis end a job that says nothing
// for ten minutes; a log with a line every ten seconds stays readable.
const (
	everyTerminal = 200 * time.Millisecond
	everyLog      = 10 * time.Second
)

func (r *Run) startProgress() *progress {
	p := &progress{run: r, every: everyLog, quit: make(chan struct{}), done: make(chan struct{})}
	if r.Terminal {
		p.every = everyTerminal
	}
	go p.loop()
	return p
}

func (p *progress) loop() {
	defer close(p.done)
	tick := time.NewTicker(p.every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.show()
		case <-p.quit:
			if p.run.Terminal {
				fmt.Fprint(p.run.Stderr, "\r\x1b[K")
			}
			return
		}
	}
}

// attempt counts an attempt; a failed one is told at once when the run is verbose.
func (p *progress) attempt(a report.Attempt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bytes += a.Bytes
	p.last = a.Path
	if a.Class == "" {
		p.files++
		return
	}
	p.retries++
	if p.run.verbose() {
		fmt.Fprintf(p.run.Stderr, "goproxy-setup: attempt %d of %s: %s: %s\n", a.N, a.Path, a.Class, a.Error)
	}
}

func (p *progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := fmt.Sprintf("goproxy-setup: %d files, %.1f MB in %.0f s", p.files, float64(p.bytes)/1e6, time.Since(p.run.start).Seconds())
	if p.retries > 0 {
		line += fmt.Sprintf(", %d attempts failed", p.retries)
	}
	if p.run.Terminal {
		fmt.Fprintf(p.run.Stderr, "\r\x1b[K%.79s", line)
		return
	}
	fmt.Fprintln(p.run.Stderr, line)
}

func (p *progress) stop() {
	close(p.quit)
	<-p.done
}

// progress tells what a step is about to do, on a terminal only: in a log the
// report follows within seconds.
func (r *Run) progress(format string, a ...any) {
	if r.Terminal {
		fmt.Fprintf(r.Stderr, "\r\x1b[Kgoproxy-setup: "+format, a...)
	}
}

// Lang is the language of the report, by the setting or by the environment.
func (r *Run) Lang() string {
	if l := r.Config.Text("lang"); l != "auto" {
		return l
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := r.Getenv(name); v != "" {
			if len(v) >= 2 && v[:2] == "zh" {
				return "zh"
			}
			return "en"
		}
	}
	return "en"
}

// verbose is the setting, or the debug logging of the GitHub family
// (https://docs.github.com/actions/monitoring-and-troubleshooting-workflows/enabling-debug-logging).
func (r *Run) verbose() bool { return r.Config.Bool("v") || r.Getenv("RUNNER_DEBUG") == "1" }
