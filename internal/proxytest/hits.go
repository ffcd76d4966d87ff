package proxytest

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
	"sync"
)

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
