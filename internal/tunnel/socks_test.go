package tunnel

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"strconv"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// newSOCKS is a SOCKS5 server (RFC 1928, 1929) for names; with a password, user u
// has to sign in.
func newSOCKS(t *testing.T, s *server, password string) *url.URL {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serveSOCKS(c, s, password)
			}()
		}
	}()
	return &url.URL{Scheme: "socks5", Host: l.Addr().String()}
}

func serveSOCKS(c net.Conn, s *server, password string) error {
	methods, err := readField(c, 1)
	if err != nil {
		return err
	}
	switch {
	case password == "":
		c.Write([]byte{5, 0})
	case !contains(methods, 2):
		_, err := c.Write([]byte{5, 0xff})
		return err
	default:
		c.Write([]byte{5, 2})
		user, err := readField(c, 1)
		if err != nil {
			return err
		}
		given, err := readField(c, 0)
		if err != nil {
			return err
		}
		if string(user) != "u" || string(given) != password {
			_, err := c.Write([]byte{1, 1})
			return err
		}
		c.Write([]byte{1, 0})
	}
	name, err := readField(c, 4) // version, command, reserved, kind; names are kind 3
	if err != nil {
		return err
	}
	port := make([]byte, 2)
	if _, err := io.ReadFull(c, port); err != nil {
		return err
	}
	to, err := s.dial(context.Background(), "tcp", net.JoinHostPort(string(name), strconv.Itoa(int(binary.BigEndian.Uint16(port)))))
	if err != nil {
		_, err := c.Write([]byte{5, 4, 0, 1, 0, 0, 0, 0, 0, 0})
		return err
	}
	defer to.Close()
	c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	go func() { io.Copy(to, c); to.Close() }()
	_, err = io.Copy(c, to)
	return err
}

func contains(list []byte, b byte) bool {
	for _, x := range list {
		if x == b {
			return true
		}
	}
	return false
}

// readField reads what has its length before it, behind bytes that do not matter.
func readField(r io.Reader, skip int) ([]byte, error) {
	head := make([]byte, skip+1)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	b := make([]byte, head[skip])
	_, err := io.ReadFull(r, b)
	return b, err
}

func TestSOCKS(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, tt := range map[string]struct {
		password string
		user     *url.Userinfo
		want     report.Class // empty connects
	}{
		"open":                 {},
		"open, password kept":  {user: url.UserPassword("u", "s3cr3t")},
		"signed in":            {password: "s3cr3t", user: url.UserPassword("u", "s3cr3t")},
		"wrong password":       {password: "s3cr3t", user: url.UserPassword("u", "x"), want: report.ForwardProxyAuth},
		"password is not here": {password: "s3cr3t", want: report.ForwardProxyAuth},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			way := newSOCKS(t, s, tt.password)
			way.User = tt.user
			for _, to := range []string{secure, plain} {
				got, err := get(t, client(t, s, Options{Ways: ways(way)}), to)
				var se *SOCKSError
				switch {
				case tt.want == "" && (err != nil || got == ""):
					t.Errorf("%s: %q, error %v", to, got, err)
				case tt.want != "" && (!errors.As(err, &se) || se.FailureClass() != tt.want):
					t.Errorf("%s: error %v", to, err)
				}
			}
		})
	}
	gone := dead(t)
	gone.Scheme = "socks5"
	if _, err := get(t, client(t, s, Options{Ways: ways(gone, newSOCKS(t, s, ""))}), secure); err != nil {
		t.Error(err)
	}
	nowhere, _ := url.Parse("https://no.example:1/")
	_, err := New(Options{Ways: ways(newSOCKS(t, s, "")), Dial: s.dial}).Dial(t.Context(), nowhere)
	var se *SOCKSError
	if !errors.As(err, &se) || se.FailureClass() != report.ForwardProxyFailure {
		t.Errorf("error %v", err)
	}
}
