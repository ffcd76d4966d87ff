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
