package proxytest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A fault is one segment of a base URL, parsed.
type fault struct {
	text  string
	count int      // fires so often for each file; 0 is always
	rate  float64  // share of the answers it fires on
	kinds []string // files it is about; empty is all
	do    action
}

// An action changes or makes an answer. It calls next to let the rest of the
// stack and the file itself have their turn.
type action func(x *exchange, next func())

// on reports whether the fault is about a file.
func (f fault) on(file file) bool {
	return len(f.kinds) == 0 || slices.ContainsFunc(f.kinds, file.is)
}

// segment is NAME[=ARG][xCOUNT][~RATE][@KIND…].
var segment = regexp.MustCompile(`^([a-z]+?|[0-9]{3})(?:=([^~@]*?))?(?:x([0-9]+))?(?:~([0-9.]+))?((?:@[a-z]+)*)$`)

// isFault tells a fault from the first element of a module path, which has a
// dot and none of the marks of a fault.
func isFault(s string) bool {
	return s != "sumdb" && (strings.ContainsAny(s, "=~@") || !strings.Contains(s, "."))
}

// split cuts a URL path into the faults of its base and the rest.
func split(path string) (base []string, rest string) {
	rest = strings.TrimPrefix(path, "/")
	for rest != "" {
		seg, after, _ := strings.Cut(rest, "/")
		if !isFault(seg) {
			break
		}
		base, rest = append(base, seg), after
	}
	return base, rest
}

// join is the inverse of split for the base: "/503x2/cut@zip".
func join(base []string) string {
	s := ""
	for _, seg := range base {
		s += "/" + seg
	}
	return s
}

func texts(stack []fault) string {
	s := ""
	for _, f := range stack {
		s += "/" + f.text
	}
	return s
}

func parseAll(base []string) ([]fault, error) {
	var stack []fault
	for _, seg := range base {
		f, err := parse(seg)
		if err != nil {
			return nil, fmt.Errorf("fault %q: %w", seg, err)
		}
		stack = append(stack, f)
	}
	return stack, nil
}

func parse(seg string) (f fault, err error) {
	m := segment.FindStringSubmatch(seg)
	if m == nil {
		return f, fmt.Errorf("not of the form NAME[=ARG][xCOUNT][~RATE][@KIND]")
	}
	f = fault{text: seg, rate: 1}
	if m[3] != "" {
		if f.count, err = strconv.Atoi(m[3]); err != nil || f.count == 0 {
			return f, fmt.Errorf("bad count %q", m[3])
		}
	}
	if m[4] != "" {
		if f.rate, err = strconv.ParseFloat(m[4], 64); err != nil || f.rate > 1 {
			return f, fmt.Errorf("rate %q is not a share between 0 and 1", m[4])
		}
	}
	kind, err := lookup(m[1])
	if err != nil {
		return f, err
	}
	if f.kinds, err = parseKinds(m[5]); err != nil {
		return f, err
	}
	if len(f.kinds) == 0 {
		f.kinds = kind.about
	}
	f.do, err = kind.make(m[2])
	return f, err
}

func parseKinds(s string) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	list := strings.Split(s[1:], "@")
	for _, k := range list {
		if !slices.Contains(kinds, k) {
			return nil, fmt.Errorf("unknown kind %q, know %s", k, strings.Join(kinds, ", "))
		}
	}
	return list, nil
}

// A hitKey is a fault in the stack of a base and a file asked for there.
type hitKey struct {
	base string
	i    int
	path string
}

// hits counts, for each hitKey, the answers that came by a fault and those it
// fired on, and how many are open.
type hits struct {
	mu   sync.Mutex
	seen map[hitKey]*hit
	open map[hitKey]int
}

type hit struct{ seen, fired int }

// take counts an answer and reports whether the fault fires on it. What a
// rate picks depends on the seed, the fault, the file and the number of the
// answer, not on the order of different files: runs repeat.
func (h *hits) take(key hitKey, f fault, seed string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.seen == nil {
		h.seen = map[hitKey]*hit{}
	}
	c := h.seen[key]
	if c == nil {
		c = &hit{}
		h.seen[key] = c
	}
	c.seen++
	if f.count > 0 && c.fired >= f.count {
		return false
	}
	if draw(seed, f.text, key.path, strconv.Itoa(c.seen)) >= f.rate {
		return false
	}
	c.fired++
	return true
}

// draw is a number in [0, 1) made from texts.
func draw(parts ...string) float64 {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return float64(binary.BigEndian.Uint64(sum[:])>>11) / (1 << 53)
}

// enter counts the answers that are open at one fault, for all files.
func (h *hits) enter(key hitKey, by int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open == nil {
		h.open = map[hitKey]int{}
	}
	key.path = ""
	h.open[key] += by
	return h.open[key]
}

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

func (x *exchange) flush() { http.NewResponseController(x.w).Flush() }
