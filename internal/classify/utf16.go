package classify

import (
	"bufio"
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// byteOrder is the order of the two bytes of a UTF-16 unit.
type byteOrder int

const (
	notUTF16 byteOrder = iota
	littleEndian
	bigEndian
)

// utf16Order says in which byte order a log is UTF-16. PowerShell 5.1 writes
// it with a byte order mark, tee and others drop that.
func utf16Order(head []byte) byteOrder {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return littleEndian
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return bigEndian
	}
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	switch most := len(head) / 4; { // half of all pairs
	case zeros[1] > most && zeros[1] > zeros[0]:
		return littleEndian
	case zeros[0] > most && zeros[0] > zeros[1]:
		return bigEndian
	}
	return notUTF16
}

// A utf16Reader reads UTF-16 as UTF-8.
type utf16Reader struct {
	in    *bufio.Reader
	order byteOrder
	out   []byte
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) < len(p) && len(u.out) < 4096 {
		r, err := u.unit()
		if err != nil {
			if len(u.out) > 0 {
				break
			}
			return 0, err
		}
		if utf16.IsSurrogate(r) {
			low, _ := u.unit()
			r = utf16.DecodeRune(r, low)
		}
		u.out = utf8.AppendRune(u.out, r)
	}
	n := copy(p, u.out)
	u.out = u.out[:copy(u.out, u.out[n:])]
	return n, nil
}

func (u *utf16Reader) unit() (rune, error) {
	a, err := u.in.ReadByte()
	if err != nil {
		return 0, err
	}
	b, err := u.in.ReadByte()
	if err != nil {
		return 0, err
	}
	if u.order == bigEndian {
		a, b = b, a
	}
	return rune(a) | rune(b)<<8, nil
}
