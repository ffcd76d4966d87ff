package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/goproxy-setup/goproxy-setup/bench/lab"
)

// withoutNames runs the fault dns in a namespace whose only name server is
// this program.
func withoutNames(ctx context.Context, b *lab.Bench, o options) (rows []Row, err error) {
	ns, err := lab.OpenNameless(ctx)
	if err != nil {
		return nil, err
	}
	defer ns.Close()
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	argv := ns.Argv(program, "-inside", "-tool", b.Tool, "-cache", o.cache, "-graph", o.graph, "-faults", "dns",
		"-commands", strings.Join(o.commands, ","), "-clients", strings.Join(o.clients, ","),
		"-runs", fmt.Sprint(o.runs), "-patience", o.patience.String(), "-upstreams", strings.Trim(strings.Join(strings.Fields(fmt.Sprint(o.upstreams)), ","), "[]"))
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, err
	}
	return rows, json.NewDecoder(bytes.NewReader(out)).Decode(&rows)
}

// names is a name server that says 127.0.0.1 to everything, and nothing at all
// while it is gone.
type names struct {
	conn net.PacketConn

	mu    sync.Mutex
	until time.Time
}

func serveNames() (*names, error) {
	c, err := net.ListenPacket("udp4", "127.0.0.1:53")
	if err != nil {
		return nil, err
	}
	n := &names{conn: c}
	go n.serve()
	return n, nil
}

func (n *names) close() { n.conn.Close() }

func (n *names) gone(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.until = time.Now().Add(d)
}

func (n *names) away() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return time.Now().Before(n.until)
}

func (n *names) serve() {
	buf := make([]byte, 1500)
	for {
		size, from, err := n.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		if a := answer(buf[:size]); a != nil && !n.away() {
			n.conn.WriteTo(a, from)
		}
	}
}

// answer makes the answer to a query of one question (RFC 1035, section 4):
// 127.0.0.1 for type A, no record for others.
func answer(query []byte) []byte {
	const header = 12
	end := bytes.IndexByte(query[min(header, len(query)):], 0) + header + 5
	if len(query) < header || end < header+5 || end > len(query) {
		return nil
	}
	a := append([]byte{}, query[:end]...) // id and question, without additional records
	copy(a[2:], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0})
	if binary.BigEndian.Uint16(query[end-4:]) != 1 {
		return a
	}
	a[7] = 1
	return append(a, 0xc0, header, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1)
}
