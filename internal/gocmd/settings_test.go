package gocmd

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// printingGo is a go command that prints text, whatever it is asked.
func printingGo(t *testing.T, text string, vars ...string) Go {
	t.Helper()
	return Go{Path: testBinary(t), Env: append(vars, roleVar+"=print "+text)}
}

func TestSettingsLayers(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "env")
	writeFile(t, file, "GOPROXY=https://file.example.com\nGONOSUMDB=file.example.com\nGOFLAGS=-x\nGOSUMDB=\nGOAUTH=\n")
	g := testGo(t, "GOENV="+file, "GOFLAGS=-modcacherw", "GOPROXY=", "GOSUMDB=", "GOPRIVATE=env.example.com", "GOVCS=*:off")
	s, err := g.In(t.TempDir()).Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, got, want string
		layer           Layer
	}{
		{"GOPROXY", s.GOPROXY, "https://file.example.com", EnvFile}, // the empty variable counts as none
		{"GOFLAGS", s.GOFLAGS, "-modcacherw", Environment},
		{"GOPRIVATE", s.GOPRIVATE, "env.example.com", Environment},
		{"GONOPROXY", s.GONOPROXY, "env.example.com", Environment}, // from GOPRIVATE
		{"GONOSUMDB", s.GONOSUMDB, "file.example.com", EnvFile},    // its own
		{"GOVCS", s.GOVCS, "*:off", Environment},
		{"GOAUTH", s.GOAUTH, "netrc", BuiltIn}, // empty in the file
		{"GOSUMDB", s.GOSUMDB, "", BuiltIn},    // which hides go.env too
		{"GOINSECURE", s.GOINSECURE, "", BuiltIn},
		{"GOENV", s.GOENV, file, Environment},
		{"GOTOOLCHAIN", s.GOTOOLCHAIN, "local", Environment},
	} {
		if c.got != c.want || s.Layers[c.name] != c.layer {
			t.Errorf("%s = %q from %q, want %q from %q", c.name, c.got, s.Layers[c.name], c.want, c.layer)
		}
	}
	if !strings.HasPrefix(s.GOVERSION, "go1.") || !isDir(s.GOROOT) || s.GOWORK != "" {
		t.Errorf("Settings = %+v, want a version, a GOROOT and no workspace", s)
	}
	if len(s.Layers) != len(layered) {
		t.Errorf("%d layers, want one for each of %d names", len(s.Layers), len(layered))
	}
}

// What ships with the toolchain is found as the go command finds it. GOTOOLCHAIN
// is the one value that is worked out here.
func TestSettingsAsShipped(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "env")
	writeFile(t, empty, "# nothing\n")
	for _, c := range []struct{ name, file, toolchain string }{
		{"nothing set", "", ""},
		{"user's file", "GOTOOLCHAIN=path\n", ""},
		{"empty in user's file", "GOTOOLCHAIN=\n", ""},
		{"environment", "GOTOOLCHAIN=path\n", "local+path"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "env")
			writeFile(t, file, c.file)
			g := testGo(t, "GOENV="+file, "GOPROXY=", "GOSUMDB=", "GOTOOLCHAIN="+c.toolchain).In(t.TempDir())
			s, err := g.Settings(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want, err := g.output(t.Context(), "env", "GOTOOLCHAIN")
			if err != nil {
				t.Fatal(err)
			}
			if s.GOTOOLCHAIN != strings.TrimSpace(string(want)) {
				t.Errorf("GOTOOLCHAIN = %q from %q, go env says %q", s.GOTOOLCHAIN, s.Layers["GOTOOLCHAIN"], want)
			}
			shipped := readEnvFile(filepath.Join(s.GOROOT, "go.env"))
			if s.GOPROXY != shipped["GOPROXY"] || s.GOPROXY != "" && s.Layers["GOPROXY"] != GoEnv {
				t.Errorf("GOPROXY = %q from %q, want %q of go.env", s.GOPROXY, s.Layers["GOPROXY"], shipped["GOPROXY"])
			}
		})
	}
}

// A go.mod that wants a newer go must not make go env download it.
func TestSettingsDownloadNoToolchain(t *testing.T) {
	t.Parallel()
	proxy := proxytest.New(t)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "go.mod"), "module example.com/m\n\ngo 1.99.0\n")
	g := testGo(t, "GOTOOLCHAIN=auto", "GOPROXY="+proxy.URL).In(dir)
	s, err := g.Settings(t.Context())
	if err != nil || s.GOTOOLCHAIN != "auto" || filepath.Base(s.GOMOD) != "go.mod" {
		t.Errorf("Settings = %+v, %v, want GOTOOLCHAIN auto and the go.mod", s, err)
	}
	if paths := proxy.Paths(); len(paths) > 0 {
		t.Errorf("go env asked the module proxy for %q", paths)
	}
}

