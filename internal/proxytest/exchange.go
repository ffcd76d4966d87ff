package proxytest

import (
	"net"
	"net/http"
	"time"
)

// An exchange is one request and the answer in the making.
type exchange struct {
	s     *Server
	w     http.ResponseWriter
	r     *http.Request
	conn  *conn
	file  file
	log   *Request
	key   hitKey // of the fault that has its turn
	after string // faults right of it

	seed       string // of rates
	retryAfter string // header of error answers
	text       string // body of error answers
	etag       func(string) string
	noDate     bool
	noRange    bool
}

// sleep waits, and gives up with the client or the server.
func (x *exchange) sleep(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-x.r.Context().Done():
		panic(http.ErrAbortHandler)
	case <-x.s.done:
		panic(http.ErrAbortHandler)
	}
}

// hang waits until the client or the server gives up.
func (x *exchange) hang() {
	select {
	case <-x.r.Context().Done():
	case <-x.s.done:
	}
	panic(http.ErrAbortHandler)
}

// drop ends the connection, and with it every stream on it. It ends by FIN: to close
// what has unread bytes of the client in it, as often with HTTP/2, is to reset it.
func (x *exchange) drop() {
	if c, ok := x.conn.Conn.(*net.TCPConn); ok {
		c.CloseWrite()
	} else {
		x.conn.Close()
	}
	panic(http.ErrAbortHandler)
}

// reset ends a connection by RST, and a stream of HTTP/2 by RST_STREAM.
func (x *exchange) reset() {
	if c, ok := x.conn.Conn.(*net.TCPConn); ok && x.r.ProtoMajor == 1 {
		c.SetLinger(0)
		c.Close()
	}
	panic(http.ErrAbortHandler)
}
