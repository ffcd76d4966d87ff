package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/config"
	"github.com/goproxy-setup/goproxy-setup/internal/setup"
)

// commands is every subcommand, in the order of the usage text.
var commands = []command{
	{"setup", "detect, probe, choose, download, export, report (the default)", "goproxy-setup -private 'git.corp.example/*'", runSetup},
	{"probe", "measure the candidates; print the ranking and why", "goproxy-setup probe -proxies default,https://goproxy.corp.example", runProbe},
	{"env", "print the variables for eval", `eval "$(goproxy-setup env -shell sh)"`, runEnv},
	{"download", "go mod download through the loopback", "goproxy-setup download -C ./service", runDownload},
	{"run", "run a command with its module downloads through the loopback", "goproxy-setup run -- go test ./...", runRun},
	{"explain", "classify a log, or show a saved JSON report", "goproxy-setup explain build.log", runExplain},
	{"doctor", "walk the whole chain on this machine and say what is wrong", "goproxy-setup doctor", runDoctor},
	{"serve", "keep the loopback up for later steps (started by setup)", "goproxy-setup serve <specification.json", runServe},
	{"finish", "end what setup left running and complete the report", "goproxy-setup finish", runFinish},
	{"action", "entry point of action.yml; its inputs are the settings", "goproxy-setup action", runAction},
	{"version", "print the version", "goproxy-setup version", runVersion},
	{"help", "print this", "goproxy-setup help", func(context.Context, host, []string) error { return flag.ErrHelp }},
}

func usageOf(w io.Writer, name string) {
	for _, c := range commands {
		if c.name == name && name != "help" {
			fmt.Fprintf(w, "goproxy-setup %s: %s\n\n  %s\n\nSettings (each also as variable GOPROXY_SETUP_NAME):\n", c.name, c.does, c.example)
			config.Usage(w, name)
			return
		}
	}
	fmt.Fprint(w, `goproxy-setup makes Go module downloads reliable in CI.

It picks a module proxy that answers, downloads the job's modules through a
loopback that retries and fails over, hands GOPROXY, GOSUMDB and GOPRIVATE to
later steps, and says in one sentence what is wrong when it cannot help.

`)
	for _, c := range commands {
		fmt.Fprintf(w, "  %-9s %s\n", c.name, c.does)
	}
	fmt.Fprint(w, `
goproxy-setup COMMAND -h lists the settings of a command.
stdout has only what programs read; exit codes: 0 done, 1 could not set up or
download, 2 wrong usage or setting; run returns the code of its command.
`)
}

func (h host) start(command string, args []string) (*setup.Run, error) {
	c, err := config.Parse(command, args, h.getenv, nil)
	if err != nil {
		return nil, err
	}
	if len(c.Args) > 0 && command != "run" && command != "explain" {
		return nil, &config.UsageError{Reason: fmt.Sprintf("%s takes no argument %q", command, c.Args[0]), Hint: "settings begin with -"}
	}
	return setup.New(h.world(), c, command), nil
}

func runSetup(ctx context.Context, h host, args []string) error {
	r, err := h.start("setup", args)
	if err != nil {
		return err
	}
	return h.publish(r, r.Setup(ctx))
}

func runProbe(ctx context.Context, h host, args []string) error {
	r, err := h.start("probe", args)
	if err != nil {
		return err
	}
	return h.publish(r, r.Probe(ctx))
}

func runDownload(ctx context.Context, h host, args []string) error {
	r, err := h.start("download", args)
	if err != nil {
		return err
	}
	return h.publish(r, r.Download(ctx))
}

func runEnv(ctx context.Context, h host, args []string) error {
	r, err := h.start("env", args)
	if err != nil {
		return err
	}
	vars, err := r.Variables(ctx)
	if err != nil {
		return h.publish(r, err)
	}
	shell := cmp.Or(r.Config.Text("shell"), ci.ShellHere(h.getenv, h.os))
	fmt.Fprintln(h.stderr, "goproxy-setup:", r.Report.Selection.Why)
	return ci.WriteShell(h.stdout, shell, vars)
}

func runRun(ctx context.Context, h host, args []string) error {
	r, err := h.start("run", args)
	if err != nil {
		return err
	}
	if len(r.Config.Args) == 0 {
		return &config.UsageError{Reason: "run needs a command", Hint: "goproxy-setup run -- go test ./..."}
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	r.Signals = signals
	code, err := r.Command(ctx, r.Config.Args)
	if err != nil {
		if err := h.publish(r, err); code == 0 {
			return err
		}
	}
	if code != 0 {
		return exitCode(code)
	}
	return nil
}
