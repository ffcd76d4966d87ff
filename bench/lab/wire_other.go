//go:build !linux

package lab

import (
	"context"
	"errors"
)

// OpenWire needs network namespaces.
func OpenWire(context.Context, Wire) (*Link, error) {
	return nil, errors.New("a link of kind tun needs Linux and root")
}

// A Nameless is a network namespace, which there is none of here.
type Nameless struct{}

// OpenNameless needs network namespaces.
func OpenNameless(context.Context) (*Nameless, error) {
	return nil, errors.New("a namespace needs Linux and root")
}

func (*Nameless) Argv(argv ...string) []string { return argv }

func (*Nameless) Close() error { return nil }
