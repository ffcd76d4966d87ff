package setup

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/config"
	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
)

// TestPrivacy: whatever the list, the patterns, the command and the faults are,
// no module proxy ever sees a path that GOPRIVATE or GONOPROXY matches: not from
// go, not from what is fetched ahead, not from the race. Direct access leads
// nowhere here, so runs may fail; what was asked is all that counts.
func TestPrivacy(t *testing.T) {
	t.Parallel()
	lists := []string{"$a", "$a|$b", "$b,$a", "$a,$b|$a", "$a/503|$b", "$a/404,$b", "$a/cut@zip|$b", "$a/wrong|$b", "$a/403|$b"}
	patterns := []string{"secret.invalid", "*.invalid", "secret.invalid/team", "secret.invalid/*/lib.git", "else.test,secret.invalid/team/"}
	ways := []string{"setting", "GOPRIVATE", "GONOPROXY", "GONOPROXY beside another GOPRIVATE"}
	random := rand.New(rand.NewPCG(1, 2)) // the same cases every time
	pick := func(of []string) string { return of[random.IntN(len(of))] }
	for range 24 {
		list, pattern, way := pick(lists), pick(patterns), pick(ways)
		fixed, command := random.IntN(2) == 0, random.IntN(2) == 0
		t.Run(fmt.Sprintf("%s %s by %s, fixed %v, command %v", list, pattern, way, fixed, command), func(t *testing.T) {
			t.Parallel()
			a, b := proxytest.New(t, mods()), proxytest.New(t, mods())
			list := strings.NewReplacer("$a", a.URL, "$b", b.URL).Replace(list)
			env := map[string]string{}
			args := []string{"-retry-for", "50ms"}
			switch way {
			case "setting":
				args = append(args, "-private", pattern)
			case "GOPRIVATE", "GONOPROXY":
				env[way] = pattern
			default:
				env["GONOPROXY"], env["GOPRIVATE"] = pattern, "else.test"
			}
			if fixed {
				env["GOPROXY"] = list
			} else {
				args = append(args, "-proxies", list)
			}
			r := newRun(t, a, env, args)
			if command {
				r.Command(t.Context(), []string{"go", "list", "-m", "-json", "all"})
			} else {
				r.Setup(t.Context())
			}
			a.MustNotSee("secret")
			b.MustNotSee("secret")
			if len(a.Requests()) == 0 {
				t.Error("the module proxy was not asked at all, so this shows nothing")
			}
		})
	}
}

func mods() proxytest.Source {
	return proxytest.Module("example.com/m@v1.0.0", "-- go.mod --\nmodule example.com/m\n-- m.go --\npackage m\n")
}

// newRun makes a run in a module that needs a public and a private one, with
// both in its go.sum.
func newRun(t *testing.T, srv *proxytest.Server, env map[string]string, args []string) *Run {
	t.Helper()
	dir := t.TempDir()
	srv.WriteMain(dir, "example.com/m@v1.0.0")
	requireFirst(t, filepath.Join(dir, "go.mod"), "secret.invalid/team/lib.git v1.0.0")
	const sum = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	edit(t, filepath.Join(dir, "go.sum"), "secret.invalid/team/lib.git v1.0.0 "+sum+"\nsecret.invalid/team/lib.git v1.0.0/go.mod "+sum+"\n")
	gitconfig := filepath.Join(t.TempDir(), "gitconfig")
	edit(t, gitconfig, "[url \"http://127.0.0.1:1/\"]\n\tinsteadOf = https://secret.invalid/\n")
	environ := proxytest.GoEnv(t, "GOSUMDB="+srv.SumDB, "GIT_CONFIG_GLOBAL="+gitconfig, "GOPROXY=", "GOINSECURE=")
	for k, v := range env {
		environ = append(environ, k+"="+v)
	}
	getenv := func(name string) (value string) {
		for _, kv := range environ {
			if v, ok := strings.CutPrefix(kv, name+"="); ok {
				value = v
			}
		}
		return value
	}
	c, err := config.Parse("setup", args, getenv, nil)
	if err != nil {
		t.Fatal(err)
	}
	return New(World{
		Getenv: getenv, Environ: environ, Stdout: io.Discard, Stderr: io.Discard, OS: runtime.GOOS, Arch: "amd64", Dir: dir, Temp: t.TempDir(),
		Exists:   func(string) bool { return false },
		Exporter: func(ci.System) (ci.Exporter, error) { return nil, nil },
	}, c, "setup")
}

// requireFirst puts a require line before all others: what looks for something
// to measure looks there first.
func requireFirst(t *testing.T, file, line string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(data), "\n")
	if err := os.WriteFile(file, []byte(head+"\n\nrequire "+line+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
}

func edit(t *testing.T, file, more string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(more); err != nil {
		t.Fatal(err)
	}
}
