package proxytest

import (
	"crypto/tls"
	"net/http"
	"sync"
)

// clients are the transports handed out, to be closed with the server.
type clients struct {
	mu   sync.Mutex
	list []*http.Transport
}

// Client returns a client that trusts the server and shares no connection
// with others. It uses HTTP/2 where the server does.
func (s *Server) Client() *http.Client {
	t := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.CA}, ForceAttemptHTTP2: true}
	s.users.mu.Lock()
	defer s.users.mu.Unlock()
	s.users.list = append(s.users.list, t)
	return &http.Client{Transport: t}
}

func (c *clients) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.list {
		t.CloseIdleConnections()
	}
}
