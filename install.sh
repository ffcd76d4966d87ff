#!/bin/sh
# Installs goproxy-setup from a release, after comparing the binary with the release's checksums.txt.
#
#   sh install.sh [-b DIR] [VERSION]
#
# VERSION is vX.Y.Z, the latest release without. DIR is where the program goes: /usr/local/bin if that may be
# written, else ~/.local/bin. GOPROXY_SETUP_MIRROR takes the place of the address of the releases; below it are
# download/VERSION/FILE and latest/download/FILE, as there.
#
# A sum that is missing or different, or no program to compute it: nothing is installed, exit code 1. It needs a
# POSIX shell, curl or wget, and one of sha256sum, shasum and openssl. All of it is in functions, so that the half of
# a script that a cut download leaves does nothing.

set -eu

releases=https://github.com/goproxy-setup/goproxy-setup/releases

main() {
  dir='' version=latest
  while [ $# -gt 0 ]; do
    case $1 in
      -b) [ $# -ge 2 ] || usage; dir=$2; shift ;;
      -b?*) dir=${1#-b} ;;
      v[0-9]*) version=$1 ;;
      *) usage ;;
    esac
    shift
  done
  [ -n "$dir" ] || dir=$(default_dir)
  name=$(file_name)
  exe=''
  case $name in *.exe) exe=.exe ;; esac
  program=$dir/goproxy-setup$exe
  [ ! -d "$program" ] || die "$program is a folder"
  base=${GOPROXY_SETUP_MIRROR:-$releases}
  base=${base%/}
  case $version in
    latest) base=$base/latest/download ;;
    *) base=$base/download/$version ;;
  esac

  temp='' fresh=''
  trap 'rm -rf "$temp" "$fresh"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  temp=$(mktemp -d) || die 'no temporary folder'
  download "$base/checksums.txt" "$temp/checksums.txt"
  want=$(sum_of "$name" "$temp/checksums.txt")
  download "$base/$name" "$temp/$name"
  got=$(sha256 "$temp/$name")
  [ "$got" = "$want" ] || die "sha256 of $base/$name is $got, checksums.txt says $want"

  mkdir -p "$dir" || die "cannot make the folder $dir, name another with -b DIR"
  # Beside its place, so that the last step is a rename: nobody ever sees half a program.
  fresh=$dir/.goproxy-setup.$$$exe
  cp "$temp/$name" "$fresh" || die "cannot write to $dir, name another folder with -b DIR"
  chmod 755 "$fresh"
  "$fresh" version || die "the program does not run in $dir; its file system may forbid programs (noexec)"
  mv -f "$fresh" "$program" || die "cannot write $program"
  say "installed $program"
  case :$PATH: in
    *":$dir:"*) ;;
    *) say "hint: $dir is not on PATH" ;;
  esac
}

say() { echo "install.sh: $*" >&2; }

die() {
  say "error: $*"
  exit 1
}

usage() {
  echo 'usage: sh install.sh [-b DIR] [vX.Y.Z]' >&2
  exit 2
}

default_dir() {
  if [ -w /usr/local/bin ]; then
    echo /usr/local/bin
  else
    echo "${HOME:?install.sh: HOME is not set, name a folder with -b DIR}/.local/bin"
  fi
}

# file_name prints the name of this platform's binary.
file_name() {
  exe=''
  case $(uname -s) in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    MINGW* | MSYS* | CYGWIN*) os=windows exe=.exe ;;
    *) die "no release for $(uname -s); with Go: go install github.com/goproxy-setup/goproxy-setup/cmd/goproxy-setup@latest" ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) arch=amd64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) die "no release for $(uname -m); with Go: go install github.com/goproxy-setup/goproxy-setup/cmd/goproxy-setup@latest" ;;
  esac
  echo "goproxy-setup_${os}_$arch$exe"
}

# download URL FILE. A transfer that stands still for half a minute is over; an https address never becomes http.
download() {
  if command -v curl >/dev/null; then
    proto=''
    case $1 in https:*) proto='--proto =https --proto-redir =https' ;; esac
    # shellcheck disable=SC2086 # no option or four words
    curl -fsSL $proto --retry 3 --connect-timeout 15 --speed-limit 1 --speed-time 30 -o "$2" "$1" || die "cannot download $1"
  elif command -v wget >/dev/null; then
    limits='' # not for BusyBox: there -T is missing or, on Debian 12, ends in a segmentation fault
    case $(wget --version 2>/dev/null) in 'GNU Wget'*) limits='-t 3 -T 30' ;; esac
    # shellcheck disable=SC2086 # no option or four words
    wget -q $limits -O "$2" "$1" || die "cannot download $1"
  else
    die 'neither curl nor wget is here'
  fi
}

# sum_of NAME FILE prints the sum of exactly NAME in a file that sha256sum wrote.
sum_of() {
  cr=$(printf '\r') found=''
  while read -r sum file || [ -n "$sum" ]; do
    file=${file%"$cr"}
    [ "${file#\*}" = "$1" ] || continue
    [ -z "$found" ] || die "checksums.txt has two lines for $1"
    found=$sum
  done <"$2"
  [ -n "$found" ] || die "checksums.txt has no line for $1"
  case $found in *[!0-9a-f]*) die "checksums.txt has no sha256 for $1: $found" ;; esac
  [ ${#found} -eq 64 ] || die "checksums.txt has no sha256 for $1: $found"
  echo "$found"
}

# sha256 FILE prints its sum. It is read from stdin, since names with a backslash would change the form.
sha256() {
  if command -v sha256sum >/dev/null; then
    sum=$(sha256sum <"$1")
  elif command -v shasum >/dev/null; then
    sum=$(shasum -a 256 <"$1")
  elif command -v openssl >/dev/null; then
    sum=$(openssl dgst -sha256 -r <"$1")
  else
    die 'sha256sum, shasum or openssl is needed to check the download'
  fi
  echo "${sum%% *}"
}

main "$@"
