package action_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
)

// TestAct runs the action as its users do: each file of testdata/action is a
// repository with a workflow, run by act, and what must come of it.
//
// In the files, $proxy is the address of a module proxy with the modules of
// internal/proxytest/testdata/mod, $secure host and port of the same with
// HTTPS, $modcache one with the modules this program is built from, and $action
// the folder of the action. A
// go.sum names modules, whose hashes are filled in. A workflow that says
// `uses: ./` has the source of the action around it, as only this project's has.
// A file named cancel has a regular expression: the job is cancelled when its log
// has a line like that. No process may be left of any job.
func TestAct(t *testing.T) {
	t.Parallel()
	act := findAct(t)
	action := release(t)
	cases, err := filepath.Glob(filepath.Join("..", "testdata", "action", "*.txtar"))
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases in testdata/action: %v", err)
	}
	for _, file := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			mods := proxytest.Dir(filepath.Join("..", "internal", "proxytest", "testdata", "mod"))
			srv, secure := proxytest.New(t, mods), proxytest.NewTLS(t, mods)
			repo, want, cancel := repository(t, archive, srv, secure, action)
			seen := run(t, act, repo, cancel, proxytest.GoEnv(t,
				"GOCACHE="+goEnv(t, "GOCACHE"), // holds results by content, so it says nothing about this job
				"GOFLAGS=-modcacherw",
				"GOSUMDB="+srv.SumDB,
				"SSL_CERT_FILE="+secure.CAFile,
			), "--local-repository", "goproxy-setup/goproxy-setup@v1="+action)
			seen["asked"] = asked(append(srv.Requests(), secure.Requests()...))
			check(t, want, seen)
		})
	}
}

// findAct returns the path of act, from GOPROXY_SETUP_ACT or PATH. Where CI
// is set, a missing one is a failure, so that a job cannot pass by testing
// nothing; GOPROXY_SETUP_ACT=off says that another job does.
func findAct(t *testing.T) string {
	t.Helper()
	path := os.Getenv("GOPROXY_SETUP_ACT")
	switch {
	case path == "off":
		t.Skip("GOPROXY_SETUP_ACT=off: the action was not run")
	case runtime.GOOS != "linux":
		t.Skip("act needs bash and Linux paths: the action was not run")
	case path == "":
		path = "act"
	}
	found, err := exec.LookPath(path)
	if err == nil {
		return found
	}
	if path != "act" || os.Getenv("CI") != "" {
		t.Fatalf("find act: %v; .ci/run test installs it", err)
	}
	t.Skipf("THE ACTION WAS NOT RUN: %v; .ci/run test installs act", err)
	return ""
}

// release makes a folder with what a release of the action has: action.yml,
// the shim, and in dist the program for this platform.
func release(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	copyTree(t, dir, []string{"action.yml", "action/shim/main.js", "action/shim/post.js", "action/shim/binary.js"})
	name := fmt.Sprintf("goproxy-setup_%s_%s", runtime.GOOS, runtime.GOARCH)
	binary := filepath.Join(dir, "dist", name)
	build := exec.Command("go", "build", "-trimpath", "-o", binary, "./cmd/goproxy-setup")
	build.Dir = ".."
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	output(t, build)
	data, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "dist", "checksums.txt"), fmt.Appendf(nil, "%x  %s\n", sha256.Sum256(data), name))
	commit(t, dir)
	return dir
}

// repository writes the files of a case into a git repository and returns it
// with the texts of the files named want and cancel.
func repository(t *testing.T, archive *txtar.Archive, srv, secure *proxytest.Server, action string) (dir, want, cancel string) {
	t.Helper()
	dir = t.TempDir()
	text := strings.NewReplacer(
		"$proxy", srv.URL,
		"$secure", strings.TrimPrefix(secure.URL, "https://"),
		"$action", action,
		"$modcache", "file://"+goEnv(t, "GOMODCACHE")+"/cache/download",
	)
	if strings.Contains(string(txtar.Format(archive)), "uses: ./\n") {
		copyTree(t, dir, sources(t))
	}
	for _, f := range archive.Files {
		data := text.Replace(string(f.Data))
		switch {
		case f.Name == "want":
			want = data
			continue
		case f.Name == "cancel":
			cancel = strings.TrimSpace(data)
			continue
		case filepath.Base(f.Name) == "go.sum":
			data = srv.GoSum(strings.Fields(data)...)
		}
		write(t, filepath.Join(dir, f.Name), []byte(data))
	}
	if want == "" {
		t.Fatal("the case expects nothing: it has no file named want")
	}
	commit(t, dir)
	return dir, want, cancel
}

