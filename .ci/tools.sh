# How the checks get what they run. Sourced by .ci/run.
#
# Versions are exact: a check that changes its mind by itself is no check, and some module proxies answer exact
# versions only.

# tool NAME prints the path of a Go program, which it builds unless an earlier run did. The Go version is part of the
# key: analysers cannot read code that is newer than the compiler they were built with.
tool() {
  local package version dir file try
  case $1 in
    act) package=github.com/nektos/act version=v0.2.89 ;;
    actionlint) package=github.com/rhysd/actionlint/cmd/actionlint version=v1.7.12 ;;
    gosec) package=github.com/securego/gosec/v2/cmd/gosec version=v2.29.0 ;;
    govulncheck) package=golang.org/x/vuln/cmd/govulncheck version=v1.8.0 ;;
    staticcheck) package=honnef.co/go/tools/cmd/staticcheck version=v0.8.2 ;;
    *) echo "tool: no program $1" >&2; return 2 ;;
  esac
  dir=${XDG_CACHE_HOME:-$HOME/.cache}/goproxy-setup-tools/$1@$version-$(go env GOVERSION)
  file=$dir/$1$(go env GOEXE)
  for try in 1 2 3; do
    [ -x "$file" ] && break
    echo "installing $1 $version" >&2
    GOBIN=$dir GOFLAGS='' GOWORK=off go install "$package@$version" >&2 || sleep $((try * 5))
  done
  [ -x "$file" ] && echo "$file"
}

# gitlab_ci_local prints the path of a wrapper that runs gitlab-ci-local with a Node that it accepts (22 or newer).
gitlab_ci_local() {
  local dir=${XDG_CACHE_HOME:-$HOME/.cache}/goproxy-setup-tools/gitlab-ci-local@4.75.1
  if [ ! -x "$dir/run" ]; then
    npm install --no-audit --no-fund --silent --prefix "$dir" node@24.21.0 gitlab-ci-local@4.75.1 >&2
    printf '#!/bin/sh\nPATH=%s:$PATH exec %s "$@"\n' "$dir/node_modules/.bin" "$dir/node_modules/.bin/gitlab-ci-local" >"$dir/run"
    chmod +x "$dir/run"
  fi
  echo "$dir/run"
}

# need COMMAND PACKAGE... fails unless COMMAND is there. On Debian it installs the packages first, when it may.
need() {
  local command=$1 root=
  shift
  command -v "$command" >/dev/null && return
  [ "$(id -u)" = 0 ] || root='sudo -n' # hosted runners have it without a password
  if command -v apt-get >/dev/null && $root true 2>/dev/null; then
    echo "installing $*"
    [ -e "$scratch/updated" ] || $root apt-get -q update >"$scratch/apt.log" 2>&1 || cat "$scratch/apt.log" >&2
    touch "$scratch/updated"
    $root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@" >"$scratch/apt.log" 2>&1 ||
      cat "$scratch/apt.log" >&2
  fi
  command -v "$command" >/dev/null || { echo "$command is missing, install: $*" >&2; return 1; }
}

# skip REASON ends a check that cannot run here. Hosted CI has everything, so there a skipped check is a failed one.
skip() {
  echo "SKIPPED: $1"
  [ "${GITHUB_ACTIONS-}" != true ] || exit 1
  exit 77
}
