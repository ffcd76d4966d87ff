package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// Addresses of the two ends. They exist in the namespaces only.
const (
	clientAddr = "10.77.0.1"
	serverAddr = "10.78.0.1"
)

// tcpSettings are those of a usual server: Ubuntu's buffers, and nothing
// remembered of earlier connections, as on a machine made for one job.
var tcpSettings = map[string]string{
	"tcp_rmem":            "4096 131072 6291456",
	"tcp_wmem":            "4096 16384 4194304",
	"tcp_no_metrics_save": "1",
}

// OpenWire makes two network namespaces, joined by a pair of TUN devices
// through this process. Close removes them; nothing may run there any more.
func OpenWire(ctx context.Context, w Wire) (*Link, error) {
	name := fmt.Sprintf("bench%d", os.Getpid())
	p := &pair{names: [2]string{name + "c", name + "s"}}
	if err := p.open(w); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return &Link{
		Name: w.String(), addr: serverAddr, congestion: w.Congestion, close: p.close,
		client: []string{"ip", "netns", "exec", p.names[0]},
		server: []string{"ip", "netns", "exec", p.names[1]},
	}, ctx.Err()
}

// A pair is what a wire needs of the system. Each namespace and the device in
// it have the same name.
type pair struct {
	names    [2]string
	made     []string // namespaces
	devices  [2]*device
	carriers sync.WaitGroup
}

func (p *pair) open(w Wire) (err error) {
	for i, name := range p.names {
		if err := ip("netns", "add", name); err != nil {
			return err
		}
		p.made = append(p.made, name)
		if p.devices[i], err = openDevice(name); err != nil {
			return err
		}
		if err := plug(name, i); err != nil {
			return err
		}
		if err := tune(name); err != nil {
			return err
		}
	}
	forward(p.devices[0], p.devices[1], w, &p.carriers)
	forward(p.devices[1], p.devices[0], w, &p.carriers)
	return nil
}

func (p *pair) close() (err error) {
	for _, name := range p.made {
		err = errors.Join(err, ip("netns", "del", name))
	}
	p.carriers.Wait() // a device ends with its namespace, and reading it then
	for _, d := range p.devices {
		d.close()
	}
	return err
}

// String names the wire in tables.
func (w Wire) String() string {
	name := fmt.Sprintf("%v, %g %%, %d Mbit/s", w.RTT, 100*w.Loss, w.Rate/1e6)
	if w.Congestion != "" {
		name += ", " + w.Congestion
	}
	return name
}

// plug puts the device named like its namespace there and gives it an address.
func plug(end string, i int) error {
	addrs := [2]string{clientAddr, serverAddr}
	own, other := addrs[i], addrs[1-i]
	for _, args := range []string{
		"link set " + end + " netns " + end,
		"-n " + end + " link set lo up",
		"-n " + end + " addr add " + own + " peer " + other + " dev " + end,
		"-n " + end + " link set " + end + " mtu 1500 txqueuelen 10000 up",
	} {
		if err := ip(strings.Fields(args)...); err != nil {
			return err
		}
	}
	return nil
}

func tune(end string) error {
	script := ""
	for name, value := range tcpSettings {
		script += fmt.Sprintf("echo %s >/proc/sys/net/ipv4/%s && ", value, name)
	}
	return ip("netns", "exec", end, "sh", "-c", script+"true")
}

func ip(args ...string) error { return run(exec.Command("ip", args...)) }
