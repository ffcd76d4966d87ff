package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
	"github.com/goproxy-setup/goproxy-setup/report"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"goproxy-setup": main})
}

// TestScript runs the scripts in testdata/script. Each has, besides a go command
// that knows nothing of this machine:
//
//	$proxy    a module proxy of its own with the modules in testdata/mod; faults
//	          stand in its path (internal/proxytest)
//	$refused  a base URL where nothing listens
//	$mute     one that takes connections and never answers
//	$forward  host:port of a forward proxy that wants user and s3cr3t, and knows
//	          $proxy as goproxy.corp.example
//	$tmp      the folder for temporary files, to be made
//
//	mainmod DIR MODULE@VERSION...   writes a main module that needs these
//	proxysaw [!] GLOB               checks what $proxy was asked for
//	await GLOB                      waits until $proxy was asked for it
//	loadenv FILE                    sets the variables in a GITHUB_ENV file
//	failed CLASS                    checks the first failure of r.json
//	probed NAME CLASS|ok            checks a candidate of r.json
//	behind HOST                     gives $proxy a name, by a forward proxy in HTTP_PROXY
//	differ FILE FILE                checks that two files are not the same
//	private GLOB                    checks that no other user enters these folders
//	empty DIR                       checks that nothing is in a folder
//	remember DIR...                 notes all that is in folders, for
//	unchanged                       which checks that they are as they were
func TestScript(t *testing.T) {
	t.Parallel()
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	refused, mute := proxytest.Refused(t), proxytest.Mute(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			srv, err := proxytest.Start(proxytest.Config{}, proxytest.Dir("testdata/mod"))
			if err != nil {
				return err
			}
			e.Defer(func() { srv.Close() })
			e.Values["proxy"], e.Values[rememberedKey] = srv, new(remembered)
			forward := proxytest.Forward(t, proxytest.ForwardOptions{
				Hosts: map[string]string{"goproxy.corp.example": srv.URL}, User: "user", Password: "s3cr3t",
			})
			for name, value := range map[string]string{
				"proxy": srv.URL, "refused": refused, "mute": mute, "forward": strings.TrimPrefix(forward.URL, "http://"), "gobin": filepath.Dir(goTool),
				"host":   strings.TrimPrefix(srv.URL, "http://"),
				"tmp":    filepath.Join(e.WorkDir, ".tmp"), // TMPDIR, on Windows TMP
				"GOPATH": filepath.Join(e.WorkDir, "gopath"), "GOMODCACHE": filepath.Join(e.WorkDir, "modcache"),
				"GOCACHE": filepath.Join(e.WorkDir, "gocache"), "GOENV": filepath.Join(e.WorkDir, "goenv"),
				"GOTOOLCHAIN": "local", "GOFLAGS": "-modcacherw", "GOTELEMETRY": "off", "GOSUMDB": srv.SumDB,
				"GOPROXY": "", "GOPRIVATE": "", "CI": "", "GITHUB_ACTIONS": "", "NO_COLOR": "1", "LANG": "C",
			} {
				e.Setenv(name, value)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"mainmod":  mainmod,
			"proxysaw": proxysaw,
			"failed":   failed,
			"probed":   probed,
			"await":    await,
			"loadenv":  loadenv,
			"behind": func(ts *testscript.TestScript, _ bool, args []string) {
				f := proxytest.Forward(t, proxytest.ForwardOptions{Hosts: map[string]string{args[0]: proxyOf(ts).URL}})
				ts.Setenv("HTTP_PROXY", f.URL)
			},
			"differ": differ, "private": private, "empty": empty,
			"remember": remember, "unchanged": unchanged,
		},
	})
}

func proxyOf(ts *testscript.TestScript) *proxytest.Server {
	return ts.Value("proxy").(*proxytest.Server)
}

func mainmod(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o777))
	proxyOf(ts).WriteMain(dir, args[1:]...)
}

func proxysaw(ts *testscript.TestScript, neg bool, args []string) {
	if n := proxyOf(ts).Count(args[0]); (n > 0) == neg {
		ts.Fatalf("the module proxy saw %d requests for %s: %v", n, args[0], proxyOf(ts).Paths())
	}
}

func await(ts *testscript.TestScript, _ bool, args []string) {
	if !proxyOf(ts).Wait(args[0], 1) {
		ts.Fatalf("the module proxy never saw %s: %v", args[0], proxyOf(ts).Paths())
	}
}

// heredoc is the form in which the Actions SDK writes a variable.
var heredoc = regexp.MustCompile(`(?m)^(\w+)<<(\S+)\r?\n(.*)\r?\n`)

func loadenv(ts *testscript.TestScript, _ bool, args []string) {
	for _, m := range heredoc.FindAllStringSubmatch(ts.ReadFile(args[0]), -1) {
		ts.Setenv(m[1], strings.TrimSuffix(m[3], "\r"))
	}
}

func readReport(ts *testscript.TestScript) (r report.Report) {
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("r.json")), &r))
	if r.Schema != report.Schema {
		ts.Fatalf("r.json has schema %q", r.Schema)
	}
	return r
}

func failed(ts *testscript.TestScript, neg bool, args []string) {
	r := readReport(ts)
	if neg {
		if len(r.Failures) > 0 {
			ts.Fatalf("failures: %+v", r.Failures)
		}
		return
	}
	if len(r.Failures) == 0 || string(r.Failures[0].Class) != args[0] {
		ts.Fatalf("failures %+v, want the first of class %s", r.Failures, args[0])
	}
}

func probed(ts *testscript.TestScript, _ bool, args []string) {
	for _, p := range readReport(ts).Probes {
		if !strings.HasSuffix(p.URL, args[0]) {
			continue
		}
		got := string(p.Class)
		if p.Reachable {
			got = "ok"
		}
		if got != args[1] {
			ts.Fatalf("candidate %s is %q (%s), want %q", p.URL, got, p.Evidence, args[1])
		}
		return
	}
	ts.Fatalf("no candidate ends in %s", args[0])
}