// A GOENV that is no file counts as none.
func TestSettingsOfFolderAsGOENV(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := testGo(t, "GOENV="+dir, "GOPROXY=off").In(dir).Settings(t.Context())
	if err != nil || s.GOENV != dir || s.Layers["GOPROXY"] != Environment {
		t.Errorf("Settings = %+v, %v, want what the environment says", s, err)
	}
}

func TestSettingsOfBrokenGOFLAGS(t *testing.T) {
	t.Parallel()
	s, err := testGo(t, "GOFLAGS=nonsense").In(t.TempDir()).Settings(t.Context())
	if err != nil || s.GOFLAGS != "nonsense" {
		t.Errorf("Settings = %+v, %v, want GOFLAGS as it is: every other go command dies of it", s, err)
	}
}

// go 1.13 knows few of the names and gives the others no value.
func TestSettingsOfOldGo(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	g := printingGo(t, `{"GOPROXY": "direct", "GOTOOLCHAIN": "", "GOROOT": "`+filepath.ToSlash(root)+`", "CGO": "1"}`, "GOPROXY=direct")
	s, err := g.Settings(t.Context())
	if err != nil || s.GOPROXY != "direct" || s.Layers["GOPROXY"] != Environment || s.GOTOOLCHAIN != "" || s.Layers["GOSUMDB"] != BuiltIn {
		t.Errorf("Settings = %+v, %v, want what there is", s, err)
	}
}

func TestSettingsErrors(t *testing.T) {
	t.Parallel()
	if _, err := printingGo(t, "no JSON").Settings(t.Context()); err == nil {
		t.Error("go that prints no JSON: no error")
	}
	if _, err := (Go{}).Settings(t.Context()); err == nil {
		t.Error("no go command: no error")
	}
	var exit *ExitError
	_, err := testGo(t, "GOWORK=relative").In(t.TempDir()).Settings(t.Context())
	if !errors.As(err, &exit) || !strings.Contains(exit.Error(), "GOWORK") {
		t.Errorf("GOWORK=relative: error %v, want what go says", err)
	}
}

func TestDefaultProxyIgnoresTheJob(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "env")
	writeFile(t, file, "GOPROXY=https://file.example.com\n")
	g := testGo(t, "GOENV="+file, "GOPROXY=https://env.example.com")
	got, err := g.DefaultProxy(t.Context())
	if err != nil {
		t.Skipf("this Go distribution has no default module proxy: %v", err)
	}
	if strings.Contains(got, "example.com") || strings.ContainsAny(got, ",| ") {
		t.Errorf("DefaultProxy = %q, want the one entry that the toolchain ships", got)
	}
}

func TestDefaultProxyOfDistributions(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]string{
		"https://proxy.example.com,direct\n":              "https://proxy.example.com",
		"https://a.example.com|https://b.example.com\r\n": "https://a.example.com",
		" https://a.example.com , direct\n":               "https://a.example.com",
		",https://a.example.com\n":                        "https://a.example.com",
		"direct\n":                                        "",
		"off\n":                                           "",
		"\n":                                              "",
		" ,|\n":                                           "",
		"direct,https://never.example.com/asked/for/all\n": "",
	} {
		got, err := printingGo(t, list).DefaultProxy(t.Context())
		var none *NoDefaultError
		if got != want || (want == "") != errors.As(err, &none) {
			t.Errorf("GOPROXY=%q: DefaultProxy = %q, %v, want %q", list, got, err, want)
		}
		if none != nil && (none.FailureClass() != report.ConfigInvalid || !strings.Contains(none.Error(), "GOPROXY")) {
			t.Errorf("GOPROXY=%q: error %v", list, none)
		}
	}
}

func TestModCacheRW(t *testing.T) {
	t.Parallel()
	for flags, want := range map[string]bool{
		"": false, "-modcacherw": true, "--modcacherw": true, "-mod=mod -modcacherw=true": true, "'-modcacherw'": true,
		"-modcacherw=0": false, "-modcacherw=false": false, "-modcacherw -modcacherw=false": false, "-modfile=modcacherw": false,
	} {
		if got := (Settings{GOFLAGS: flags}).ModCacheRW(); got != want {
			t.Errorf("GOFLAGS=%q: %v", flags, got)
		}
	}
}
