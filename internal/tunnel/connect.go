package tunnel

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/forward"
)

// A connecting is one CONNECT, over as many messages as signing in takes.
type connecting struct {
	t       *Tunnel
	ctx     context.Context
	way     *url.URL
	target  string // host:port
	another bool   // way behind this one

	conn net.Conn
	buf  *bufio.Reader

	refused string // the last scheme that was refused
	held    bool   // credentials were
}

// connect opens a tunnel through an HTTP proxy.
func (t *Tunnel) connect(ctx context.Context, way *url.URL, target string, another bool) (net.Conn, error) {
	c := &connecting{t: t, ctx: ctx, way: way, target: target, another: another}
	err := c.open()
	if err != nil {
		return nil, err
	}
	resp, err := c.ask("")
	if err == nil && resp.StatusCode == http.StatusProxyAuthRequired {
		resp, err = c.signIn(resp)
	}
	if err == nil {
		err = c.told(forward.CheckConnect(c.way, resp))
	}
	if err != nil {
		c.conn.Close()
		return nil, err
	}
	c.conn.SetDeadline(time.Time{})
	if c.buf.Buffered() > 0 { // the server spoke first
		return &early{c.conn, c.buf}, nil
	}
	return c.conn, nil
}

// told adds to a refusal what was tried.
func (c *connecting) told(err error) error {
	var e *forward.ConnectError
	if errors.As(err, &e) {
		e.Refused, e.Held = c.refused, c.held
	}
	return err
}

// open connects, or connects anew when the proxy closes after each answer.
func (c *connecting) open() (err error) {
	if c.conn != nil {
		c.conn.Close()
	}
	if c.conn, err = c.t.reach(c.ctx, c.way, c.another); err != nil {
		return err
	}
	c.conn.SetDeadline(time.Now().Add(answerIn))
	c.buf = bufio.NewReader(c.conn)
	return nil
}

// ask sends one CONNECT. An answer other than 200 has its body to be read.
func (c *connecting) ask(authorization string) (*http.Response, error) {
	stop := context.AfterFunc(c.ctx, func() { c.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: c.target}, Host: c.target, Header: http.Header{}}
	if authorization != "" {
		req.Header.Set("Proxy-Authorization", authorization)
	}
	if err := req.Write(c.conn); err != nil {
		return nil, unreached(err)
	}
	resp, err := http.ReadResponse(c.buf, req)
	switch {
	case c.ctx.Err() != nil:
		return nil, c.ctx.Err()
	case err != nil:
		return nil, unreached(err)
	}
	return resp, nil
}

// early is a connection of which a buffer has read the first bytes.
type early struct {
	net.Conn
	buf *bufio.Reader
}

func (e *early) Read(p []byte) (int, error) {
	if e.buf.Buffered() > 0 {
		return e.buf.Read(p)
	}
	return e.Conn.Read(p)
}
