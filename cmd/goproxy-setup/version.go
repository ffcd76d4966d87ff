package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
)

// release is set by the release build: -ldflags "-X main.release=v1.2.3".
var release string

// version is the release, or what the go command knows of a build from source.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func runVersion(_ context.Context, h host, _ []string) error {
	_, err := fmt.Fprintf(h.stdout, "goproxy-setup %s %s %s/%s\n", version(), runtime.Version(), h.os, h.arch)
	return err
}
