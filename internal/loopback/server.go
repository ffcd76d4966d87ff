package loopback

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/machine"
	"github.com/goproxy-setup/goproxy-setup/internal/modcache"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
)

// A Config says whom the loopback asks, and within what limits.
type Config struct {
	Client *modproxy.Client
	// List is the GOPROXY list that it stands for.
	List modproxy.List
	// Private reports whether a module path must not be asked of any module proxy.
	Private func(modulePath string) bool
	Sums    Sums
	// SumDB names the checksum database that may be asked through it; none when empty.
	SumDB string
	// Dir is the job's own temp folder; the loopback keeps its files in a new
	// folder below it.
	Dir string
	// Attempts is the most requests for one file, RetryFor how long they may go on.
	Attempts int
	RetryFor time.Duration
	Record   *Record
	// Ahead is what go is known to ask for, in order. It is fetched before go
	// asks, at most InFlight files at once.
	Ahead    []File
	InFlight int
	// Cache is where zips fetched ahead go that go.sum has a hash of; nil leaves them to
	// the go commands. It must be the module cache of those that ask for Ahead.
	Cache *modcache.Cache
	// Explain makes the text of a final failure, which go prints: at most eight
	// lines and 650 bytes of it.
	Explain func(File, error) string
	// Control answers requests below /SECRET/-/; nil answers none.
	Control http.Handler
}

// A Server is a running loopback.
type Server struct {
	config Config
	fetch  *fetcher
	listen net.Listener
	first  *Upstream // whom fetching ahead asks, nil while there is none
	head   modproxy.List
	groups [][]*Upstream
	tail   modproxy.List
	secret string
	base   string // http://127.0.0.1:port/secret
	http   *http.Server
	dir    string
	cancel context.CancelFunc
	work   sync.WaitGroup // requests and fetching ahead
	ctx    context.Context

	mu      sync.Mutex
	sources []*Upstream // of the checksum database, the one that works first
}

// Start opens a loopback and lets it serve the list of its configuration. The
// server ends with Close.
func Start(c Config) (*Server, error) {
	s, err := Open(c)
	if err != nil {
		return nil, err
	}
	return s, s.Serve(c.List, c.SumDB)
}

// Open makes a loopback that answers nobody before Serve, on a free port of
// 127.0.0.1. List and SumDB of its configuration may be unknown yet. The server
// ends with Close.
func Open(c Config) (*Server, error) {
	dir, err := machine.MkdirTempPrivate(c.Dir, "loopback-")
	if err != nil {
		return nil, &SpoolError{err}
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		os.Remove(dir)
		return nil, fmt.Errorf("listen on 127.0.0.1: %w", err)
	}
	s := &Server{config: c, secret: rand.Text(), dir: dir, listen: l}
	s.base = "http://" + l.Addr().String() + "/" + s.secret
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.fetch = &fetcher{
		client: c.Client, record: c.Record, sums: c.Sums, dir: dir, attempts: c.Attempts, retryFor: c.RetryFor,
		pace: usualPace, stock: newStock(), cache: c.Cache, flights: map[string]*flight{}, limiter: newLimiter(s.inFlight), lanes: newLanes(),
	}
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          nil,
	}
	return s, nil
}

// FetchAhead begins before Serve, when the list is sure to begin with an upstream,
// alone in its group, whatever else is in it.
func (s *Server) FetchAhead(from *url.URL) {
	s.ahead(&Upstream{URL: from, Private: s.config.Client.Private(from)})
}

// Serve begins to answer for a list, and to fetch ahead from its first group unless
// that is under way. It fails when that asks somebody else than the list does.
func (s *Server) Serve(l modproxy.List, sumDB string) error {
	s.config.List, s.config.SumDB = l, sumDB
	var groups []modproxy.Group
	s.head, groups, s.tail = l.Split()
	for _, g := range groups {
		var ups []*Upstream
		for _, e := range g {
			ups = append(ups, &Upstream{URL: e.URL, Private: s.config.Client.Private(e.URL)})
		}
		s.groups = append(s.groups, ups)
	}
	switch {
	case s.first != nil && (len(s.head) > 0 || len(s.groups) == 0 || len(s.groups[0]) != 1 || s.groups[0][0].String() != s.first.String()):
		return fmt.Errorf("files were fetched ahead from %s, with which the list does not begin: %s", s.first, l.Redacted())
	case s.first != nil:
		s.groups[0][0] = s.first // what is known of it by now
	case len(s.groups) > 0 && len(s.head) == 0: // behind ',' go itself decides
		s.ahead(s.groups[0]...)
	}
	s.sources = sumSources(s.groups, sumDB)
	go s.http.Serve(s.listen)
	return nil
}

