package proxytest

import (
	"fmt"
	"sync"
)

// links are signed links to storage that are good for one request.
type links struct {
	mu     sync.Mutex
	n      int
	unused map[string]bool
}

func (l *links) issue() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.unused == nil {
		l.unused = map[string]bool{}
	}
	l.n++
	sig := fmt.Sprintf("once-%d", l.n)
	l.unused[sig] = true
	return sig
}

// use reports whether a request with this signature may pass. Requests
// without one always may.
func (l *links) use(sig string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if sig == "" {
		return true
	}
	ok := l.unused[sig]
	delete(l.unused, sig)
	return ok
}
