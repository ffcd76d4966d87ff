package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/goproxy-setup/goproxy-setup/action"
	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/config"
	"github.com/goproxy-setup/goproxy-setup/internal/machine"
	"github.com/goproxy-setup/goproxy-setup/internal/setup"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// publish shows the report where people look: the log, the annotations and the
// summary of the CI system, and the files that -report names. err is that of
// the run; a wrong setting is told by exit instead.
func (h host) publish(r *setup.Run, err error) error {
	var setting *config.Error
	if errors.As(err, &setting) {
		return err
	}
	if perr := h.write(r, r.Config.Reports()); perr != nil {
		return errors.Join(perr, err)
	}
	if perr := h.annotate(r); perr != nil {
		return errors.Join(perr, err)
	}
	if err != nil && r.Config.Text("fail") != "never" {
		return errReported
	}
	return nil
}

// write writes the text report to stderr and all others to their places.
func (h host) write(r *setup.Run, targets []config.Target) error {
	o := report.Options{Lang: r.Lang(), Color: h.terminal && h.getenv("NO_COLOR") == ""}
	if err := report.WriteText(h.stderr, r.Report, o); err != nil {
		return err
	}
	o.Color = false
	for _, t := range targets {
		if err := h.writeTo(t, r.Report, o); err != nil {
			return fmt.Errorf("write report %s to %s: %w", t.Format.Name, t.Path, err)
		}
	}
	return nil
}

// writeTo writes a report whole or not at all.
func (h host) writeTo(t config.Target, p *report.Report, o report.Options) error {
	if t.Path == "-" {
		return t.Format.Write(h.stdout, p, o)
	}
	name := t.Path
	if !filepath.IsAbs(name) {
		name = filepath.Join(h.dir, name)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".goproxy-setup-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // it is gone when all went well
	if err := errors.Join(t.Format.Write(f, p, o), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return machine.Rename(f.Name(), name)
}

// annotate shows failures beside the job and, where there is one, writes the summary.
func (h host) annotate(r *setup.Run) error {
	lang := r.Lang()
	for _, a := range report.Annotations(r.Report, lang) {
		if a.Level == string(ci.Error) && r.Config.Text("fail") == "never" {
			a.Level = string(ci.Warning)
		}
		err := r.System.Annotate(h.commands(r), ci.Annotation{Level: ci.Level(a.Level), Title: a.Title, Message: a.Message, File: a.File, Line: a.Line})
		if err != nil {
			return err
		}
	}
	if r.System.Family != ci.FamilyGitHub {
		return nil
	}
	var md bytes.Buffer
	if err := report.WriteMarkdown(&md, r.Report, report.Options{Lang: lang}); err != nil {
		return err
	}
	return action.GitHub{Getenv: h.getenv, Stdout: h.stdout}.AddSummary(md.Bytes())
}

// commands is where workflow commands go: stdout, unless a report goes there.
// Runners read both.
func (h host) commands(r *setup.Run) io.Writer {
	for _, t := range r.Config.Reports() {
		if t.Path == "-" {
			return h.stderr
		}
	}
	if r.System.Family == ci.FamilyShell {
		return io.Discard // the text report has said it
	}
	return h.stdout
}

// agentCommand runs a command of a CI system's agent, such as buildkite-agent.
func agentCommand(stdin []byte, command ...string) error {
	c := exec.CommandContext(context.Background(), command[0], command[1:]...)
	c.Stdin = bytes.NewReader(stdin)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", command[0], err, bytes.TrimSpace(out))
	}
	return nil
}
