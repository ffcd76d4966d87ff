package proxytest

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
)

// A Config says what is unusual about a server. The zero value is plain HTTP.
type Config struct {
	TLS       bool                    // https with HTTP/2 and HTTP/1.1
	Cert      func(*x509.Certificate) // changes the server's certificate before it is signed: NotAfter, DNSNames, …
	SumDBName string                  // "sum.example.test" by default
}

// A Server is a module proxy on a loopback address.
type Server struct {
	URL        string // base URL without a fault: "http://127.0.0.1:41234"
	StorageURL string // where the fault redirect leads: the same server under another host name and port

	SumDB     string // verifier key of the checksum database, a value of GOSUMDB
	SumDBName string // its name
	SumDBURL  string // its own base URL, for GOSUMDB="<SumDB> <SumDBURL>"

	CA     *x509.CertPool // the only authority that vouches for a TLS server
	CAFile string         // the same as a PEM file, for SSL_CERT_FILE

	recorder
	mods  *catalog
	sums  *checksums
	hits  hits
	links links
	users clients
	tb    testing.TB // nil: failures are returned by Close
	dir   string     // of CAFile
	http  *http.Server
	done  chan struct{} // closed by Close
	once  sync.Once
	loops sync.WaitGroup // that accept connections
}

// New starts a server of plain HTTP that closes with the test.
func New(t testing.TB, mods ...Source) *Server {
	t.Helper()
	return NewWith(t, Config{}, mods...)
}

// NewTLS starts a server of HTTPS with HTTP/2 and an authority of its own.
func NewTLS(t testing.TB, mods ...Source) *Server {
	t.Helper()
	return NewWith(t, Config{TLS: true}, mods...)
}

// NewWith starts a server that closes with the test.
func NewWith(t testing.TB, c Config, mods ...Source) *Server {
	t.Helper()
	s, err := start(t, c, mods)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Start starts a server outside of a test. The caller closes it.
func Start(c Config, mods ...Source) (*Server, error) {
	return start(nil, c, mods)
}

func start(tb testing.TB, c Config, mods []Source) (_ *Server, err error) {
	s := &Server{tb: tb, done: make(chan struct{})}
	s.recorder.fail = s.fail
	s.recorder.cond.L = &s.recorder.mu
	if s.mods, err = newCatalog(mods); err != nil {
		return nil, err
	}
	if err := s.startSumDB(c.SumDBName); err != nil {
		return nil, err
	}
	s.http = &http.Server{
		Handler:     http.HandlerFunc(s.serve),
		ConnContext: s.connContext,
		ErrorLog:    log.New(io.Discard, "", 0), // refused certificates and aborted answers are what tests ask for
	}
	if err := s.listen(c); err != nil {
		s.Close()
		return nil, err
	}
	s.SumDBURL = s.URL + "/sumdb/" + s.SumDBName
	return s, nil
}

// listen opens the two listeners: one for modules, one for what redirect
// leads to. The second is called by another host name, because clients drop
// credentials when the name changes, not when the port does.
func (s *Server) listen(c Config) error {
	scheme := "http"
	if c.TLS {
		scheme = "https"
		if err := s.certify(c.Cert); err != nil {
			return err
		}
	}
	modules, err := s.open(scheme, "127.0.0.1", &s.URL)
	if err != nil {
		return err
	}
	storage, err := s.open(scheme, "localhost", &s.StorageURL)
	if err != nil {
		modules.Close()
		return err
	}
	s.loops.Go(func() { s.accept(modules, c.TLS) })
	s.loops.Go(func() { s.accept(storage, c.TLS) })
	return nil
}

func (s *Server) open(scheme, host string, base *string) (net.Listener, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("proxytest: %w", err)
	}
	*base = fmt.Sprintf("%s://%s:%d", scheme, host, l.Addr().(*net.TCPAddr).Port)
	return l, nil
}

func (s *Server) accept(l net.Listener, https bool) {
	serve := s.http.Serve
	if https {
		serve = func(l net.Listener) error { return s.http.ServeTLS(l, "", "") }
	}
	if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
		s.fail("serve: %v", err)
	}
}

// Close ends the server and waits for everything it started. Its error tells
// the failures that had no test to go to.
func (s *Server) Close() error {
	s.once.Do(func() {
		close(s.done)
		s.users.close()
		s.http.Close()
		s.loops.Wait()
		s.recorder.close()
		if s.dir != "" {
			os.RemoveAll(s.dir)
		}
	})
	return s.recorder.err()
}

// fail marks the test as failed, or keeps the failure for Close.
func (s *Server) fail(format string, args ...any) {
	if s.tb != nil {
		s.tb.Errorf("proxytest: "+format, args...)
		return
	}
	s.recorder.keep(fmt.Errorf("proxytest: "+format, args...))
}
