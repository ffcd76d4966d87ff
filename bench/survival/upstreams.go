package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goproxy-setup/goproxy-setup/bench/lab"
	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
)

// upstreams are the servers of all cells. The first and the second of a run
// have nothing in common.
type upstreams struct {
	http, https [2]*proxytest.Server
	expired     *proxytest.Server
	dead        []net.Listener // that nobody accepts from
	full        []net.Conn     // that fill the backlog of one
	caFile      string
}

func startUpstreams(b *lab.Bench, g lab.Graph) (u *upstreams, err error) {
	u = &upstreams{}
	past := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }
	source := proxytest.Tree(g.Tree)
	for _, s := range []struct {
		to *(*proxytest.Server)
		c  proxytest.Config
	}{
		{&u.http[0], proxytest.Config{}}, {&u.http[1], proxytest.Config{}},
		{&u.https[0], proxytest.Config{TLS: true}}, {&u.https[1], proxytest.Config{TLS: true}},
		{&u.expired, proxytest.Config{TLS: true, Cert: past}},
	} {
		if *s.to, err = proxytest.Start(s.c, source); err != nil {
			return u, errors.Join(err, u.close())
		}
	}
	for range 2 {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return u, errors.Join(err, u.close())
		}
		u.dead = append(u.dead, l)
	}
	u.fill(u.dead[0])
	return u, u.writeCA(b)
}

// fill opens connections until the kernel has no room for another, so that
// nothing answers a connect any more.
func (u *upstreams) fill(l net.Listener) {
	for range 8192 {
		c, err := net.DialTimeout("tcp4", l.Addr().String(), 200*time.Millisecond)
		if err != nil {
			return
		}
		u.full = append(u.full, c)
	}
}

func (u *upstreams) writeCA(b *lab.Bench) error {
	var all []byte
	for _, s := range []*proxytest.Server{u.https[0], u.https[1], u.expired} {
		pem, err := os.ReadFile(s.CAFile)
		if err != nil {
			return err
		}
		all = append(all, pem...)
	}
	u.caFile = filepath.Join(b.Dir, "upstreams.pem")
	return os.WriteFile(u.caFile, all, 0o600)
}

// urls are the n upstreams of a run.
func (u *upstreams) urls(f fault, rate float64, n, run int) []string {
	servers := u.https
	if f.scheme == "http" {
		servers = u.http
	}
	var list []string
	for i := range n {
		seed := fmt.Sprintf("%d-%d", run, i)
		list = append(list, servers[i].URL+f.path(rate, seed))
	}
	switch f.first {
	case slow:
		list[0] += "/slow=20KB"
	case refused:
		list[0] = "http://127.0.0.1:1"
	case blackHole:
		list[0] = "http://" + u.dead[0].Addr().String()
	case mute:
		list[0] = "https://" + u.dead[1].Addr().String()
	case badCert:
		list[0] = u.expired.URL
	case noName:
		for i := range list {
			list[i] = strings.Replace(list[i], "127.0.0.1", fmt.Sprintf("p%d.example.test", i), 1)
		}
	}
	return list
}

// forget drops what the servers recorded, which would fill the memory.
func (u *upstreams) forget() {
	for _, s := range []*proxytest.Server{u.http[0], u.http[1], u.https[0], u.https[1], u.expired} {
		s.Forget()
	}
}

func (u *upstreams) close() (err error) {
	for _, c := range u.full {
		c.Close()
	}
	for _, l := range u.dead {
		l.Close()
	}
	for _, s := range []*proxytest.Server{u.http[0], u.http[1], u.https[0], u.https[1], u.expired} {
		if s != nil {
			err = errors.Join(err, s.Close())
		}
	}
	return err
}
