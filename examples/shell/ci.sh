#!/bin/sh
set -e
curl -fsSL https://github.com/goproxy-setup/goproxy-setup/releases/latest/download/install.sh | sh -s -- -b "$PWD/.goproxy-setup"
.goproxy-setup/goproxy-setup download -report json
vars=$(.goproxy-setup/goproxy-setup env -shell sh) # a line of its own: inside eval a failure would pass
eval "$vars"
go test ./...
.goproxy-setup/goproxy-setup run -- go vet ./... # or so: the command's own downloads go through the loopback
