package proxytest

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// GoEnv is the environment of a go command that knows nothing of this machine
// but where go is: everything it keeps is below a temporary folder, and it
// neither switches toolchains nor asks a checksum database. Later values win,
// so kv may set GOPROXY and change the rest.
func GoEnv(t testing.TB, kv ...string) []string {
	t.Helper()
	home := t.TempDir()
	config := filepath.Join(home, "config")
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + home, "XDG_CONFIG_HOME=" + config, "AppData=" + config,
		"GOPATH=" + filepath.Join(home, "go"),
		"GOMODCACHE=" + filepath.Join(home, "mod"),
		"GOCACHE=" + filepath.Join(home, "cache"),
		"GOENV=off", "GOTOOLCHAIN=local", "GOFLAGS=-modcacherw -mod=mod",
		"GOPROXY=off", "GOSUMDB=off",
	}
	if runtime.GOOS == "windows" { // without these neither sockets nor temporary files work
		for _, name := range []string{"SystemRoot", "TEMP", "TMP", "USERPROFILE", "LocalAppData"} {
			env = append(env, name+"="+os.Getenv(name))
		}
	}
	if runtime.GOOS == "darwin" {
		config = filepath.Join(home, "Library", "Application Support")
	}
	quiet(t, config)
	return append(env, kv...)
}

// quiet switches telemetry off. No variable does that, and telemetry leaves a
// process behind that still writes while the temporary folder is removed.
// The file is that of golang.org/x/telemetry/internal/telemetry/dir.go.
func quiet(t testing.TB, config string) {
	t.Helper()
	dir := filepath.Join(config, "go", "telemetry")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "mode"), []byte("off"), 0o666); err != nil {
		t.Fatal(err)
	}
}
