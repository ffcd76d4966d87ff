package gocmd

import (
	"bytes"
	"fmt"
)

// excerptLimit bounds each of the two ends that an excerpt keeps, in bytes. The
// cause of a failure is in the first lines of the go command or in its last.
const excerptLimit = 64 << 10

// An excerpt keeps the beginning and the end of what is written to it.
type excerpt struct {
	head, tail []byte
	dropped    int64
}

func (e *excerpt) Write(p []byte) (int, error) {
	n := len(p)
	if room := excerptLimit - len(e.head); room > 0 {
		part := p[:min(room, len(p))]
		e.head = append(e.head, part...)
		p = p[len(part):]
	}
	e.tail = append(e.tail, p...)
	if extra := len(e.tail) - excerptLimit; extra > 0 {
		e.dropped += int64(extra)
		e.tail = append(e.tail[:0], e.tail[extra:]...)
	}
	return n, nil
}

// String joins the two ends, with a line that says how much is missing.
func (e *excerpt) String() string {
	var b bytes.Buffer
	b.Write(e.head)
	if e.dropped > 0 {
		fmt.Fprintf(&b, "\n[%d bytes left out]\n", e.dropped)
	}
	b.Write(e.tail)
	return b.String()
}
