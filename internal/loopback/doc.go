// Package loopback is the module proxy that the go command talks to: on
// 127.0.0.1, under a secret path, for one job.
//
// The go command retries nothing, has no stall time-out, forgets a dead module
// proxy at once and hides causes behind its own last line. The loopback does all
// of that per file: it asks the upstreams in the order and with the meaning of
// the GOPROXY list, retries and resumes, checks what came before go sees a byte,
// and answers a final failure with a sentence that go prints.
//
// It is transport, never trust: go still compares every hash with go.sum itself. Of a
// zip that is put into the module cache (unpack.go, internal/modcache) it is the hash
// that was taken here; go mod verify takes it anew. A file is
// taken whole from one upstream, never mixed from two, since equal modules may be
// packed as different bytes. What the loopback may ask whom is decided by pure
// functions (plan.go); everything foreign is parsed and written anew before it
// goes anywhere (path.go).
package loopback