// sources lists the files of this project: those in git and those about to be,
// but no workflows, which would run too.
func sources(t *testing.T) []string {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z", "-co", "--exclude-standard", "--",
		":(exclude).github", ":(exclude,glob)**/testdata/**")
	list.Dir = ".."
	return strings.Split(strings.TrimRight(output(t, list), "\x00"), "\x00")
}

// copyTree copies files of this project by their slash-separated names. One
// that git still lists but is gone is left out.
func copyTree(t *testing.T, dir string, names []string) {
	t.Helper()
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, filepath.FromSlash(name)), data)
	}
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// commit makes a git repository of dir, as act wants one: with a commit and
// the address it came from.
func commit(t *testing.T, dir string) {
	t.Helper()
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"},
		{"add", "-A", "-f"},
		{"-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "t"},
		{"remote", "add", "origin", "https://github.com/example/example.git"},
	} {
		git := exec.Command("git", args...)
		git.Dir = dir
		git.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1"}
		output(t, git)
	}
}

// run lets act run the workflows of repo on this machine, with nothing of its
// environment but env, and returns what the job said and did. It is cancelled at
// a line that cancel matches, unless that is empty.
func run(t *testing.T, act, repo, cancel string, env []string, args ...string) map[string][]string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	home := t.TempDir()
	cmd := exec.CommandContext(ctx, act, append([]string{"push", "-P", "ubuntu-latest=-self-hosted",
		"--action-offline-mode", "--no-cache-server", "--json"}, args...)...)
	cmd.Dir = repo
	cmd.Env = append(env, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // act then runs the post steps
	cmd.WaitDelay = time.Minute
	var out bytes.Buffer
	cmd.Stdout = &out
	if cancel != "" {
		cmd.Stdout = &trigger{to: &out, at: regexp.MustCompile(cancel), do: cmd.Cancel}
	}
	err := cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("act ended by %v after:\n%s", ctx.Err(), &out)
	}
	seen := parse(t, out.Bytes())
	if len(seen["job"]) == 0 {
		t.Fatalf("act ran no job: %v\n%s", err, &out)
	}
	if left := leftovers(t, home); len(left) > 0 {
		t.Errorf("processes are left of the job: %q", left)
	}
	return seen
}

// A trigger keeps what is written and does something when it has a match, once.
type trigger struct {
	to *bytes.Buffer // not embedded: its ReadFrom would go around Write
	at *regexp.Regexp
	do func() error
}

func (w *trigger) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	if w.do != nil && w.at.Match(w.to.Bytes()) {
		defer w.do()
		w.do = nil
	}
	return n, err
}

// leftovers are the programs below a folder that still run some seconds later.
func leftovers(t *testing.T, dir string) (left []string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	until := time.After(15 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		left = nil
		links, _ := filepath.Glob("/proc/[0-9]*/exe")
		for _, link := range links {
			if exe, _ := os.Readlink(link); strings.HasPrefix(exe, dir+"/") {
				left = append(left, exe)
			}
		}
		if len(left) == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-until:
			return left
		}
	}
}

// asked returns the paths that were asked for, as USER:PASSWORD@PATH when
// with credentials.
func asked(requests []proxytest.Request) []string {
	var paths []string
	for _, q := range requests {
		path := q.Path
		if user, password, ok := (&http.Request{Header: q.Header}).BasicAuth(); ok {
			path = user + ":" + password + "@" + path
		}
		paths = append(paths, path)
	}
	return paths
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	return strings.TrimSpace(output(t, exec.Command("go", "env", name)))
}

func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", cmd, err, out, &stderr)
	}
	return string(out)
}
