#!/bin/sh
set -e
vars=$(goproxy-setup env -shell sh) # no loopback in it: the host's 127.0.0.1 is not that of the build
eval "$vars"
for name in GOPROXY GOSUMDB GOPRIVATE; do
  if printenv "$name" >/dev/null; then set -- "$@" --build-arg "$name"; fi # by name: docker takes the value from here
done
docker build "$@" -f args.Dockerfile .
