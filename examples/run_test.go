package examples

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRun runs what stands in the examples as their systems would: which
// commands share a shell, and what becomes of variables between shells.
func TestRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, system string
		shell        string   // sh unless set
		env          []string // that the system sets besides
		scripts      func(t *testing.T, file string) []string
		between      func(j *job, out string) // what the system does after a shell
		wrote        []string
		calls        []string // of go; go test ./... unless set
	}{
		{file: "azure/azure-pipelines.yml", system: "azure", shell: "bash", scripts: in("steps", "*", "script"), between: azure, wrote: []string{"goproxy-junit.xml"}},
		{file: "bitbucket/bitbucket-pipelines.yml", system: "bitbucket",
			env:     []string{"BITBUCKET_PIPELINES_VARIABLES_PATH=$WORK/.variables"},
			scripts: in("pipelines", "default", "*", "step", "script"), between: outputVariables(".variables"),
			wrote: []string{"test-results/goproxy.xml"}, calls: []string{"test ./...", "vet ./..."}},
		{file: "buildkite/plain.yml", system: "buildkite", shell: "bash", scripts: dollars(in("steps", "*", "commands"))},
		{file: "circleci/config.yml", system: "circleci", shell: "bash", env: []string{"BASH_ENV=$WORK/.bash_env"},
			scripts: in("jobs", "test", "steps", "*", "run"), wrote: []string{"test-results/goproxy.xml"}},
		{file: "cloudbuild/cloudbuild.yaml", system: "cloudbuild", scripts: in("steps", "*", "script")},
		{file: "codebuild/buildspec.yml", system: "codebuild", scripts: chain(in("phases", "install", "commands"), in("phases", "build", "commands")),
			wrote: []string{"reports/goproxy.xml"}},
		{file: "codefresh/codefresh.yml", system: "codefresh", env: []string{"CF_VOLUME_PATH=$WORK"},
			scripts: chain(in("steps", "goproxy", "commands"), in("steps", "test", "commands")), between: outputVariables("env_vars_to_export")},
		{file: "docker/Dockerfile", scripts: dockerRun, calls: []string{"build -o $WORK/out/ ./..."}},
		{file: "drone/.drone.yml", system: "drone", scripts: in("steps", "*", "commands")},
		{file: "gitlab/plain.gitlab-ci.yml", system: "gitlab", shell: "bash", scripts: joined(in("test", "before_script"), in("test", "script")),
			wrote: []string{"goproxy-junit.xml", "gl-code-quality-report.json", "goproxy-metrics.txt", "goproxy.env"}},
		{file: "semaphore/semaphore.yml", system: "semaphore", shell: "bash",
			scripts: chain(in("blocks", "*", "task", "jobs", "*", "commands"), in("blocks", "*", "task", "epilogue", "always", "commands")),
			wrote:   []string{"goproxy-junit.xml", "goproxy-report.md"}},
		{file: "shell/ci.sh", system: "", scripts: whole, wrote: []string{"goproxy-report.json"}, calls: []string{"test ./...", "vet ./..."}},
		{file: "teamcity/settings.kts", system: "teamcity", scripts: kotlin, between: teamcity, wrote: []string{"goproxy-junit.xml", "goproxy-report.html"}},
		// Tekton is known by a path that is not here; what is written is the same.
		{file: "tekton/task.yml", system: "woodpecker", scripts: in("spec", "steps", "*", "script")},
		{file: "travis/.travis.yml", system: "travis", shell: "bash", scripts: joined(in("before_install"), in("install"), in("script"))},
		{file: "woodpecker/.woodpecker.yml", system: "woodpecker", scripts: in("steps", "*", "commands")},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			j := newJob(t, c.system)
			for _, kv := range c.env {
				j.set(kv)
			}
			for _, tool := range []string{"sem-version", "checkout"} {
				j.stub(tool, "true")
			}
			j.stub("test-results", `test -s "$2"`)
			j.stub("artifact", `test -s "$3"`)
			shell := c.shell
			if shell == "" {
				shell = "sh"
			}
			for _, text := range c.scripts(t, filepath.FromSlash(c.file)) {
				out := j.run(shell, strings.ReplaceAll(text, "$WORK", j.dir))
				if c.between != nil {
					c.between(j, out)
				}
			}
			calls := c.calls
			if calls == nil {
				calls = []string{"test ./..."}
			}
			for i := range calls {
				calls[i] = strings.ReplaceAll(calls[i], "$WORK", j.dir)
			}
			j.goSaw(calls...)
			j.wrote(c.wrote...)
		})
	}
}

