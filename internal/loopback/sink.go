package loopback

import (
	"bytes"
	"io"
	"os"

	"github.com/goproxy-setup/goproxy-setup/internal/modcache"
)

// A sink takes the body of one file over all its attempts: zips on disk, the
// rest, which is small, in memory.
type sink struct {
	dir    string
	claim  *modcache.Claim // of the module whose zip it is, nil to leave it to go
	file   *os.File        // nil until the first byte of a zip
	buf    bytes.Buffer
	disk   bool
	n      int64
	cached bool // the file is the module cache's
}

// A SpoolError is a fault of this machine's disk; no upstream can help.
type SpoolError struct{ Err error }

func (e *SpoolError) Error() string { return "spool module file: " + e.Err.Error() }
func (e *SpoolError) Unwrap() error { return e.Err }

func newSink(dir string, o order) *sink {
	return &sink{dir: dir, disk: o.Kind == KindZip, claim: o.claim}
}

func (s *sink) Write(p []byte) (int, error) {
	if !s.disk {
		s.n += int64(len(p))
		return s.buf.Write(p)
	}
	if s.file == nil {
		f, err := s.create()
		if err != nil {
			return 0, &SpoolError{err}
		}
		s.file = f
	}
	n, err := s.file.Write(p)
	s.n += int64(n)
	if err != nil {
		return n, &SpoolError{err}
	}
	return n, nil
}

func (s *sink) create() (*os.File, error) {
	if s.claim != nil {
		if f, err := s.claim.Temp(); err == nil {
			return f, nil
		}
		s.claim = nil
	}
	return os.CreateTemp(s.dir, "zip-*")
}

// reset forgets what was received.
func (s *sink) reset() error {
	s.n = 0
	s.buf.Reset()
	if s.file == nil {
		return nil
	}
	if err := s.file.Truncate(0); err != nil {
		return &SpoolError{err}
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return &SpoolError{err}
	}
	return nil
}

// drop removes everything; the sink is not used again. A nil sink has nothing.
func (s *sink) drop() {
	if s == nil {
		return
	}
	if s.file != nil {
		s.file.Close()
		if !s.cached {
			os.Remove(s.file.Name())
		}
		s.file = nil
	}
	s.buf = bytes.Buffer{}
}

// reader returns the content from its beginning. Readers are independent.
func (s *sink) reader() io.ReaderAt {
	if s.file != nil {
		return s.file
	}
	return bytes.NewReader(s.buf.Bytes())
}

// serve writes the content. A file is opened anew, so that several requests have
// their own place in it and the system can copy it without us; but one in the module
// cache may be gone by its name, since go cleans up there.
func (s *sink) serve(w io.Writer) error {
	switch {
	case s.file == nil:
		_, err := w.Write(s.buf.Bytes())
		return err
	case s.claim != nil:
		_, err := io.Copy(w, io.NewSectionReader(s.file, 0, s.n))
		return err
	}
	f, err := os.Open(s.file.Name())
	if err != nil {
		return &SpoolError{err}
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}
