package setup

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/loopback"
	"github.com/goproxy-setup/goproxy-setup/report"
)

func (r *Run) downloadIfWanted(ctx context.Context) error {
	if !r.Config.Bool("download") {
		return nil
	}
	return r.download(ctx)
}

// download runs go mod download for every module of the job, with GOPROXY at a
// loopback of its own.
func (r *Run) download(ctx context.Context) error {
	units := gocmd.Units(r.modules)
	if len(units) == 0 {
		return nil
	}
	before, err := gocmd.TakeSnapshot(r.modules)
	if err != nil {
		return err
	}
	var lb *loopback.Server // nil without one
	if r.wants != nothing {
		if lb, err = r.startLoopback(); err != nil {
			return err
		}
		defer r.stopLoopback()
	}
	g := r.goCmd.With(r.childEnv(lb)...)
	var wrong []string // what go said of modules it could not have
	var locked lockout
	for _, m := range units {
		res, l, err := r.pastLocks(ctx, func() (gocmd.Result, error) { return gocmd.Download(ctx, g, m, gocmd.Options{}) })
		if err != nil {
			return err
		}
		locked.merge(l)
		if res.ExitCode != 0 {
			wrong = append(wrong, complaints(res)...)
		}
	}
	if err := r.restore(before); err != nil {
		return err
	}
	if len(wrong) == 0 {
		r.noteLocks(locked)
		return nil
	}
	r.addFailures(lb, strings.Join(wrong, "\n"))
	locked.blame(r.Report.Failures)
	if len(r.Report.Failures) == 0 {
		r.Report.Add(report.Failure{Class: report.Unknown, Evidence: lastLines(classify.Redact(strings.Join(wrong, "\n")), 8), Advice: report.Unknown.Info().Advice})
	}
	return &Error{Class: r.Report.Failures[0].Class, Reason: r.failedSentence()}
}

// complaints are the errors of single modules, or what go printed when it did
// not get that far.
func complaints(res gocmd.Result) []string {
	var lines []string
	for _, m := range res.Failed() {
		lines = append(lines, "go: "+m.Error)
	}
	if len(lines) == 0 {
		lines = append(lines, res.Stderr)
	}
	return lines
}

// restore undoes changes to go.mod and go.sum, which a download must not make.
func (r *Run) restore(before *gocmd.Snapshot) error {
	changed, err := before.Changed()
	if err != nil || len(changed) == 0 {
		return err
	}
	r.note(report.Say("go mod download changed %s; the files were put back as they were (go mod tidy would settle it)",
		"go mod download 改动了 %s；已恢复原样（运行 go mod tidy 可解决）", strings.Join(changed, ", ")))
	return before.Restore()
}

// run runs any command with its module downloads through a loopback.
func (r *Run) run(ctx context.Context, args []string) (int, error) {
	path, err := gocmd.LookPath(args[0], r.Getenv, r.OS)
	if err != nil {
		return gocmd.NotFound, err
	}
	lb, err := r.startLoopback()
	if err != nil {
		return gocmd.CannotRun, err
	}
	defer r.stopLoopback()
	code, err := gocmd.Run(ctx, gocmd.Command{
		Path: path, Args: args[1:], Dir: r.dir(), Env: r.goCmd.With(r.childEnv(lb)...).Env,
		Stdin: r.Stdin, Stdout: r.Stdout, Stderr: r.Stderr, Signals: r.Signals,
	})
	if err != nil {
		return code, err
	}
	if code != 0 {
		r.addFailures(lb, "")
	}
	if len(r.Report.Failures) > 0 {
		return code, &Error{Class: r.Report.Failures[0].Class, Reason: r.failedSentence()}
	}
	return code, nil
}

// childEnv is what commands have on top of the job's own variables, behind the
// loopback or, when lb is nil, without it.
func (r *Run) childEnv(lb *loopback.Server) []string {
	env := []string{"GOPROXY=" + r.choice.List.String()}
	if lb != nil {
		env[0] = "GOPROXY=" + lb.GOPROXY()
	}
	for _, v := range r.variables() {
		if v.Name != "GOPROXY" {
			env = append(env, v.Name+"="+v.Value)
		}
	}
	return env
}

// TempFolder is where the job keeps what need not outlive it.
func (r *Run) TempFolder() string {
	if t := r.System.Temp(r.Getenv); t != "" {
		return t
	}
	return r.Temp
}

// addFailures adds what the loopback could not get, by its typed causes, and
// then what go says beyond that. A file that is nowhere is a failure only when
// go says so: it asks for many that need not exist.
func (r *Run) addFailures(lb *loopback.Server, text string) {
	known, missing := map[string]bool{}, map[string]loopback.Failed{}
	var failed []loopback.Failed
	if lb != nil {
		failed, text = lb.Failed(), lb.Upstreamed(text)
	}
	for _, f := range failed {
		if f.Missing {
			missing[f.File.Module] = f
			continue
		}
		r.Report.Add(failureOf(f))
		known[f.File.Module] = true
	}
	for _, f := range classify.Log(strings.NewReader(text)) {
		if m, ok := missing[f.Module]; ok && f.Class == report.ConfigInvalid && r.choice.List[len(r.choice.List)-1].Word == "off" {
			f = failureOf(m) // "disabled by GOPROXY=off" is only what came behind the 404
		}
		if !known[f.Module] && !slices.ContainsFunc(f.Evidence, func(s string) bool { return strings.Contains(s, marker) }) {
			r.Report.Add(f)
		}
	}
}

func failureOf(f loopback.Failed) report.Failure {
	failure := classify.Failure(f.Err)
	failure.Module, failure.Version, failure.Attempts = f.File.Module, f.File.Version, f.Attempts
	if failure.Host == "" {
		failure.Host = hostOf(f.Upstream)
	}
	return failure
}

// marker begins the loopback's answers, so that they are known again in go's output.
const marker = "goproxy-setup: "

// explain makes what go prints behind "server response:".
func explain(lang string) func(loopback.File, error) string {
	return func(f loopback.File, err error) string {
		class := classify.Of(err)
		return marker + string(class) + ": " + classify.Redact(err.Error()) + "\n" + class.Info().Advice.In(lang)
	}
}

func (r *Run) failedSentence() string {
	n := 0
	for _, f := range r.Report.Failures {
		n += max(f.Count, 1)
	}
	f := r.Report.Failures[0]
	what := f.Module
	if what != "" && f.Version != "" {
		what += "@" + f.Version
	}
	switch {
	case n > 1:
		return r.say("%d files could not be had, first %s", "%d 个文件未能取得，首先是 %s", n, join(": ", what, string(f.Class)))
	case what == "":
		return r.say("modules could not be had: %s", "未能取得模块：%s", f.Class)
	}
	return r.say("%s could not be had: %s", "未能取得 %s：%s", what, f.Class)
}

func join(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), sep)
}

func hostOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return u.Host
}

func lastLines(text string, n int) []string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[max(0, len(lines)-n):]
}
