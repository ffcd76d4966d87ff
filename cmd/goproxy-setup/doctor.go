package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/doctor"
	"github.com/goproxy-setup/goproxy-setup/internal/setup"
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
	w.Budget = r.Config.Duration("probe-timeout")
	return w
}
