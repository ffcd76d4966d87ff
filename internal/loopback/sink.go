package loopback

import (
	"bytes"
	"io"
	"os"
)

// A sink takes the body of one file over all its attempts: zips on disk, the
// rest, which is small, in memory.
type sink struct {
	dir  string
	file *os.File // nil until the first byte of a zip
	buf  bytes.Buffer
	disk bool
	n    int64
}

// A SpoolError is a fault of this machine's disk; no upstream can help.
type SpoolError struct{ Err error }

func (e *SpoolError) Error() string { return "spool module file: " + e.Err.Error() }
func (e *SpoolError) Unwrap() error { return e.Err }

func newSink(dir string, f File) *sink { return &sink{dir: dir, disk: f.Kind == KindZip} }

func (s *sink) Write(p []byte) (int, error) {
	if !s.disk {
		s.n += int64(len(p))
		return s.buf.Write(p)
	}
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "zip-*")
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
		os.Remove(s.file.Name())
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
// their own place in it and the system can copy it without us.
func (s *sink) serve(w io.Writer) error {
	if s.file == nil {
		_, err := w.Write(s.buf.Bytes())
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
