package proxytest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A size is a number of bytes or a share of a whole.
type size struct {
	bytes int64
	share float64
}

// parseSize reads "0.8" as a share, "1000" and "20KB" and "3MB" as bytes.
func parseSize(s string) (size, error) {
	if strings.Contains(s, ".") {
		share, err := strconv.ParseFloat(s, 64)
		if err != nil || share < 0 || share > 1 {
			return size{}, fmt.Errorf("%q is not a share between 0 and 1", s)
		}
		return size{share: share}, nil
	}
	n, err := parseBytes(s)
	return size{bytes: n}, err
}

func parseBytes(s string) (int64, error) {
	unit := int64(1)
	for _, u := range []struct {
		name string
		n    int64
	}{{"KB", 1000}, {"MB", 1000_000}} {
		if t, ok := strings.CutSuffix(s, u.name); ok {
			s, unit = t, u.n
		}
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number of bytes", s)
	}
	return int64(n) * unit, nil
}

// of is the size within n bytes, at least one short of it: a limit at the end
// would be no fault.
func (s size) of(n int64) int64 {
	at := s.bytes
	if s.share > 0 {
		at = int64(s.share * float64(n))
	}
	return max(0, min(at, n-1))
}

// limited makes faults that send a good header and a part of the body, half
// of it by default, and then end in their own way.
func limited(end func(*exchange)) func(string) (action, error) {
	return func(arg string) (action, error) {
		if arg == "" {
			arg = "0.5"
		}
		at, err := parseSize(arg)
		if err != nil {
			return nil, err
		}
		return func(x *exchange, next func()) {
			w := &limitWriter{ResponseWriter: x.w, at: at}
			w.end = func() {
				http.NewResponseController(w.ResponseWriter).Flush()
				end(x)
			}
			x.w = w
			next()
			if w.good {
				w.end() // nothing to cut: a body without a byte
			}
		}, nil
	}
}

// A limitWriter passes on a part of a good answer. Errors stay whole.
type limitWriter struct {
	http.ResponseWriter
	at    size
	end   func() // does not return
	wrote bool
	good  bool
	left  int64
}

func (w *limitWriter) WriteHeader(code int) {
	length, _ := strconv.ParseInt(w.Header().Get("Content-Length"), 10, 64)
	w.wrote, w.good, w.left = true, code < 300, w.at.of(length)
	w.ResponseWriter.WriteHeader(code)
}

func (w *limitWriter) Write(p []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	if w.good && int64(len(p)) > w.left {
		w.ResponseWriter.Write(p[:w.left])
		w.end()
	}
	n, err := w.ResponseWriter.Write(p)
	w.left -= int64(n)
	return n, err
}

func (w *limitWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// slow sends so many bytes a second, in fifty pieces.
func slow(arg string) (action, error) {
	rate, err := parseBytes(arg)
	if err == nil && rate < 1 {
		err = fmt.Errorf("needs bytes a second: slow=20KB")
	}
	piece := max(1, rate/50)
	return paced(int(piece), time.Duration(piece)*time.Second/time.Duration(max(1, rate))), err
}

// slowloris sends a byte every 100 ms, or as its argument says: never silent,
// never done.
func slowloris(arg string) (action, error) {
	if arg == "" {
		arg = "100ms"
	}
	d, err := time.ParseDuration(arg)
	return paced(1, d), err
}

func paced(piece int, pause time.Duration) action {
	return func(x *exchange, next func()) {
		x.w = &paceWriter{x.w, x, piece, pause}
		next()
	}
}

// A paceWriter sends pieces with a pause after each.
type paceWriter struct {
	http.ResponseWriter
	x     *exchange
	piece int
	pause time.Duration
}

func (w *paceWriter) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = w.ResponseWriter.Write(p[n:min(n+w.piece, len(p))])
		n += m
		http.NewResponseController(w.ResponseWriter).Flush()
		w.x.sleep(w.pause)
	}
	return n, err
}

func (w *paceWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// slowHeader begins an answer of HTTP/1.1 and never ends its header. HTTP/2
// has no such thing; there it hangs.
func slowHeader(x *exchange) {
	c, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		x.hang()
	}
	defer c.Close()
	_, err = c.Write([]byte("HTTP/1.1 200 OK\r\nX-Slow: "))
	for err == nil {
		x.sleep(50 * time.Millisecond)
		_, err = c.Write([]byte("x"))
	}
}

// lengthless drops Content-Length: the body is chunked. The flush keeps
// net/http from counting a short body itself.
type lengthless struct{ http.ResponseWriter }

func (w *lengthless) WriteHeader(code int) {
	w.Header().Del("Content-Length")
	w.ResponseWriter.WriteHeader(code)
	http.NewResponseController(w.ResponseWriter).Flush()
}

func (w *lengthless) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// badRange answers 206 from the first byte, whatever was asked for.
func badRange(x *exchange) {
	if x.r.Header.Get("Range") != "" {
		x.r = x.r.Clone(x.r.Context())
		x.r.Header.Set("Range", "bytes=0-")
	}
}