// The plugin's hook is sourced, and what it exports is the command's.
func TestBuildkitePlugin(t *testing.T) {
	t.Parallel()
	hook, err := filepath.Abs("buildkite/hooks/pre-command")
	if err != nil {
		t.Fatal(err)
	}
	sourced := func(command string) string { return "set +e; . '" + hook + "'; " + command }
	setup := func(t *testing.T) *job {
		j := newJob(t, "buildkite")
		j.set("TMPDIR=" + t.TempDir())
		j.stub("buildkite-agent", `cat >>"$TMPDIR/annotation"`)
		return j
	}
	t.Run("command has the choice", func(t *testing.T) {
		t.Parallel()
		j := setup(t)
		j.set("BUILDKITE_PLUGIN_GOPROXY_SETUP_PRIVATE=git.corp.example/*,b.example")
		out := j.run("bash", sourced(`go test ./... && echo "private $GOPRIVATE"; . '`+filepath.Join(filepath.Dir(hook), "pre-exit")+`'; ls "$TMPDIR"`))
		j.goSaw("test ./...")
		if !strings.Contains(out, "private git.corp.example/*,b.example\n") || strings.Contains(out, "goproxy-setup-") {
			t.Errorf("want GOPRIVATE, and nothing left after pre-exit:\n%s", out)
		}
	})
	t.Run("failure ends the step and is shown", func(t *testing.T) {
		t.Parallel()
		j := setup(t)
		j.set("GOPROXY_SETUP_PROXIES=http://127.0.0.1:1")
		j.set("GOPROXY_SETUP_RETRY_FOR=1ms")
		out := j.run("sh", `bash -c "`+strings.ReplaceAll(sourced("echo reached"), `"`, `\"`)+`" || echo "status $?"`)
		if !strings.HasSuffix(out, "status 1\n") || strings.Contains(out, "reached") {
			t.Errorf("want exit code 1 before the command:\n%s", out)
		}
		if note := read(t, filepath.Join(j.vars["TMPDIR"], "annotation")); !strings.Contains(note, "connect-refused") {
			t.Errorf("the annotation does not name the class:\n%s", note)
		}
	})
	t.Run("failure that is allowed", func(t *testing.T) {
		t.Parallel()
		j := setup(t)
		j.set("GOPROXY_SETUP_PROXIES=http://127.0.0.1:1")
		j.set("GOPROXY_SETUP_RETRY_FOR=1ms")
		j.set("BUILDKITE_PLUGIN_GOPROXY_SETUP_FAIL=never")
		if out := j.run("bash", sourced(`echo "GOPROXY is <$GOPROXY>"`)); !strings.Contains(out, "GOPROXY is <>\n") {
			t.Errorf("want the command run with nothing changed:\n%s", out)
		}
	})
}

// Values of build arguments never stand on docker's command line.
func TestDockerArgs(t *testing.T) {
	t.Parallel()
	j := newJob(t, "")
	if err := os.Symlink(program(t), filepath.Join(j.bin(), "goproxy-setup")); err != nil {
		t.Fatal(err)
	}
	j.stub("docker", `echo "$*; $GOPROXY"`)
	out := j.run("sh", read(t, filepath.Join("docker", "args.sh")))
	if want := "build --build-arg GOPROXY --build-arg GOSUMDB -f args.Dockerfile .; " + j.proxy; !strings.Contains(out, want) {
		t.Errorf("docker saw %q, want %q", out, want)
	}
	for name := range strings.FieldsSeq("GOPROXY GOSUMDB GOPRIVATE") {
		if !strings.Contains(read(t, filepath.Join("docker", "args.Dockerfile")), "ARG "+name+"\n") {
			t.Errorf("args.Dockerfile takes no %s", name)
		}
	}
}

type scripts = func(t *testing.T, file string) []string

func in(path ...string) scripts {
	return func(t *testing.T, file string) []string { return texts(t, readYAML(t, file), path...) }
}

