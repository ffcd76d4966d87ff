package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A Nameless is a network namespace of loopback only, where 127.0.0.1 is the
// name server.
type Nameless struct{ name string }

// OpenNameless makes one. It needs root.
func OpenNameless(context.Context) (*Nameless, error) {
	n := &Nameless{fmt.Sprintf("bench%dn", os.Getpid())}
	if err := os.MkdirAll(n.etc(), 0o755); err != nil {
		return nil, err
	}
	err := os.WriteFile(filepath.Join(n.etc(), "resolv.conf"), []byte("nameserver 127.0.0.1\n"), 0o644)
	if err == nil {
		err = errors.Join(ip("netns", "add", n.name), ip("-n", n.name, "link", "set", "lo", "up"))
	}
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// etc is what ip-netns(8) mounts over /etc.
func (n *Nameless) etc() string { return filepath.Join("/etc/netns", n.name) }

// Argv is a command inside.
func (n *Nameless) Argv(argv ...string) []string {
	return append([]string{"ip", "netns", "exec", n.name}, argv...)
}

// Close removes it.
func (n *Nameless) Close() error {
	return errors.Join(ip("netns", "del", n.name), os.RemoveAll(n.etc()))
}
