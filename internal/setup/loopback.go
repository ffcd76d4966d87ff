package setup

import (
	"net/url"
	"os"
	"path/filepath"

	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/loopback"
	"github.com/goproxy-setup/goproxy-setup/internal/modcache"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
)

// A demand is what the go commands of this run are going to ask for.
type demand int

const (
	nothing    demand = iota // or not of a loopback
	graph                    // the .mod files, and of the rest who knows what
	everything               // what the go.mod files need
)

// demandOf is that of a command: go mod download takes all, others take zips as
// they please.
func demandOf(args []string) demand {
	if len(args) >= 3 && filepath.Base(args[0]) == "go" && args[1] == "mod" && args[2] == "download" {
		return everything
	}
	return graph
}

// downloads is the demand of a run that downloads by itself.
func (r *Run) downloads() demand {
	if r.Config.Text("loopback") == "off" {
		return nothing
	}
	return everything
}

// A running is the loopback of this run with what is told about it.
type running struct {
	*loopback.Server
	record   *loopback.Record
	progress *progress
	served   bool
}

// openLoopback opens the loopback of the run and begins the progress display.
func (r *Run) openLoopback() error {
	needs, sums, err := gocmd.NeedsOf(r.modules...)
	if err != nil {
		return err
	}
	p := r.startProgress()
	record := loopback.NewRecord(r.start, p.attempt)
	lb, err := loopback.Open(loopback.Config{
		Client: r.client, Private: r.isPrivate, Sums: sums, Dir: r.TempFolder(),
		Attempts: r.Config.Int("attempts"), RetryFor: r.Config.Duration("retry-for"),
		Record: record, Explain: explain(r.Lang()),
		Ahead: r.ahead(needs), InFlight: r.Config.Int("in-flight"), Cache: r.moduleCache(),
	})
	if err != nil {
		p.stop()
		return &Error{Class: classify.Of(err), Reason: err.Error(), Err: err,
			Hint: "the folder for temporary files must be writable: " + r.TempFolder() + " (TMPDIR, on Windows TEMP, RUNNER_TEMP on GitHub)"}
	}
	r.running = &running{Server: lb, record: record, progress: p}
	return nil
}

// sureOf reports whether a lone candidate is going to be the first of the list if it
// can be used at all, so that the loopback may fetch ahead from it while it is still
// measured. Only one that somebody named learns of the job's modules before it has
// proved itself.
func (r *Run) sureOf(candidates []modproxy.Candidate) bool {
	return r.wants != nothing && r.named && len(candidates) == 1 && len(r.field.Local) == 0 &&
		(r.fixed == nil || sameURL(r.fixed[0].URL, candidates[0].URL))
}

func sameURL(a, b *url.URL) bool { return a != nil && b != nil && a.String() == b.String() }

// startLoopback has the loopback serve the selection, and opens it unless it is
// open.
func (r *Run) startLoopback() (*loopback.Server, error) {
	if r.running == nil {
		if err := r.openLoopback(); err != nil {
			return nil, err
		}
	}
	if err := r.running.Serve(r.choice.List, modproxy.ProxiedSumDB(r.effectiveSumDB())); err != nil {
		return nil, err
	}
	r.running.served = true
	return r.running.Server, nil
}

// stopLoopback ends the loopback, if there is one, and takes its record into the
// report. One that never served has only asked a candidate that was no good.
func (r *Run) stopLoopback() {
	lb := r.running
	if lb == nil {
		return
	}
	r.running = nil
	lb.Close()
	lb.progress.stop()
	if lb.served {
		d, attempts, _ := lb.record.Snapshot()
		r.Report.Download, r.Report.Attempts = &d, attempts
	}
}

// ahead lists the files that go is known to ask for and that the module cache
// does not have: all .mod, then .info and .zip in the order of go.mod.
func (r *Run) ahead(n gocmd.Needs) []loopback.File {
	var files []loopback.File
	add := func(kind loopback.Kind, items []gocmd.Item) {
		for _, i := range items {
			f := loopback.File{Kind: kind, Module: i.Path, Version: i.Version.Version}
			if !r.cached(f) {
				files = append(files, f)
			}
		}
	}
	add(loopback.KindMod, n.Mods)
	if r.wants == everything {
		add(loopback.KindInfo, n.Infos)
		if n.Exact {
			add(loopback.KindZip, n.Zips)
		}
	}
	return files
}

// moduleCache is where zips may be put before go asks for them: only when it asks for
// all of them.
func (r *Run) moduleCache() *modcache.Cache {
	if r.wants != everything || r.settings.GOMODCACHE == "" {
		return nil
	}
	return &modcache.Cache{Dir: r.settings.GOMODCACHE, Writable: r.settings.ModCacheRW()}
}

// cached reports whether the module cache has a file, by go's own layout
// (https://go.dev/ref/mod#module-cache).
func (r *Run) cached(f loopback.File) bool {
	if r.settings.GOMODCACHE == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(r.settings.GOMODCACHE, "cache", "download", filepath.FromSlash(f.Path())))
	return err == nil
}