// chain are several groups of shells in turn.
func chain(groups ...scripts) scripts {
	return func(t *testing.T, file string) (out []string) {
		for _, g := range groups {
			out = append(out, g(t, file)...)
		}
		return out
	}
}

// joined are several groups of commands in one shell.
func joined(groups ...scripts) scripts {
	return func(t *testing.T, file string) []string {
		return []string{strings.Join(chain(groups...)(t, file), "\n")}
	}
}

// dollars undoes the escape of `buildkite-agent pipeline upload`.
func dollars(s scripts) scripts {
	return func(t *testing.T, file string) []string {
		out := s(t, file)
		for i := range out {
			out[i] = strings.ReplaceAll(out[i], "$$", "$")
		}
		return out
	}
}

func whole(t *testing.T, file string) []string { return []string{read(t, file)} }

var (
	kotlinScript = regexp.MustCompile(`(?s)scriptContent = (?:"""(.*?)"""|"([^"\n]*)")`)
	continued    = regexp.MustCompile(`\\\n`)
	mount        = regexp.MustCompile(`--mount=\S+`)
)

func kotlin(t *testing.T, file string) []string {
	var out []string
	for _, m := range kotlinScript.FindAllStringSubmatch(read(t, file), -1) {
		out = append(out, strings.ReplaceAll(m[1]+m[2], "%teamcity.build.tempDir%", t.TempDir()))
	}
	return out
}

// dockerRun are the RUN instructions, with the program that COPY brings.
func dockerRun(t *testing.T, file string) []string {
	text := mount.ReplaceAllString(continued.ReplaceAllString(read(t, file), " "), "")
	out := []string{"ln -s '" + program(t) + "' /usr/local/bin/goproxy-setup"}
	for line := range strings.Lines(text) {
		if command, ok := strings.CutPrefix(line, "RUN "); ok {
			out = append(out, strings.ReplaceAll(command, "/out/", "$WORK/out/"))
		}
	}
	return out
}

var (
	azureVariable    = regexp.MustCompile(`(?m)^##vso\[task\.setvariable variable=(\w+)\](.*)$`)
	teamcityVariable = regexp.MustCompile(`(?m)^##teamcity\[setParameter name='env\.(\w+)' value='(.*)'\]$`)
)

func azure(j *job, out string) {
	for _, m := range azureVariable.FindAllStringSubmatch(out, -1) {
		j.vars[m[1]] = m[2]
	}
}

// teamcity sets parameters that the build configuration defines, no others.
func teamcity(j *job, out string) {
	config := read(j.t, filepath.Join("teamcity", "settings.kts"))
	for _, m := range teamcityVariable.FindAllStringSubmatch(out, -1) {
		if strings.Contains(config, `param("env.`+m[1]+`", "")`) {
			j.vars[m[1]] = strings.NewReplacer("||", "|", "|[", "[", "|]", "]").Replace(m[2])
		}
	}
}

// outputVariables reads a file of NAME=value lines after each shell.
func outputVariables(name string) func(*job, string) {
	return func(j *job, _ string) {
		data, err := os.ReadFile(filepath.Join(j.dir, name))
		if err != nil {
			j.t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			j.set(strings.TrimSpace(line))
		}
	}
}

// TestYAML reads every YAML file, also those of systems that cannot run here.
func TestYAML(t *testing.T) {
	t.Parallel()
	files := []string{filepath.Join("..", "templates", "goproxy-setup.yml")}
	for _, pattern := range []string{"*/*.yml", "*/*.yaml", "*/.*.yml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	if files = slices.Compact(files); len(files) < 20 {
		t.Fatalf("only %d files", len(files))
	}
	for _, file := range files {
		t.Run(filepath.ToSlash(file), func(t *testing.T) {
			t.Parallel()
			if doc, ok := readYAML(t, file).(map[string]any); !ok || len(doc) == 0 {
				t.Errorf("%s is no map: %v", file, doc)
			}
		})
	}
}

// An example that is longer is no block to paste.
func TestExamplesAreShort(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.IsDir() {
			continue
		}
		if n := strings.Count(read(t, file), "\n"); n > 30 {
			t.Errorf("%s has %d lines, want at most 30", file, n)
		}
	}
}
