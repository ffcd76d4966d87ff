package proxytest

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"
)

// A connKey finds the connection of a request in its context.
type connKey struct{}

type conn struct {
	net.Conn
	id int
}

func (s *Server) connContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, &conn{tcp(c), s.recorder.newConn()})
}

// tcp returns what lies below TLS: closing that is closing the connection.
func tcp(c net.Conn) net.Conn {
	if t, ok := c.(*tls.Conn); ok {
		return t.NetConn()
	}
	return c
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	c := r.Context().Value(connKey{}).(*conn)
	base, rest := split(r.URL.Path)
	e := s.recorder.begin(r, c, base, rest)
	if e == nil {
		panic(http.ErrAbortHandler) // closed already
	}
	cw := &countWriter{ResponseWriter: w}
	defer func() { s.recorder.end(e, cw) }()

	x := &exchange{s: s, w: cw, r: r, conn: c, file: s.find(rest), seed: "1", log: e}
	switch {
	case strings.HasPrefix(r.URL.Path, "/-/login"):
		page(x)
	case !s.links.use(r.URL.Query().Get("sig")):
		http.Error(x.w, "Request has expired", http.StatusForbidden)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.Error(x.w, "method not allowed", http.StatusMethodNotAllowed)
	default:
		s.run(x, base)
	}
}

// run parses the faults of a base URL and applies them.
func (s *Server) run(x *exchange, base []string) {
	stack, err := parseAll(base)
	if err != nil {
		s.fail("%s: %v", x.r.URL.Path, err)
		http.Error(x.w, "proxytest: "+err.Error(), http.StatusInternalServerError)
		return
	}
	s.apply(x, stack, 0)
}

// apply lets the faults from stack[i] on change the answer, left to right,
// and then sends what is left of it.
func (s *Server) apply(x *exchange, stack []fault, i int) {
	for ; i < len(stack); i++ {
		f := stack[i]
		key := hitKey{base: texts(stack), i: i, path: x.file.path}
		if !f.on(x.file) || !s.hits.take(key, f, x.seed) {
			continue
		}
		s.recorder.fired(x.log, f.text)
		x.key, x.after = key, texts(stack[i+1:])
		f.do(x, func() { s.apply(x, stack, i+1) })
		return
	}
	answer(x)
}
