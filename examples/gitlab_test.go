package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestGitLab runs pipelines that include the component with
// gitlab-ci-local 4.75.1, whose path is in GOPROXY_SETUP_GITLAB_CI_LOCAL: it
// needs Node 22 and rsync, so it is run where somebody installed it. It rejects
// no unknown inputs and checks no types, as GitLab does.
func TestGitLab(t *testing.T) {
	t.Parallel()
	path := os.Getenv("GOPROXY_SETUP_GITLAB_CI_LOCAL")
	if path == "" {
		missing(t, "THE GITLAB COMPONENT WAS NOT RUN: GOPROXY_SETUP_GITLAB_CI_LOCAL does not name gitlab-ci-local")
	}
	for _, c := range []struct {
		name, pipeline string
		vars           []string
		calls          []string
		says           []string
		reports        []string
	}{
		{
			name:     "component, and the hand-over to a later job",
			pipeline: read(t, filepath.Join("gitlab", "component.gitlab-ci.yml")),
			calls:    []string{"test ./...", "vet ./..."}, // of jobs side by side, sorted
			reports:  []string{"goproxy-junit.xml", "gl-code-quality-report.json", "goproxy-metrics.txt"},
		},
		{
			name:     "remote include with a before_script of one's own",
			pipeline: read(t, filepath.Join("gitlab", "remote.gitlab-ci.yml")),
			calls:    []string{"test ./..."},
			reports:  []string{"goproxy-junit.xml"},
		},
		{
			name:     "failure that is allowed",
			pipeline: strings.Replace(read(t, filepath.Join("gitlab", "remote.gitlab-ci.yml")), "- go test ./...", `- echo "GOPROXY is <$GOPROXY>"`, 1),
			vars:     []string{"GOPROXY_SETUP_PROXIES=http://127.0.0.1:1", "GOPROXY_SETUP_RETRY_FOR=1ms"},
			says:     []string{"GOPROXY is <>"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j := newJob(t, "gitlab")
			delete(j.vars, "CI_PROJECT_DIR")
			j.set("GOFLAGS=-modcacherw -mod=mod -p=1")
			template := read(t, filepath.Join("..", "templates", "goproxy-setup.yml"))
			write(t, filepath.Join(j.dir, "templates", "goproxy-setup.yml"), image.ReplaceAllString(template, ""))
			write(t, filepath.Join(j.dir, ".gitlab-ci.yml"), image.ReplaceAllString(strings.NewReplacer(
				"component: $CI_SERVER_FQDN/goproxy-setup/goproxy-setup/goproxy-setup@v1", "component: $CI_SERVER_FQDN/$CI_PROJECT_PATH/goproxy-setup@$CI_COMMIT_SHA",
				"remote: "+repository, "local: ",
				"inputs:\n", "inputs:\n      proxies: "+j.proxy+"\n",
			).Replace(c.pipeline), ""))
			j.run("sh", `git init -q -b main && git add -A && git -c user.name=t -c user.email=t@example.com commit -q -m t &&
				git remote add origin git@gitlab.com:o/r.git`) // gitlab-ci-local wants all of it
			args := []string{path, "--force-shell-executor", "--shell-isolation", "--variable", "GITLAB_CI=true"}
			for _, kv := range c.vars {
				args = append(args, "--variable", kv)
			}
			out := j.run("sh", "exec "+quoted(args)+" </dev/null 2>&1")
			if c.calls != nil {
				sortLines(t, j.goLog)
				j.goSaw(c.calls...)
			}
			for _, text := range c.says {
				if !strings.Contains(out, text) {
					t.Errorf("no %q in\n%s", text, out)
				}
			}
			for _, name := range c.reports {
				if found := output(t, exec.Command("find", j.dir, "-name", name, "-size", "+0")); found == "" {
					t.Errorf("no report %s was kept; the log:\n%s", name, out)
				}
			}
		})
	}
}

// image is what no job has here: where one has, CI_PROJECT_DIR is a path in the
// image, although nothing but a shell runs.
var image = regexp.MustCompile(`(?m)^ +image: .+$`)

func quoted(args []string) string {
	return "'" + strings.Join(args, "' '") + "'"
}

func sortLines(t *testing.T, file string) {
	t.Helper()
	output(t, exec.Command("sort", "-o", file, file))
}
