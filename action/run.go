package action

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/config"
	"github.com/goproxy-setup/goproxy-setup/internal/setup"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// Start begins a run whose settings are the inputs of action.yml.
func Start(w setup.World, args []string) (*setup.Run, error) {
	c, err := config.Parse("action", args, w.Getenv, func(name string) string { return input(w.Getenv, name) })
	if err != nil {
		return nil, err
	}
	if workspace := w.Getenv("GITHUB_WORKSPACE"); workspace != "" {
		w.Dir = workspace
	}
	return setup.New(w, c, "action"), nil
}

// input reads an input as the runner passes it: upper case, blanks as underscores
// and hyphens kept (actions/runner: src/Runner.Worker/Handlers/Handler.cs).
func input(getenv func(string) string, name string) string {
	return getenv("INPUT_" + strings.ToUpper(strings.ReplaceAll(name, " ", "_")))
}

// ReportFile is the JSON report in the job's folder for temporary files; the
// output "report" has its path.
const ReportFile = "goproxy-setup-report.json"

// Finish writes the JSON report and the outputs, also of a run that failed, and
// returns err or what went wrong here.
func Finish(r *setup.Run, err error) error {
	g := GitHub{Getenv: r.Getenv, Stdout: r.Stdout}
	path, werr := saveReport(r)
	if werr == nil {
		werr = g.SetOutputs(outputs(r.Report, path))
	}
	if err != nil {
		return err
	}
	return werr
}

func saveReport(r *setup.Run) (string, error) {
	path := reportPath(r)
	if path == "" {
		return "", nil
	}
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return path, report.WriteJSON(f, r.Report, report.Options{})
}

// Complete ends the loopback of the job and shows the report again if later
// steps had modules from it. The job is over, so it fails nothing.
func Complete(ctx context.Context, r *setup.Run, show func() error) error {
	saved, err := savedReport(r)
	if err != nil {
		return err
	}
	seen := activity(saved)
	done, err := setup.Finish(ctx, setup.JobFolder(r.World), saved)
	if err != nil || done == nil || activity(done) == seen {
		return err
	}
	done.Command = "finish"
	r.Report = done
	if _, err := saveReport(r); err != nil {
		return err
	}
	return show()
}

// savedReport is what the first step wrote, an empty one where it wrote none.
func savedReport(r *setup.Run) (*report.Report, error) {
	f, err := os.Open(reportPath(r))
	if errors.Is(err, fs.ErrNotExist) {
		return r.Report, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return report.Read(f)
}

// activity counts what a loopback did.
func activity(p *report.Report) (n int) {
	if p.Download != nil {
		n = p.Download.Fetched
	}
	return n + len(p.Failures)
}

// reportPath is empty where the job has no folder of its own: in one that all jobs
// and users share, a fixed name would be theirs too.
func reportPath(r *setup.Run) string {
	temp := r.System.Temp(r.Getenv)
	if temp == "" {
		return ""
	}
	return filepath.Join(temp, ReportFile)
}

// outputs are those of action.yml. What a failed run did not get to is empty.
func outputs(p *report.Report, path string) []ci.Var {
	var s report.Selection
	if p.Selection != nil {
		s = *p.Selection
	}
	latency := ""
	for _, probe := range p.Probes {
		if probe.Selected {
			latency = strconv.FormatInt(int64(probe.LatencyMS+0.5), 10)
		}
	}
	return []ci.Var{
		{Name: "goproxy", Value: s.GOPROXY},
		{Name: "gosumdb", Value: s.GOSUMDB},
		{Name: "goprivate", Value: s.GOPRIVATE},
		{Name: "selected", Value: s.Selected},
		{Name: "latency-ms", Value: latency},
		{Name: "outcome", Value: string(p.Outcome)},
		{Name: "report", Value: path},
	}
}
