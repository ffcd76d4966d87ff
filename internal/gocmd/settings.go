package gocmd

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// A Layer is where the go command found the value of a setting.
type Layer string

// The layers, the strongest first.
const (
	Environment Layer = "environment" // a non-empty variable; an empty one counts as none
	EnvFile     Layer = "GOENV file"  // written by go env -w
	GoEnv       Layer = "go.env"      // $GOROOT/go.env, since go 1.21
	BuiltIn     Layer = "built in"
)

// Settings are the values the go command works with in one folder. A name that
// the go command is too old to know is empty.
type Settings struct {
	GOVERSION   string // "go1.26.8", of the go command itself, before any switch of toolchains
	GOPROXY     string
	GOSUMDB     string
	GOPRIVATE   string
	GONOPROXY   string // GOPRIVATE unless set
	GONOSUMDB   string // GOPRIVATE unless set
	GOINSECURE  string
	GOVCS       string
	GOAUTH      string // since go 1.24
	GOFLAGS     string
	GOTOOLCHAIN string // since go 1.21; empty is like "local"
	GO111MODULE string
	GOMODCACHE  string // since go 1.15
	GOROOT      string
	GOENV       string // path of the user's file; empty when there is none
	GOWORK      string // path of the go.work in effect; empty or "off" when there is none
	GOMOD       string // path of the go.mod of the folder; empty or the null device when there is none

	// Layers tells for each name above, but for GOVERSION, GOMOD and GOROOT,
	// where its value is from.
	Layers map[string]Layer `json:"-"`
}

// ModCacheRW reports whether go leaves the folders of the module cache writable.
func (s Settings) ModCacheRW() bool {
	rw := false
	for _, f := range strings.Fields(s.GOFLAGS) {
		name, value, given := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(strings.Trim(f, `"'`), "-"), "-"), "=")
		if name == "modcacherw" {
			v, err := strconv.ParseBool(value)
			rw = !given || err == nil && v
		}
	}
	return rw
}

// layered are the names that can be set.
var layered = [...]string{
	"GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE", "GOVCS", "GOAUTH",
	"GOFLAGS", "GOTOOLCHAIN", "GO111MODULE", "GOMODCACHE", "GOENV", "GOWORK",
}

// Settings asks the go command for its settings. No network is used: the go
// command is kept from switching to the toolchain that go.mod may want.
func (g Go) Settings(ctx context.Context) (Settings, error) {
	names := append([]string{"env", "-json", "GOVERSION", "GOROOT", "GOMOD"}, layered[:]...)
	out, err := g.With("GOTOOLCHAIN=local").output(ctx, names...)
	if err != nil {
		return Settings{}, err
	}
	var s Settings
	if err := json.Unmarshal(out, &s); err != nil {
		return Settings{}, fmt.Errorf("decode go env -json: %w", err)
	}
	s.layer(g.Env, readEnvFile(s.GOENV), readEnvFile(filepath.Join(s.GOROOT, "go.env")))
	return s, nil
}

// layer finds out where each value is from, and what GOTOOLCHAIN would have
// been had it not been overridden to ask.
func (s *Settings) layer(env []string, user, shipped map[string]string) {
	s.Layers = map[string]Layer{}
	find := func(name string) (string, Layer) {
		if v := lookup(env, name); v != "" {
			return v, Environment
		}
		if name == "GOENV" {
			return "", BuiltIn
		}
		v, ok := user[name] // even an empty one hides go.env
		layer := EnvFile
		if !ok {
			v, layer = shipped[name], GoEnv
		}
		if v == "" {
			return "", BuiltIn
		}
		return v, layer
	}
	for _, name := range layered {
		_, s.Layers[name] = find(name)
	}
	for _, name := range []string{"GONOPROXY", "GONOSUMDB"} {
		if s.Layers[name] == BuiltIn {
			s.Layers[name] = s.Layers["GOPRIVATE"]
		}
	}
	if s.GOTOOLCHAIN != "" { // this go command knows the name
		s.GOTOOLCHAIN, _ = find("GOTOOLCHAIN")
	}
}

// A NoDefaultError says that the toolchain as installed uses no module proxy
// first, so that there is no candidate called default.
type NoDefaultError struct {
	GOPROXY string // as the toolchain ships it
}

func (e *NoDefaultError) Error() string {
	return fmt.Sprintf("this Go distribution ships GOPROXY %q, which names no module proxy first", e.GOPROXY)
}

// FailureClass is that of a wrong setting.
func (e *NoDefaultError) FailureClass() report.Class { return report.ConfigInvalid }

// DefaultProxy returns the first entry of GOPROXY as the toolchain ships it,
// which distributions change in $GOROOT/go.env. The error is a *NoDefaultError
// when that is direct, off or nothing.
func (g Go) DefaultProxy(ctx context.Context) (string, error) {
	out, err := g.With("GOENV=off", "GOPROXY=", "GOTOOLCHAIN=local").output(ctx, "env", "GOPROXY")
	if err != nil {
		return "", err
	}
	list := strings.TrimSpace(string(out))
	entries := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == '|' })
	if len(entries) == 0 {
		return "", &NoDefaultError{GOPROXY: list}
	}
	first := strings.TrimSpace(entries[0])
	if first == "" || first == "direct" || first == "off" {
		return "", &NoDefaultError{GOPROXY: list}
	}
	return first, nil
}
