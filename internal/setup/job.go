package setup

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/config"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/machine"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// jobFolder is below the job's folder for temporary files.
const jobFolder = "goproxy-setup-loopback"

// JobFolder is where the loopback of this job keeps its state. A folder that the CI
// system made for the job is the job's own. Where the system names none, the folder
// is one that other jobs and other users have too, so the name tells jobs apart by
// their page or, without one, by their checkout.
func JobFolder(w World) string {
	s := ci.Detect(w.Getenv)
	if t := s.Temp(w.Getenv); t != "" {
		return filepath.Join(t, jobFolder)
	}
	job := sha256.Sum256([]byte(s.Name + "\n" + s.RunURL(w.Getenv) + "\n" + cmp.Or(s.Workspace(w.Getenv), w.Dir)))
	return filepath.Join(w.Temp, fmt.Sprintf("%s-%x", jobFolder, job[:8]))
}

// jobLifetime ends a loopback that nobody ended: longer than a hosted job may run.
const jobLifetime = 7 * time.Hour

// jobWide reports whether later steps shall have the loopback too.
func (r *Run) jobWide() bool {
	switch r.Config.Text("loopback") {
	case "job":
		return true
	case "auto":
		return r.System.Family == ci.FamilyGitHub
	}
	return false
}

// serveJob starts the loopback for later steps, as a process of its own that
// the CI system ends with the job. Without it later steps have the plain list.
func (r *Run) serveJob(ctx context.Context) error {
	if !r.jobWide() {
		return nil
	}
	goproxy, err := r.startServe(ctx)
	if err != nil {
		r.note(report.Say("later steps go without the loopback: %v", "后续步骤不经过本机回环代理：%v", err))
		return nil
	}
	r.jobGOPROXY = goproxy
	return nil
}

func (r *Run) jobDir() string { return JobFolder(r.World) }

func (r *Run) startServe(ctx context.Context) (goproxy string, err error) {
	dir := r.jobDir()
	stopOld(dir)
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	if err := machine.MkdirPrivate(dir); err != nil {
		return "", err
	}
	program, err := copySelf(dir)
	if err != nil {
		return "", err
	}
	spec, err := json.Marshal(Spec{
		List: r.choice.List.String(), NoProxy: joinGlobs(r.settings.GONOPROXY, r.private), SumDB: modproxy.ProxiedSumDB(r.effectiveSumDB()), GOAUTH: r.settings.GOAUTH, Forward: r.forwardSetting(), CAFiles: absolute(config.CAFiles(r.Config.Text("ca-file"))),
		SumFiles: gocmd.SumFiles(r.modules), Dir: dir, Attempts: r.Config.Int("attempts"), RetryFor: r.Config.Duration("retry-for"),
		Lang: r.Lang(), Lifetime: jobLifetime,
	})
	if err != nil {
		return "", err
	}
	c := exec.Command(program, "serve")
	c.Dir, c.Env, c.SysProcAttr = dir, r.Environ, detached()
	c.Stdin = bytes.NewReader(spec)
	log, err := os.Create(filepath.Join(dir, "serve.log"))
	if err != nil {
		return "", err
	}
	defer log.Close()
	c.Stderr = log
	out, err := c.StdoutPipe() // ours alone: a runner waits for whoever holds its own
	if err != nil {
		return "", err
	}
	if err := c.Start(); err != nil {
		return "", err
	}
	return awaitReady(ctx, c, out, log.Name())
}

// readyWithin is generous: a virus scanner looks at the fresh copy first.
const readyWithin = 15 * time.Second

func awaitReady(ctx context.Context, c *exec.Cmd, out io.ReadCloser, log string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	context.AfterFunc(ctx, func() { out.Close() })
	line, err := bufio.NewReader(out).ReadString('\n')
	out.Close()
	if err != nil {
		c.Process.Kill()
		c.Wait()
		said, _ := os.ReadFile(log)
		return "", fmt.Errorf("the loopback did not start: %w: %s", err, bytes.TrimSpace(said))
	}
	return strings.TrimSpace(line), c.Process.Release()
}

// copySelf puts the program where the job's end removes it. The runner deletes
// the action's own folder, which Windows refuses while a program runs from it.
func copySelf(dir string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	src, err := os.Open(self)
	if err != nil {
		return "", err
	}
	defer src.Close()
	name := filepath.Join(dir, "goproxy-setup"+filepath.Ext(self))
	if filepath.Ext(self) != ".exe" {
		name = filepath.Join(dir, "goproxy-setup")
	}
	dst, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(dst, src)
	return name, errors.Join(err, dst.Close())
}

// Finish ends the loopback of the job, whose folder is dir (JobFolder), and
// completes the saved report with what it saw. It returns nil without an error when
// the job has none.
func Finish(ctx context.Context, dir string, saved *report.Report) (*report.Report, error) {
	state, err := readState(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	l, err := state.ledger(ctx)
	if err != nil {
		saved.Notes = append(saved.Notes, fmt.Sprintf("the loopback of the job ended before it: %v", err))
		return saved, nil
	}
	merge(saved, l)
	return saved, state.stop(ctx)
}

// readState believes nothing that another user could have written: it names a URL
// that will be asked.
func readState(dir string) (s State, err error) {
	if err := machine.CheckPrivate(dir); err != nil {
		return s, err
	}
	data, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(data, &s)
}

// errGone is told of a loopback whose process has ended.
var errGone = errors.New("its process is gone")

func (s State) ledger(ctx context.Context) (l Ledger, err error) {
	if machine.Gone(s.PID) {
		return l, errGone
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Base+"/-/ledger", nil)
	if err != nil {
		return l, err
	}
	resp, err := direct.Do(req)
	if err != nil {
		return l, err
	}
	defer resp.Body.Close()
	return l, json.NewDecoder(resp.Body).Decode(&l)
}

func (s State) stop(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Base+"/-/stop", nil)
	if err != nil {
		return err
	}
	resp, err := direct.Do(req)
	if err != nil {
		return nil // it is gone, by whatever way
	}
	machine.AwaitEnd(s.PID, endsWithin) // its program is in the folder that goes next
	return resp.Body.Close()
}

// endsWithin is more than a loopback needs to end its requests.
const endsWithin = 5 * time.Second

// stopOld ends the loopback of an earlier call in the same job.
func stopOld(dir string) {
	if s, err := readState(dir); err == nil && !machine.Gone(s.PID) {
		s.stop(context.Background()) // gone already is as well
	}
}

// merge adds what the loopback saw in later steps to the report of the first.
func merge(p *report.Report, l Ledger) {
	if p.Download == nil {
		p.Download = &report.Download{}
	}
	d, e := p.Download, l.Download
	d.Modules += e.Modules
	d.Fetched += e.Fetched
	d.Bytes += e.Bytes
	d.Attempts += e.Attempts
	d.Retries += e.Retries
	d.Failovers += e.Failovers
	d.Resumes += e.Resumes
	d.Hedges += e.Hedges
	d.Saved += e.Saved
	d.Integrity += e.Integrity
	shift := len(p.Attempts)
	p.Attempts = append(p.Attempts, l.Attempts...)
	for _, f := range l.Failures {
		for i := range f.Attempts {
			f.Attempts[i] += shift
		}
		p.Add(f)
	}
	if len(l.Failures) > 0 && p.Outcome == report.OK {
		p.Outcome = report.Degraded
		p.Why = "modules could not be had in a later step"
	}
}
