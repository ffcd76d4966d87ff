package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/internal/config"
)

// TestJenkins runs the shared library and the Jenkinsfiles with stand-ins for
// Jenkins' steps: examples/jenkins/test/run.groovy.
func TestJenkins(t *testing.T) {
	t.Parallel()
	groovy, err := exec.LookPath("groovy")
	if err != nil {
		missing(t, "JENKINS' SHARED LIBRARY WAS NOT RUN: groovy is not here")
	}
	j := newJob(t, "")
	j.set("JAVA_HOME=" + javaHome())
	j.set("WANT_GOPROXY=" + j.proxy)
	j.set("PROGRAM=" + program(t))
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	out := j.run("sh", "mkdir -p '"+j.dir+"@tmp'; '"+groovy+"' '"+filepath.Join(root, "examples", "jenkins", "test", "run.groovy")+"' '"+root+"' '"+j.dir+"' 2>&1")
	os.RemoveAll(j.dir + "@tmp")
	if !strings.HasSuffix(out, "ok all\n") {
		t.Errorf("run.groovy ended early:\n%s", out)
	}
	t.Log(out)
}

// javaHome is a Java that Groovy 2.4 runs on: it cannot read the class files of
// Java 18 and newer.
func javaHome() string {
	for _, dir := range []string{"/usr/lib/jvm/java-17-openjdk-amd64", os.Getenv("JAVA_HOME_17_X64"), os.Getenv("JAVA_HOME")} {
		if _, err := os.Stat(filepath.Join(dir, "bin", "java")); err == nil {
			return dir
		}
	}
	return ""
}

// The library refuses options it does not know, so it has to know all settings.
func TestJenkinsKnowsEverySetting(t *testing.T) {
	t.Parallel()
	text := read(t, filepath.Join("..", "vars", "withGoProxy.groovy"))
	_, list, _ := strings.Cut(text, "List known = [")
	list, _, _ = strings.Cut(list, "]")
	var got, want []string
	for name := range strings.SplitSeq(list, ",") {
		got = append(got, strings.Trim(strings.TrimSpace(name), "'"))
	}
	for _, row := range config.Table {
		// The loopback of a job would outlive the block: nothing ends it there. What
		// fail means is up to the library.
		if name := row.InputName(); name != "" && name != "loopback" && name != "fail" {
			want = append(want, name)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("vars/withGoProxy.groovy knows %q, want the inputs %q", got, want)
	}
}
