package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// allPlatforms are those of a release. action/shim/binary.js looks for them by the names that file gives.
var allPlatforms = []string{
	"darwin/amd64", "darwin/arm64", "linux/amd64", "linux/arm64", "windows/amd64", "windows/arm64",
}

type platform struct{ os, arch string }

func parsePlatforms(list string) ([]platform, error) {
	var all []platform
	for name := range strings.SplitSeq(list, ",") {
		if !slices.Contains(allPlatforms, name) {
			return nil, fmt.Errorf("platform %q is none of %s", name, strings.Join(allPlatforms, ", "))
		}
		goos, arch, _ := strings.Cut(name, "/")
		all = append(all, platform{goos, arch})
	}
	return all, nil
}

// file is the name of the platform's binary.
func (p platform) file() string {
	name := "goproxy-setup_" + p.os + "_" + p.arch
	if p.os == "windows" {
		name += ".exe"
	}
	return name
}

// assets builds from both clones, compares, and fills the folder assets.
func (r release) assets(ctx context.Context, first, second string) error {
	dir, again := r.path("assets"), r.path("again", "assets")
	var sums strings.Builder
	for _, p := range r.platforms {
		sum, err := r.build(ctx, first, dir, p)
		if err != nil {
			return err
		}
		other, err := r.build(ctx, second, again, p)
		if err != nil {
			return err
		}
		if sum != other {
			return fmt.Errorf("%s is not reproducible: sha256 %s in %s, %s in %s", p.file(), sum, first, other, second)
		}
		if err := r.inspect(filepath.Join(dir, p.file()), p, sum); err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%s  %s\n", sum, p.file())
		r.say("%s  %s", sum, p.file())
	}
	if err := os.WriteFile(filepath.Join(dir, "checksums.txt"), []byte(sums.String()), 0o644); err != nil {
		return err
	}
	folder, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	for _, name := range []string{"install.sh", "install.ps1"} {
		data, err := os.ReadFile(filepath.Join(first, name))
		if err != nil {
			return err
		}
		if err := folder.WriteFile(name, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// build compiles the program in the clone source into dir and returns the sha256 of the binary in hex.
func (r release) build(ctx context.Context, source, dir string, p platform) (string, error) {
	file := filepath.Join(dir, p.file())
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -X main.release="+r.version, "-o", file, "./cmd/goproxy-setup")
	cmd.Dir, cmd.Env = source, buildEnv(r.env, p)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", p.file(), err, out)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// buildEnv is env without what else would decide about a binary's bytes.
func buildEnv(env []string, p platform) []string {
	decided := []string{"GOFLAGS", "GOEXPERIMENT", "GOFIPS140", "GODEBUG", "GOROOT"}
	env = slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(decided, name)
	})
	// not empty: that would bring back the GOFLAGS of `go env -w`
	return append(env, "GOFLAGS=-trimpath", "GOWORK=off", "CGO_ENABLED=0",
		"GOOS="+p.os, "GOARCH="+p.arch, "GOAMD64=v1", "GOARM64=v8.0")
}

// inspect compares what the binary says of its build with what was meant, and writes its bill of materials.
func (r release) inspect(file string, p platform, sum string) error {
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return err
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	for key, want := range map[string]string{
		"-trimpath": "true", "CGO_ENABLED": "0", "GOOS": p.os, "GOARCH": p.arch, "GOEXPERIMENT": "", "vcs.revision": "",
	} {
		if settings[key] != want {
			return fmt.Errorf("%s was built with %s=%s, want %q", p.file(), key, settings[key], want)
		}
	}
	for _, dep := range info.Deps {
		if dep.Replace != nil || dep.Sum == "" {
			return fmt.Errorf("%s has a dependency without checksum: %s %s", p.file(), dep.Path, dep.Version)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !bytes.Contains(data, []byte(r.version)) { // -ldflags are not in the build information
		return fmt.Errorf("%s does not know its version %s", p.file(), r.version)
	}
	bill, err := billOfMaterials(info, r.version, p.file(), sum)
	if err != nil {
		return err
	}
	return os.WriteFile(strings.TrimSuffix(file, ".exe")+".cdx.json", bill, 0o644)
}
