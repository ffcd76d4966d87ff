package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/action"
	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/config"
	"github.com/goproxy-setup/goproxy-setup/internal/machine"
	"github.com/goproxy-setup/goproxy-setup/internal/setup"
)

// run is the whole program: it picks the subcommand and returns the exit code.
func run(ctx context.Context, h host) int {
	name, args := "setup", h.args
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	} else if len(args) > 0 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
		name, args = "help", nil
	}
	for _, c := range commands {
		if c.name == name {
			return h.exit(name, c.run(ctx, h, args))
		}
	}
	return h.exit(name, &config.UsageError{Reason: fmt.Sprintf("there is no command %q", name), Hint: "goproxy-setup help lists them"})
}

// A command is one subcommand.
type command struct {
	name    string
	does    string // one line for the list
	example string
	run     func(ctx context.Context, h host, args []string) error
}

// An exitCode is the code of a child, passed on without a word of ours.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// errReported ends a run whose report has said everything.
var errReported = errors.New("reported")

// exit prints an error and its hint, and picks the exit code.
func (h host) exit(name string, err error) int {
	var code exitCode
	var setting *config.Error
	var usage *config.UsageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, flag.ErrHelp):
		usageOf(h.stdout, name)
		return exitDone
	case errors.Is(err, errReported):
		return exitFailed
	case errors.As(err, &setting):
		h.complain(err, setting.Hint)
		return exitUsage
	case errors.As(err, &usage):
		h.complain(err, usage.Hint)
		return exitUsage
	}
	h.complain(err, hintOf(err))
	return exitFailed
}

// complain prints an error for people, and where the CI system shows messages
// beside the job, there as well.
func (h host) complain(err error, hint string) {
	fmt.Fprintf(h.stderr, "goproxy-setup: error: %v\n", err)
	if hint != "" {
		fmt.Fprintf(h.stderr, "goproxy-setup: hint: %s\n", hint)
	}
	if s := ci.Detect(h.getenv); s.Family != ci.FamilyShell {
		s.Annotate(h.stderr, ci.Annotation{Level: ci.Error, Title: "goproxy-setup", Message: strings.TrimSpace(err.Error() + "\n" + hint)})
	}
}

func hintOf(err error) string {
	var e *setup.Error
	var file *ci.FileError
	switch {
	case errors.As(err, &e):
		return e.Hint
	case errors.As(err, &file):
		return file.Hint
	}
	return ""
}

// world is what a run of internal/setup needs.
func (h host) world() setup.World {
	return setup.World{
		Getenv: h.getenv, Environ: h.environ, Stdin: h.stdin, Stdout: h.stdout, Stderr: h.stderr,
		OS: h.os, Arch: h.arch, Dir: h.dir, Temp: h.temp, Terminal: h.terminal, Version: version(),
		Exists:   func(path string) bool { _, err := os.Stat(path); return err == nil },
		Exporter: h.exporter, Forward: h.forward,
		Holders: machine.Holders, Scope: machine.Variables, SetUserVariables: machine.SetUserVariables,
	}
}

// exporter is how the CI system takes variables. GitHub's own files need the
// Actions SDK, which package action has.
func (h host) exporter(s ci.System) (ci.Exporter, error) {
	if s.Family == ci.FamilyGitHub {
		return action.NewExporter(h.getenv, h.stdout), nil
	}
	return ci.NewExporter(s, ci.World{Getenv: h.getenv, Stdout: h.stdout, GOOS: h.os, Dir: h.dir, Exec: agentCommand})
}
