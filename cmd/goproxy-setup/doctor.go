package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/config"
	"github.com/goproxy-setup/goproxy-setup/internal/doctor"
	"github.com/goproxy-setup/goproxy-setup/internal/setup"
	"github.com/goproxy-setup/goproxy-setup/internal/tunnel"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// runDoctor prints what is wrong with this machine; -json is for programs and
// prints nothing else. It fails when a Go build cannot work here.
func runDoctor(ctx context.Context, h host, args []string) error {
	r, err := h.start("doctor", args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, r.Config.Duration("timeout"))
	defer cancel()
	p := doctor.Printer{W: h.stderr, Lang: r.Lang(), Color: h.terminal && h.getenv("NO_COLOR") == "", All: r.Config.Bool("v")}
	show := p.Print
	if r.Config.Bool("json") {
		show = func(doctor.Finding) {}
	}
	d := doctor.Examine(ctx, h.patient(r), show)
	if err := h.writeDiagnosis(r, d); err != nil {
		return err
	}
	if r.Config.Bool("json") {
		err = doctor.WriteJSON(h.stdout, d)
	} else {
		p.End(d)
	}
	if err == nil && !d.OK {
		err = errReported
	}
	return err
}

// writeDiagnosis writes the reports that -report names: what fails as failures,
// what is worth a look as notes.
func (h host) writeDiagnosis(r *setup.Run, d doctor.Diagnosis) error {
	p, lang := r.Report, r.Lang()
	p.Runner = report.Runner{OS: h.os, Arch: h.arch, CI: r.System.Name}
	p.Settings, p.DurationMS = r.Config.Settings(), time.Since(p.Started).Milliseconds()
	for _, f := range d.Findings {
		switch text := f.Check + ": " + f.Text.In(lang); f.Verdict {
		case doctor.Warn:
			p.Notes = append(p.Notes, text)
			if p.Outcome == report.OK {
				p.Outcome, p.Why = report.Degraded, text
			}
		case doctor.Fail:
			if p.Outcome != report.Failed {
				p.Outcome, p.Why = report.Failed, text
			}
			p.Failures = append(p.Failures, report.Failure{Class: f.Class, Evidence: append([]string{text}, f.Evidence...), Advice: f.Fix})
		}
	}
	for _, t := range r.Config.Reports() {
		if t.Path == "-" && r.Config.Bool("json") {
			continue // the diagnosis itself
		}
		if err := h.writeTo(t, p, report.Options{Lang: lang}); err != nil {
			return fmt.Errorf("write report %s to %s: %w", t.Format.Name, t.Path, err)
		}
	}
	return nil
}

// patient is this machine and the settings, for the doctor.
func (h host) patient(r *setup.Run) doctor.World {
	w := doctor.NewWorld(h.getenv, h.environ, h.os)
	w.Dir, w.Temp = h.dir, h.temp
	if c := r.Config.Text("C"); filepath.IsAbs(c) {
		w.Dir = c
	} else {
		w.Dir = filepath.Join(h.dir, c)
	}
	w.Runner = ci.Inspect(h.getenv, func(path string) bool { _, err := os.Stat(path); return err == nil }, h.os)
	w.Proxies, w.Private, w.SumDB = r.Config.Text("proxies"), r.Config.Text("private"), r.Config.Text("sumdb")
	w.ForwardProxy, w.Forward = r.Config.Text("forward-proxy"), h.forward
	w.Roots, _ = tunnel.Roots(config.CAFiles(r.Config.Text("ca-file"))...) // a checked setting
	w.Budget = r.Config.Duration("probe-timeout")
	return w
}
