// Package setup is a run: the steps from looking at the machine to the report,
// in order. Each step fills in its part of the report and what the next one
// needs; the first error ends the run, and the report says why.
package setup

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/internal/config"
	"github.com/goproxy-setup/goproxy-setup/internal/forward"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/machine"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// A World is what a run needs of the outside. Tests bring their own.
type World struct {
	Getenv         func(string) string
	Environ        []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer // what programs read; what people read
	OS, Arch       string
	Dir            string // working directory, absolute
	Temp           string // folder for temporary files, when the CI system names none
	Exists         func(path string) bool
	Terminal       bool // Stderr is a terminal
	Version        string
	Signals        <-chan os.Signal
	// Holders names the processes that have files open; nil names none.
	Holders func(files ...string) []machine.Holder
	// Scope reads the variables that Windows keeps, SetUserVariables writes those of
	// the user; nil where there are none.
	Scope            func(machine.Scope) ([]machine.Variable, error)
	SetUserVariables func([]machine.Variable) error
	// Exporter returns how this CI system takes variables for later steps.
	Exporter func(ci.System) (ci.Exporter, error)
	// Forward is where a forward proxy may be named besides the variables.
	Forward forward.Machine
}

// A Run is one run and what its steps have found out so far.
type Run struct {
	World
	Config *config.Config
	Report *report.Report
	System ci.System

	start    time.Time
	goCmd    gocmd.Go
	settings gocmd.Settings
	modules  []gocmd.Module
	forward  forward.Config
	around   forward.Export // the forward proxy for what does not go through the loopback
	scripts  scripts
	client   *modproxy.Client
	field    modproxy.Field
	fixed    modproxy.List // the user's own GOPROXY, nil when we choose
	named    bool          // the user named the candidates, by setting or by GOPROXY
	sample   modproxy.Sample
	measured []modproxy.Measurement
	choice   modproxy.Choice
	private  string // GOPRIVATE for later steps
	wants    demand
	running  *running // the loopback of this run while it runs
	early    func()   // has it fetch ahead while a lone candidate is measured, may be nil

	jobGOPROXY string // GOPROXY with the loopback of the job, empty when there is none
}

// New begins the run of a subcommand.
func New(w World, c *config.Config, command string) *Run {
	now := time.Now()
	return &Run{World: w, Config: c, start: now, System: ci.Detect(w.Getenv), Report: &report.Report{
		Schema:  report.Schema,
		Tool:    report.Tool{Version: w.Version},
		Command: command,
		Started: now.UTC(),
		Outcome: report.OK,
	}}
}

// Setup does everything: detect, measure, choose, download, export. Exporting
// comes last, so that a failed run leaves the job's environment as it was.
func (r *Run) Setup(ctx context.Context) error {
	switch r.Config.Text("persist") {
	case "user":
		return r.finish(ctx, r.persistUser)
	case "undo":
		return r.finish(ctx, r.undo)
	}
	if r.Config.Bool("download") {
		r.wants = r.downloads()
	}
	return r.finish(ctx, func(ctx context.Context) error {
		exporter, err := r.Exporter(r.System)
		if err != nil {
			return err
		}
		if c, ok := exporter.(interface{ Check() error }); ok {
			if err := c.Check(); err != nil {
				return err // better now than after the download
			}
		}
		return r.steps(ctx, r.detect, r.measure, r.choose, r.goAround, r.downloadIfWanted, r.serveJob, func(context.Context) error { return r.export(exporter) })
	})
}

// Probe measures the candidates and says which would be chosen.
func (r *Run) Probe(ctx context.Context) error {
	return r.finish(ctx, func(ctx context.Context) error {
		return r.steps(ctx, r.detect, r.measure, r.choose)
	})
}

// Download runs go mod download through the loopback and exports nothing.
func (r *Run) Download(ctx context.Context) error {
	r.wants = r.downloads()
	return r.finish(ctx, func(ctx context.Context) error {
		return r.steps(ctx, r.detect, r.measure, r.choose, r.goAround, r.download)
	})
}

// Command runs a command with its module downloads through the loopback and
// returns its exit code. The report has failures only when module downloads
// failed. The time limit is that of the steps before it: how long the command may
// take is not ours to say, and a signal is the command's to answer.
func (r *Run) Command(ctx context.Context, args []string) (code int, err error) {
	r.wants = demandOf(args)
	err = r.limited(ctx, func(ctx context.Context) error {
		return r.steps(ctx, r.detect, r.measure, r.choose, r.goAround)
	})
	if err == nil {
		code, err = r.run(context.WithoutCancel(ctx), args)
	}
	return code, r.complete(err)
}

