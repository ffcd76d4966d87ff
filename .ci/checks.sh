# The checks, one function each. Sourced by .ci/run, which runs them in alphabetical order.

# Subjects have the form `package: what changes`: the commits since origin's branch, or the last 30.
check_commits() {
  local base range=HEAD
  base=$(git merge-base HEAD origin/HEAD 2>/dev/null || git merge-base HEAD origin/main 2>/dev/null || true)
  if [ -n "$base" ] && [ "$base" != "$(git rev-parse HEAD)" ]; then range=$base..HEAD; fi
  git log --no-merges -30 --format='%h %s' "$range" >"$scratch/commits"
  echo "$(wc -l <"$scratch/commits") commits"
  # a capital is fine in a name, as GOPROXY or Apache-2.0, but not for a mere sentence's sake
  if grep -vE '^[0-9a-f]+ [A-Za-z0-9._/-]+(, [A-Za-z0-9._/-]+)*: [^ ].{0,88}[^.]$' "$scratch/commits" ||
    grep -E ': [A-Z][a-z]+ ' "$scratch/commits"; then
    echo "the form is 'package: what changes', in lower case, at most 90 letters, no full stop" >&2
    return 1
  fi
}

# Every platform of a release compiles and passes vet, tests included.
check_cross() {
  local os arch
  for os in linux darwin windows; do
    for arch in amd64 arm64; do
      echo "$os/$arch"
      GOOS=$os GOARCH=$arch CGO_ENABLED=0 go vet ./...
      GOOS=$os GOARCH=$arch CGO_ENABLED=0 go build ./...
    done
  done
}

# The examples of all CI systems, run as those systems would: the GitLab component by gitlab-ci-local, the Jenkins
# library by Groovy. `go test ./...` runs what the machine has tools for; here none may be missing.
check_examples() {
  [ "$(go env GOOS)" = linux ] || skip 'the runners of the examples are set up on Linux only'
  need curl curl
  need rsync rsync
  need shellcheck shellcheck
  need groovy groovy
  need java default-jre-headless
  if ! python3 -c 'import yaml' 2>/dev/null; then
    need "python3 with PyYAML" python3 python3-yaml || PATH=/usr/bin:$PATH # that of the package, before any other
  fi
  GOPROXY_SETUP_ACTIONLINT=$(tool actionlint)
  GOPROXY_SETUP_GITLAB_CI_LOCAL=$(gitlab_ci_local)
  export GOPROXY_SETUP_ACTIONLINT GOPROXY_SETUP_GITLAB_CI_LOCAL
  GOPROXY_SETUP_EXAMPLES=required go test -count=1 ./examples
}

check_format() {
  local files
  files=$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l) # gofmt -l itself never fails for this
  [ -z "$files" ] || { printf 'gofmt would change:\n%s\n' "$files" >&2; return 1; }
}

# What gosec says besides is what the program is for: it runs go, opens files and addresses that its user names, and
# writes reports and variable files that other accounts of the machine may read. By file: an errno of Windows has 32
# bits, jitter needs no secrets, and readers of one file are few.
check_gosec() {
  local gosec
  gosec=$(tool gosec) || skip 'gosec cannot be installed'
  "$gosec" -quiet -color=false -severity medium -confidence medium -exclude G107,G204,G301,G302,G304,G306 \
    -exclude-rules 'internal/classify/errno\.go:G115;internal/loopback/fetch\.go:G115;internal/loopback/plan\.go:G404' \
    -exclude-dir internal/proxytest -exclude-dir bench ./...
}

# The action's shim, under the node that is there.
check_shim() {
  need node nodejs
  node --version
  node --test --test-reporter=spec action/shim/test/*.test.js
}

check_shell() {
  need shellcheck shellcheck
  # .ci/run with what it sources, and every other script
  git ls-files -z '*.sh' ':!.ci' | xargs -0 shellcheck -x -P .ci .ci/run
}

# The binary as released stays below twenty megabytes and starts at once. Off Windows half of it is the JavaScript of PAC
# scripts: goja itself, the collation tables it imports, and methods of all packages, which it keeps the linker from
# leaving out since it looks them up by name.
check_size() {
  local bytes binary
  binary=$scratch/goproxy-setup$(go env GOEXE)
  CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$binary" ./cmd/goproxy-setup
  bytes=$(($(wc -c <"$binary")))
  echo "$bytes bytes"
  TIMEFORMAT='version: %R s'
  "$binary" version # the first start pays for the disk
  time "$binary" version
  [ "$bytes" -lt 20000000 ]
}

check_staticcheck() {
  local staticcheck
  staticcheck=$(tool staticcheck)
  GOOS=linux "$staticcheck" ./...
  GOOS=windows "$staticcheck" ./...
}

# The README's test command, with the action under act where act runs jobs without a container.
check_test() {
  [ "$(go env GOOS)" != linux ] || need gcc gcc libc6-dev # the race detector links with C
  need git git
  if [ "$(go env GOOS)" = linux ] && [ "$(id -u)" = 0 ]; then # the image and the installer are tested where these are
    need buildah buildah || :
    need busybox busybox || :
  fi
  if [ "$(go env GOOS)" = linux ] && [ -z "${GOPROXY_SETUP_ACT-}" ]; then
    GOPROXY_SETUP_ACT=$(tool act)
    export GOPROXY_SETUP_ACT
  fi
  CGO_ENABLED=1 go test -race ./...
}

check_tidy() {
  go mod tidy -diff
  go mod verify
}

check_vet() {
  go vet ./...
}

check_vulnerabilities() {
  local govulncheck
  govulncheck=$(tool govulncheck) || skip 'govulncheck cannot be installed'
  "$govulncheck" ./... >"$scratch/vulnerabilities" 2>&1 || {
    cat "$scratch/vulnerabilities"
    ! grep -q '^govulncheck: fetching vulnerabilities' "$scratch/vulnerabilities" || skip 'its database is out of reach'
    return 1
  }
}

# The workflows, and action.yml through the job that uses it.
check_workflows() {
  local actionlint
  need shellcheck shellcheck # actionlint runs it on `run:` if it is there; here it always is
  grep -q 'uses: \./$' .github/workflows/ci.yml
  actionlint=$(tool actionlint)
  "$actionlint"
}
