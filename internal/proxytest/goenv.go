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
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + home,
		"GOPATH=" + filepath.Join(home, "go"),
		"GOMODCACHE=" + filepath.Join(home, "mod"),
		"GOCACHE=" + filepath.Join(home, "cache"),
		"GOENV=off", "GOTOOLCHAIN=local", "GOTELEMETRY=off", "GOFLAGS=-modcacherw -mod=mod",
		"GOPROXY=off", "GOSUMDB=off",
	}
	if runtime.GOOS == "windows" { // without these neither sockets nor temporary files work
		for _, name := range []string{"SystemRoot", "TEMP", "TMP", "USERPROFILE", "LocalAppData"} {
			env = append(env, name+"="+os.Getenv(name))
		}
	}
	return append(env, kv...)
}