// inFlight bounds fetching ahead. Over HTTP/1.1 each file in flight is a
// connection of its own, and more than some dozens are an attack.
func (s *Server) inFlight() int {
	if s.first != nil && !s.config.Client.Multiplexed(s.first.URL.Host) {
		return min(s.config.InFlight, mostHTTP1)
	}
	return s.config.InFlight
}

const mostHTTP1 = 64

// ahead fetches ahead from a group, what no module proxy may be asked for left out.
func (s *Server) ahead(group ...*Upstream) {
	if s.config.InFlight < 1 {
		return
	}
	var files []File
	for _, f := range s.config.Ahead {
		if !s.config.Private(f.Module) {
			files = append(files, f)
		}
	}
	s.first = group[0]
	s.work.Go(func() { s.fetch.fetchAhead(s.ctx, files, [][]*Upstream{group}) })
}

// sumSources lists who may have the checksum database: the module proxies of
// the list, the database, and its alias. They are equal, since the database's
// answers are signed.
func sumSources(groups [][]*Upstream, name string) []*Upstream {
	if name == "" {
		return nil
	}
	var ups []*Upstream
	for _, g := range groups {
		ups = append(ups, g...)
	}
	hosts := []string{name}
	if name == modproxy.SumGolang {
		hosts = append(hosts, modproxy.Alias)
	}
	for _, h := range hosts {
		ups = append(ups, &Upstream{URL: &url.URL{Scheme: "https", Host: h}, Database: true})
	}
	return ups
}

// GOPROXY returns the list for a go command of this run: what the loopback does
// not serve stays where it was, and each group of equal upstreams is one entry,
// so that ',' and '|' mean what they meant.
func (s *Server) GOPROXY() string {
	if len(s.groups) == 0 {
		return s.config.List.String()
	}
	var b strings.Builder
	for _, e := range s.head {
		b.WriteString(e.String() + string(e.Sep))
	}
	for i := range s.groups {
		fmt.Fprintf(&b, "%s/%d", s.base, i)
		if sep := s.separator(i); sep != 0 {
			b.WriteByte(sep)
		}
	}
	b.WriteString(s.tail.String())
	return b.String()
}

// JobGOPROXY returns the list for later steps of the job, which outlive nobody
// knows what: one entry for the whole list, and behind it, after '|', the list
// itself, so that go does without the loopback when it is gone.
func (s *Server) JobGOPROXY() string {
	if len(s.groups) == 0 || len(s.head) > 0 {
		return s.config.List.String()
	}
	return s.base + "/" + wholeList + "|" + s.config.List.String()
}

// wholeList stands for a group in the path of requests that go through all groups.
const wholeList = "all"

// Base is the URL below which the loopback answers, secret included.
func (s *Server) Base() string { return s.base }

// separator is what stood behind the last entry of a group.
func (s *Server) separator(group int) byte {
	_, groups, _ := s.config.List.Split()
	g := groups[group]
	return g[len(g)-1].Sep
}

// Close stops the server and removes its files. Requests under way are cut.
func (s *Server) Close() error {
	s.cancel()
	err := errors.Join(s.http.Close(), unlessClosed(s.listen.Close()))
	s.work.Wait()
	s.fetch.losers.Wait()
	s.config.Record.unused(s.fetch.stock.clear())
	return errors.Join(err, os.RemoveAll(s.dir))
}

