package lab

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A Count is what an upstream has served.
type Count struct {
	Info, Mod, Zip int   // requests by kind of file, whatever their answer
	Other          int   // requests of anything else: lists, the checksum database
	Bad            int   // answers that were not 200, 206 or 304
	Bytes          int64 // of bodies
	Conns          int   // new connections
	MaxOpen        int   // requests open at once
	CPU            time.Duration
}

// Requests is the number of all requests.
func (c Count) Requests() int { return c.Info + c.Mod + c.Zip + c.Other }

// An Upstream is a module proxy over HTTPS, in a process of its own.
type Upstream struct {
	URL    string
	CAFile string // for SSL_CERT_FILE
	p      *process
}

// StartUpstream serves a tree at the server's end of a link.
func StartUpstream(ctx context.Context, b *Bench, l *Link, tree string) (*Upstream, error) {
	argv, err := self(l.server, "lab-upstream", "-tree", tree, "-addr", l.addr, "-dir", b.Dir, "-delay", l.sleep.String(), "-congestion", l.congestion)
	if err != nil {
		return nil, err
	}
	p, err := startProcess(ctx, argv)
	if err != nil {
		return nil, err
	}
	u := &Upstream{p: p}
	return u, p.out.Decode(u)
}

// Take returns what was served since the last call.
func (u *Upstream) Take() (c Count, err error) { return c, u.p.ask("take", &c) }

// Close ends the process.
func (u *Upstream) Close() error { return u.p.close() }

func upstreamMain(args []string) error {
	flags := flag.NewFlagSet("lab-upstream", flag.ContinueOnError)
	tree := flags.String("tree", "", "")
	addr := flags.String("addr", "127.0.0.1", "")
	dir := flags.String("dir", "", "")
	delay := flags.Duration("delay", 0, "")
	congestion := flags.String("congestion", "", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	lc := net.ListenConfig{Control: congestionControl(*congestion)}
	l, err := lc.Listen(context.Background(), "tcp4", *addr+":0")
	if err != nil {
		return err
	}
	cert, ca, err := newCertificate(net.ParseIP(*addr))
	if err != nil {
		return err
	}
	caFile := filepath.Join(*dir, "ca.pem")
	if err := os.WriteFile(caFile, ca, 0o600); err != nil {
		return err
	}
	s := &server{tree: *tree, delay: *delay}
	h := &http.Server{Handler: s, ConnState: s.connState, TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}}}
	go h.ServeTLS(l, "", "")
	out := json.NewEncoder(os.Stdout)
	out.Encode(Upstream{URL: "https://" + l.Addr().String(), CAFile: caFile})
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		out.Encode(s.take())
	}
	return h.Close()
}

// A server serves a tree and counts.
type server struct {
	tree  string
	delay time.Duration

	mu    sync.Mutex
	count Count
	open  int
	cpu   time.Duration // at the last take
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	cw := &counter{ResponseWriter: w, status: http.StatusOK}
	s.begin(path.Ext(r.URL.Path))
	defer s.end(cw)
	time.Sleep(s.delay)
	if strings.HasPrefix(r.URL.Path, "/sumdb/") && strings.HasSuffix(r.URL.Path, "/supported") {
		return // 200, as public module proxies say
	}
	f, err := os.Open(filepath.Join(s.tree, filepath.FromSlash(path.Clean("/"+r.URL.Path))))
	if err != nil {
		http.Error(cw, "not found", http.StatusNotFound)
		return
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || st.IsDir() {
		http.Error(cw, "not found", http.StatusNotFound)
		return
	}
	cw.Header().Set("ETag", fmt.Sprintf(`"%x-%x"`, st.Size(), st.ModTime().UnixNano()))
	cw.Header().Set("Content-Type", contentType(path.Ext(r.URL.Path)))
	http.ServeContent(cw, r, "", st.ModTime(), f)
}

func contentType(ext string) string {
	switch ext {
	case ".info":
		return "application/json"
	case ".zip":
		return "application/zip"
	}
	return "text/plain; charset=utf-8"
}

func (s *server) begin(ext string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch ext {
	case ".info":
		s.count.Info++
	case ".mod":
		s.count.Mod++
	case ".zip":
		s.count.Zip++
	default:
		s.count.Other++
	}
	s.open++
	s.count.MaxOpen = max(s.count.MaxOpen, s.open)
}

func (s *server) end(w *counter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	s.count.Bytes += w.bytes
	if w.status >= 400 {
		s.count.Bad++
	}
}

func (s *server) connState(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.count.Conns++
	}
}

func (s *server) take() Count {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, cpu := s.count, selfCPU()
	c.CPU, s.cpu = cpu-s.cpu, cpu
	s.count = Count{}
	return c
}

// A counter counts the body of an answer.
type counter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *counter) WriteHeader(code int) {
	w.status = code
	w.ResponseWriter.WriteHeader(code)
}

func (w *counter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}
