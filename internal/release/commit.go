package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"golang.org/x/mod/zip"
)

// nested keeps dist/ out of the zip of our own module: a folder with a go.mod is another module. Without it
// `go install …@vX.Y.Z` would download every binary to build one.
const nested = "// The binaries of the action. This file keeps them out of the module around them.\n" +
	"module " + modulePath + "/dist\n"

const modulePath = "github.com/goproxy-setup/goproxy-setup"

// clone makes dir a clone of HEAD in r.repo, byte by byte the same on every system.
func (r release) clone(ctx context.Context, dir string) error {
	_, err := r.git(ctx, r.repo, "clone", "-q", "-c", "core.autocrlf=false", "-c", "core.eol=lf", ".", dir)
	return err
}

// commit makes the release commit in the clone source, tags it, checks it out to tree and bundles it. It returns the
// commit and the tags that move to it.
func (r release) commit(ctx context.Context, source string) (commit string, moving []string, err error) {
	git := gitIn{r, ctx, source, &err}
	parent := git.run("rev-parse", "HEAD")
	date := git.run("show", "-s", "--format=@%ct +0000", "HEAD")
	tags := strings.Fields(git.run("tag", "-l"))
	git.run("read-tree", "HEAD")
	if err := r.addDist(git); err != nil {
		return "", nil, err
	}
	tree := git.run("write-tree")
	git.r.env = append(slices.Clip(r.env),
		"GIT_AUTHOR_NAME=goproxy-setup", "GIT_AUTHOR_EMAIL=goproxy-setup@users.noreply.github.com", "GIT_AUTHOR_DATE="+date,
		"GIT_COMMITTER_NAME=goproxy-setup", "GIT_COMMITTER_EMAIL=goproxy-setup@users.noreply.github.com", "GIT_COMMITTER_DATE="+date)
	commit = git.run("commit-tree", "--no-gpg-sign", "-p", parent, "-m", "release: "+r.version, tree)
	git.run("tag", r.version, commit) // fails when the version is there already: a release never moves
	refs := []string{r.version}
	if name := movingTag(r.version, tags); name != "" {
		git.run("tag", "-f", name, commit)
		moving = append(moving, name)
	}
	refs = append(refs, moving...)
	git.run(append([]string{"bundle", "create", "-q", r.path("release.bundle"), "^" + parent}, refs...)...)
	git.run("clone", "-q", "-c", "core.autocrlf=false", "-c", "core.eol=lf", "--branch", r.version, ".", r.path("tree"))
	return commit, moving, err
}

// addDist puts dist/ into the index. It names modes itself, since not every file system knows what may be run.
func (r release) addDist(git gitIn) error {
	module := filepath.Join(r.out, "dist.go.mod")
	if err := os.WriteFile(module, []byte(nested), 0o644); err != nil {
		return err
	}
	defer os.Remove(module)
	add := func(name, mode, file string) {
		id := git.run("hash-object", "-w", "--no-filters", file)
		git.run("update-index", "--add", "--cacheinfo", mode+","+id+",dist/"+name)
	}
	for _, p := range r.platforms {
		add(p.file(), "100755", r.path("assets", p.file()))
	}
	add("checksums.txt", "100644", r.path("assets", "checksums.txt"))
	add("go.mod", "100644", module)
	return *git.err
}

// movingTag is the tag of the major version if it belongs to version: not for a prerelease, and not when a later
// version of the same major is out already. Empty otherwise.
func movingTag(version string, tags []string) string {
	major := semver.Major(version)
	later := func(tag string) bool {
		return semver.Canonical(tag) == tag && semver.Prerelease(tag) == "" &&
			semver.Major(tag) == major && semver.Compare(tag, version) > 0
	}
	if semver.Prerelease(version) != "" || slices.ContainsFunc(tags, later) {
		return ""
	}
	return major
}

// checkTree proves that the release commit is its parent and dist/, and that the go command can have it as a module.
func (r release) checkTree(ctx context.Context) error {
	changed, err := r.git(ctx, r.path("tree"), "diff", "--name-only", "HEAD~1", "HEAD")
	if err != nil {
		return err
	}
	for _, name := range strings.Fields(changed) {
		if !strings.HasPrefix(name, "dist/") {
			return fmt.Errorf("the release commit changes %s", name)
		}
	}
	if err := module.CheckPathMajor(r.version, ""); err != nil {
		return err
	}
	limit := int64(maxSource)
	if len(r.platforms) < len(allPlatforms) {
		limit = zip.MaxZipFile // no release, so nobody waits for it
	}
	return checkModule(r.path("tree"), limit)
}

// maxSource is how many bytes the source may have without dist/: every job that uses the action downloads all of it,
// and so does whoever installs with go.
const maxSource = 10_000_000

// checkModule looks at what the go command would put into the zip of the module in tree.
func checkModule(tree string, limit int64) error {
	files, err := zip.CheckDir(tree)
	if err != nil {
		return fmt.Errorf("the go command would refuse the module: %w", err)
	}
	var total, largest int64
	var culprit string
	for _, file := range files.Valid {
		name, err := filepath.Rel(tree, file)
		if err != nil {
			return err
		}
		if filepath.Dir(name) == "dist" {
			return fmt.Errorf("the module's zip would have %s", name)
		}
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		total += info.Size()
		if info.Size() > largest {
			largest, culprit = info.Size(), name
		}
	}
	if total > limit {
		return fmt.Errorf("the source has %d bytes, at most %d may be; the largest file is %s with %d", total, limit, culprit, largest)
	}
	return nil
}

// git runs a git command in dir and returns what it prints.
func (r release) git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Env = dir, r.env
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(exit.Stderr))
	}
	return strings.TrimSpace(string(out)), err
}

// A gitIn runs git commands in one folder until the first fails, whose error it keeps.
type gitIn struct {
	r   release
	ctx context.Context
	dir string
	err *error
}

func (g gitIn) run(args ...string) string {
	if *g.err != nil {
		return ""
	}
	var out string
	out, *g.err = g.r.git(g.ctx, g.dir, args...)
	return out
}