// unlessClosed is for a listener that its server may have closed.
func unlessClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// ServeHTTP answers /SECRET/GROUP/PATH. Whatever does not have this form gets
// 4xx and reaches no upstream.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.work.Add(1)
	defer s.work.Done()
	if s.config.Control != nil && strings.HasPrefix(r.URL.Path, "/"+s.secret+"/-/") {
		http.StripPrefix("/"+s.secret+"/-", s.config.Control).ServeHTTP(w, r)
		return
	}
	groups, file, err := s.parse(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if file == nil {
		http.NotFound(w, r)
		return
	}
	if file.Module != "" && s.config.Private(file.Module) {
		http.Error(w, "goproxy-setup: "+file.Module+" is private (GOPRIVATE, GONOPROXY): no module proxy is asked for it", http.StatusNotFound)
		return
	}
	if file.Kind == KindSumDB {
		groups = [][]*Upstream{s.sumSources()}
	}
	c, err := s.fetch.get(s.ctx, *file, groups)
	if err != nil {
		s.fail(w, *file, err)
		return
	}
	defer c.release()
	s.config.Record.handed(*file, c.saved)
	if file.Kind == KindSumDB {
		s.prefer(c.from)
	}
	w.Header().Set("Content-Type", contentType(file.Kind))
	w.Header().Set("Content-Length", strconv.FormatInt(c.n, 10))
	c.serve(w) // a go command that went away has its reasons
}

// parse checks method, secret and form. A nil file is a path under no secret of
// ours, which is told nothing.
func (s *Server) parse(r *http.Request) (groups [][]*Upstream, file *File, err error) {
	secret, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if subtle.ConstantTimeCompare([]byte(secret), []byte(s.secret)) != 1 {
		return nil, nil, nil
	}
	if r.Method != http.MethodGet {
		return nil, nil, fmt.Errorf("method %s", r.Method)
	}
	if r.URL.RawQuery != "" {
		return nil, nil, errors.New("a module proxy takes no query")
	}
	number, p, _ := strings.Cut(rest, "/")
	groups, ok := s.groupsNamed(number)
	if !ok {
		return nil, nil, errors.New("no such group of upstreams")
	}
	f, err := ParsePath(p)
	if err != nil {
		return nil, nil, err
	}
	if f.Kind == KindSumDB && (s.config.SumDB == "" || f.SumDB != s.config.SumDB) {
		return nil, nil, nil
	}
	return groups, &f, nil
}

func (s *Server) groupsNamed(name string) ([][]*Upstream, bool) {
	if name == wholeList && len(s.groups) > 0 {
		return s.groups, true
	}
	i, err := strconv.Atoi(name)
	if err != nil || i < 0 || i >= len(s.groups) {
		return nil, false
	}
	return s.groups[i : i+1], true
}

func (s *Server) sumSources() []*Upstream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sources
}

// prefer moves the source that answered to the front.
func (s *Server) prefer(up *Upstream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sources[0] == up {
		return
	}
	front := []*Upstream{up}
	for _, u := range s.sources {
		if u != up {
			front = append(front, u)
		}
	}
	s.sources = front
}

// fail passes 404 and 410 on with the server's own text, and the word of a
// private upstream; all else is 502 with a sentence that says the cause.
func (s *Server) fail(w http.ResponseWriter, file File, err error) {
	var ex *ExhaustedError
	if errors.As(err, &ex) {
		s.config.Record.failed(Failed{File: file, Upstream: ex.Upstream, Err: ex.Err, Attempts: ex.Attempts, Missing: errors.Is(err, fs.ErrNotExist)})
	}
	var status *modproxy.StatusError
	code := http.StatusBadGateway
	text := s.config.Explain(file, err)
	if errors.As(err, &status) {
		switch {
		case status.NotFound():
			code = status.StatusCode
			if text = status.Detail; text == "" {
				text = "not found: " + file.String()
			}
		case status.StatusCode == http.StatusUnauthorized, status.StatusCode == http.StatusForbidden:
			code = status.StatusCode
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	io.WriteString(w, text)
}

func contentType(k Kind) string {
	switch k {
	case KindInfo, KindLatest:
		return "application/json"
	case KindZip:
		return "application/zip"
	}
	return "text/plain; charset=utf-8"
}

// Failed lists the files that could not be had.
func (s *Server) Failed() []Failed {
	_, _, failed := s.config.Record.Snapshot()
	return failed
}

// Upstreamed replaces the loopback's own address in what go printed by that of
// the upstream it stands for: nobody can look anything up at the former.
func (s *Server) Upstreamed(text string) string {
	for i, g := range s.groups {
		text = strings.ReplaceAll(text, s.base+"/"+strconv.Itoa(i), g[0].String())
	}
	return text
}
