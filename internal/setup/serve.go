package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/mod/module"

	"github.com/goproxy-setup/goproxy-setup/internal/forward"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/loopback"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/internal/tunnel"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// A Spec is what the loopback of a job needs to know. It is passed over a pipe,
// since it may hold credentials.
type Spec struct {
	List     string   // as GOPROXY has it
	NoProxy  string   // GONOPROXY
	SumDB    string   // name of the checksum database, empty for none
	GOAUTH   string   // whose netrc is done here too
	Forward  string   // the setting forward-proxy
	CAFiles  []string // of the setting ca-file
	SumFiles []string // go.sum files of the job
	Dir      string   // folder for temporary files; state and program are in it
	Attempts int      // see loopback.Config, as RetryFor
	RetryFor time.Duration
	Lang     string        // of what go prints
	Lifetime time.Duration // an end for all cases
}

// A State is how the finish step finds the loopback of its job.
type State struct {
	Base string // URL with the secret
	PID  int
}

// A Ledger is what a job's loopback saw.
type Ledger struct {
	Download report.Download
	Attempts []report.Attempt
	Failures []report.Failure
}

// stateFile is in a folder of the job's own, readable by its user only.
const stateFile = "serve.json"

// watchEvery is how often the loopback looks whether its job is still there.
const watchEvery = 2 * time.Second

// Serve keeps a loopback up for the rest of a job. It reads a Spec from in, and
// writes the GOPROXY for later steps to out once it has answered a request. It
// ends when it is told to by Finish, with ctx, when the job's folder is gone,
// or after Lifetime.
func Serve(ctx context.Context, getenv func(string) string, machine forward.Machine, in io.Reader, out io.Writer) error {
	var spec Spec
	if err := json.NewDecoder(in).Decode(&spec); err != nil {
		return fmt.Errorf("read specification of the loopback: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, spec.Lifetime)
	defer cancel()
	lb, err := spec.start(ctx, getenv, machine, cancel)
	if err != nil {
		return err
	}
	defer lb.Close()
	if err := ready(ctx, lb); err != nil {
		return err
	}
	state, err := json.Marshal(State{Base: lb.Base(), PID: os.Getpid()})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(spec.Dir, stateFile), state, 0o600); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, lb.JobGOPROXY()); err != nil {
		return err
	}
	watch(ctx, filepath.Join(spec.Dir, stateFile))
	return nil
}

func (spec Spec) start(ctx context.Context, getenv func(string) string, machine forward.Machine, stop func()) (*loopback.Server, error) {
	list, err := modproxy.ParseList(spec.List)
	if err != nil {
		return nil, err
	}
	sums, err := gocmd.ReadSums(spec.SumFiles...)
	if err != nil {
		return nil, err
	}
	setting, err := forward.ParseSetting(spec.Forward)
	if err != nil {
		return nil, err
	}
	f, err := forward.Discover(ctx, forward.Options{Setting: setting, Getenv: getenv, Machine: machine})
	if err != nil {
		return nil, err
	}
	roots, err := tunnel.Roots(spec.CAFiles...)
	if err != nil {
		return nil, err
	}
	var upstreams []*url.URL
	for _, e := range list {
		if e.Remote() {
			upstreams = append(upstreams, e.URL)
		}
	}
	askScript(ctx, f, upstreams)
	record := loopback.NewRecord(time.Now(), nil)
	return loopback.Start(loopback.Config{
		Client:  newClient(f, roots, getenv, modproxy.LoadNetrc(getenv, runtime.GOOS, spec.GOAUTH)),
		List:    list,
		Private: func(path string) bool { return module.MatchPrefixPatterns(spec.NoProxy, path) },
		Sums:    sums, SumDB: spec.SumDB, Dir: spec.Dir, Attempts: spec.Attempts, RetryFor: spec.RetryFor,
		Record: record, Explain: explain(spec.Lang), Control: control(record, stop),
	})
}

// control answers the finish step.
func control(record *loopback.Record, stop func()) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ledger", func(w http.ResponseWriter, _ *http.Request) {
		d, attempts, failed := record.Snapshot()
		l := Ledger{Download: d, Attempts: attempts}
		for _, f := range failed {
			if !f.Missing {
				l.Failures = append(l.Failures, failureOf(f))
			}
		}
		json.NewEncoder(w).Encode(l)
	})
	mux.HandleFunc("POST /stop", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusNoContent)
		http.NewResponseController(w).Flush() // before the server ends and cuts us off
		stop()
	})
	return mux
}

// ready asks the loopback for something that it refuses without asking anybody.
func ready(ctx context.Context, lb *loopback.Server) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, lb.Base()+"/ready", nil)
	if err != nil {
		return err
	}
	resp, err := direct.Do(req)
	if err != nil {
		return fmt.Errorf("the loopback does not answer: %w", err)
	}
	return resp.Body.Close()
}

// direct is for the loopback alone, whatever forward proxy the job has.
var direct = &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}

// watch returns when ctx ends or the file is gone.
func watch(ctx context.Context, file string) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
				return
			}
		}
	}
}