func (r *Run) steps(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// An Error ends a run with one sentence and what to do about it.
type Error struct {
	Class  report.Class
	Reason string
	Hint   string
	Err    error // may be nil
}

func (e *Error) Error() string { return e.Reason }
func (e *Error) Unwrap() error { return e.Err }

// FailureClass is the class given by the step that failed.
func (e *Error) FailureClass() report.Class { return e.Class }

// finish runs the body and completes the report.
func (r *Run) finish(ctx context.Context, body func(context.Context) error) error {
	return r.complete(r.limited(ctx, body))
}

// limited runs the body under the time limit of the run.
func (r *Run) limited(ctx context.Context, body func(context.Context) error) error {
	limit := r.Config.Duration("timeout")
	ctx, cancel := context.WithTimeoutCause(ctx, limit, &Error{
		Class:  report.ResponseTimeout,
		Reason: r.say("the time limit of %v for the whole run is over", "已超过整个运行的时间上限 %v", limit),
		Hint:   "raise the setting timeout (GOPROXY_SETUP_TIMEOUT), or look above for what was slow",
	})
	defer cancel()
	err := body(ctx)
	switch {
	case err == nil || ctx.Err() == nil:
		return err
	case errors.Is(ctx.Err(), context.Canceled):
		return &Error{Class: report.Interrupted, Reason: r.say("the run was interrupted; nothing was exported", "运行被中断；没有导出任何内容"), Err: err}
	}
	return context.Cause(ctx)
}

// complete writes the end of the report and returns err.
func (r *Run) complete(err error) error {
	r.stopLoopback()
	r.Report.Settings = r.Config.Settings()
	r.conclude(err)
	r.Report.DurationMS = time.Since(r.start).Milliseconds()
	if r.client != nil {
		r.client.Close()
	}
	return err
}

// conclude sets outcome and reason. An error that no failure explains yet
// becomes one, so that every format shows it.
func (r *Run) conclude(err error) {
	p := r.Report
	r.tellScripts()
	switch {
	case err != nil:
		p.Outcome = report.Failed
		p.Why = classify.Redact(err.Error())
		if len(p.Failures) == 0 {
			f := classify.Failure(err)
			var e *Error
			if errors.As(err, &e) && e.Hint != "" {
				f.Advice = report.Text{EN: e.Hint}
			}
			p.Add(f)
		}
	case p.Download != nil && p.Download.Integrity > 0:
		p.Outcome = report.Degraded
		p.Why = r.say("%d answers did not match go.sum and were asked for again", "%d 个应答与 go.sum 不符，已重新请求", p.Download.Integrity)
	}
	r.addFixes()
}

// addFixes writes what to paste for each failure, with the values of this run.
func (r *Run) addFixes() {
	in := report.FixInput{
		CI: r.System.Name, OS: r.OS, GOPROXY: r.Report.Go.GOPROXY, GOPRIVATE: r.private, GOFLAGS: r.settings.GOFLAGS,
		NoProxy: r.Getenv("NO_PROXY"), ForwardProxy: hostOf(r.forward.Address),
	}
	if r.choice.Winner != nil {
		in.Candidate = modproxy.Redact(r.choice.Winner.URL)
	}
	for i := range r.Report.Failures {
		switch f := &r.Report.Failures[i]; {
		case f.Fix != "", f.Class == report.ConfigInvalid && r.Config.Text("persist") != "": // the advice says it
		case f.Class == report.Toolchain && r.settings.GOVERSION == "" && r.Report.Command != "explain":
			if r.System.Family == ci.FamilyGitHub { // there is no go at all, so no setting of it helps
				f.Fix = "- uses: actions/setup-go@v6\n  with:\n    go-version: stable"
			}
		default:
			f.Fix = report.FixFor(*f, in)
		}
	}
}

// Explain takes the failures that a log tells of into the report.
func (r *Run) Explain(failures []report.Failure) {
	r.Report.Failures = failures
	if len(failures) > 0 {
		r.Report.Outcome = report.Failed
	}
	r.private = r.Getenv("GOPRIVATE")
	r.addFixes()
}
