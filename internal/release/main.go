// Command release makes all that a release consists of and publishes nothing, so that a rehearsal is the same code:
//
//	go run ./internal/release -version v1.2.3 -o DIR
//
// It builds every platform twice from clones of HEAD in different folders and refuses digests that differ. DIR then has
//
//	assets/          what people download: binaries, checksums.txt, a bill of materials per binary, the installers
//	tree/            the release commit checked out: the source and dist/
//	release.bundle   that commit and its tags, to be pushed as they are
//
// The release commit has HEAD as its parent, stands on no branch and takes its date from HEAD, so whoever builds the
// same source with the same Go gets the same commit hash. docs/release.md tells the rest.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"golang.org/x/mod/semver"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Environ(), os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args, env []string, log io.Writer) error {
	r := release{log: log, env: env}
	var list string
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.StringVar(&r.version, "version", "", "`vX.Y.Z` to release")
	flags.StringVar(&r.out, "o", "", "new `folder` for the results")
	flags.StringVar(&r.repo, "C", ".", "`repository` whose HEAD is released")
	flags.StringVar(&list, "platforms", strings.Join(allPlatforms, ","), "`list` of os/arch; others than all make no release")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if !semver.IsValid(r.version) || semver.Canonical(r.version) != r.version {
		return fmt.Errorf("-version %q is not of the form vX.Y.Z", r.version)
	}
	var err error
	if r.platforms, err = parsePlatforms(list); err != nil {
		return err
	}
	if r.out, err = filepath.Abs(r.out); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(r.out), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(r.out, 0o755); err != nil { // new, or old results could pass for new ones
		return err
	}
	return r.make(ctx)
}

// A release is one run of this program.
type release struct {
	version   string
	repo      string // where HEAD is
	out       string // absolute
	platforms []platform
	env       []string
	log       io.Writer
}

func (r release) make(ctx context.Context) error {
	first, second := r.path("source"), r.path("again", "elsewhere")
	for _, dir := range []string{first, second} {
		if err := r.clone(ctx, dir); err != nil {
			return err
		}
	}
	defer os.RemoveAll(r.path("again"))
	if err := r.assets(ctx, first, second); err != nil {
		return err
	}
	commit, moving, err := r.commit(ctx, first)
	if err != nil {
		return err
	}
	r.say("commit %s is tagged %s", commit, strings.Join(append([]string{r.version}, moving...), " and "))
	if err := r.checkTree(ctx); err != nil {
		return err
	}
	return r.try(ctx)
}

func (r release) path(names ...string) string {
	return filepath.Join(append([]string{r.out}, names...)...)
}

func (r release) say(format string, a ...any) { fmt.Fprintf(r.log, format+"\n", a...) }
