package lab

import "time"

// A Link lies between the measured commands and the upstream.
type Link struct {
	Name       string
	client     []string // prefix of commands at the client's end
	server     []string // and at the upstream's
	addr       string   // of the upstream
	sleep      time.Duration
	congestion string // control of the upstream's sockets
	close      func() error
}

// SleepLink is loopback with an upstream that sleeps before each answer: a
// round trip a request, and nothing else of a network.
func SleepLink(d time.Duration) *Link {
	return &Link{Name: "sleep " + d.String(), addr: "127.0.0.1", sleep: d, close: func() error { return nil }}
}

// Close removes what the link needed of the system.
func (l *Link) Close() error { return l.close() }

// A Wire is a link of two network namespaces.
type Wire struct {
	RTT  time.Duration
	Loss float64 // share of packets, in each direction
	Rate int64   // bits in a second, in each direction
	// Congestion is the sender's congestion control: "bbr", "cubic"; empty is
	// the system's.
	Congestion string
}
