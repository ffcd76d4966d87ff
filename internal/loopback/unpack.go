package loopback

import (
	"archive/zip"
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"

	"github.com/klauspost/compress/flate"
	"golang.org/x/mod/sumdb/dirhash"
)

// The go command inflates each zip twice, once to hash and once to unpack it,
// which is most of the processor time of a download. We have to inflate it too,
// to hash it before go sees it. Where we may, what comes out goes to its place in the
// module cache at the same time (internal/modcache), and go has nothing left to do.
//
// Else what go gets is a zip of the same files that are stored instead of deflated.
// The h1 hash is that of names and contents (golang.org/x/mod/sumdb/dirhash), and go
// takes any zip that has it. Measured on two cores: go's part falls to a third, and all
// together is less than plain go needs. The price is room: the zip in the module cache
// has the size of the files in it.

// fill unpacks a zip into the module cache, and leaves it there when accept has nothing
// against its h1 hash. It is false, with the sink as before, when that cannot be done.
func (s *sink) fill(z *zip.Reader, accept func(h1 string) error) (bool, error) {
	h1, err := "", s.claim.Begin(s.file.Name())
	if err == nil {
		h1, err = hashZip(z, func(f *zip.File) (io.WriteCloser, error) { return s.claim.Create(f.Name) })
	}
	if err != nil {
		s.claim.Undo()
		return false, nil
	}
	if err = accept(h1); err == nil {
		err = s.commit(h1)
	}
	if err != nil {
		s.claim.Undo()
	}
	return true, err
}

// commit gives the file to the module cache, closed, as Windows wants it.
func (s *sink) commit(h1 string) error {
	name := s.file.Name()
	s.file.Close()
	err := s.claim.Commit(name, h1)
	if err == nil {
		s.file, err = os.Open(s.claim.Zip())
		s.cached = true
	}
	if err != nil {
		s.file = nil
		return &SpoolError{errors.Join(err, ignoreGone(os.Remove(name)))}
	}
	return nil
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// maxUnpacked is the size of files up to which a zip is stored: below the limit
// that go has for a zip, with room for its directory.
const maxUnpacked = 400 << 20

// unpackedHash returns the h1 hash of a zip, and replaces the content of the sink
// by the same zip with its files stored. Reading checks each file's CRC.
func (s *sink) unpackedHash(z *zip.Reader) (string, error) {
	z.RegisterDecompressor(zip.Deflate, inflate)
	if !worthStoring(z) {
		return hashZip(z, func(*zip.File) (io.WriteCloser, error) { return open{io.Discard}, nil })
	}
	f, err := os.CreateTemp(s.dir, "zip-*")
	if err != nil {
		return "", &SpoolError{err}
	}
	stored := &sink{disk: true, file: f}
	out := bufio.NewWriterSize(stored, 256<<10)
	w := zip.NewWriter(out)
	h1, err := hashZip(z, func(from *zip.File) (io.WriteCloser, error) {
		to, err := w.CreateRaw(&zip.FileHeader{
			Name: from.Name, Method: zip.Store, CRC32: from.CRC32,
			CompressedSize64: from.UncompressedSize64, UncompressedSize64: from.UncompressedSize64,
		})
		return open{to}, err
	})
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		stored.drop()
		return "", err
	}
	old := &sink{file: s.file}
	s.file, s.n, s.claim = stored.file, stored.n, nil
	old.drop()
	return h1, nil
}

// worthStoring reports whether a zip is deflated, and small enough.
func worthStoring(z *zip.Reader) bool {
	deflated, size := false, uint64(0)
	for _, f := range z.File {
		deflated = deflated || f.Method == zip.Deflate
		size += f.UncompressedSize64
	}
	return deflated && size <= maxUnpacked
}

// open is a writer that needs no closing.
type open struct{ io.Writer }

func (open) Close() error { return nil }

// hashZip is dirhash.HashZip of an open file. What it reads of each file goes to
// a writer as well.
func hashZip(z *zip.Reader, also func(*zip.File) (io.WriteCloser, error)) (string, error) {
	names := make([]string, 0, len(z.File))
	files := make(map[string]*zip.File, len(z.File))
	for _, f := range z.File {
		names = append(names, f.Name)
		files[f.Name] = f
	}
	return dirhash.Hash1(names, func(name string) (io.ReadCloser, error) {
		r, err := files[name].Open()
		if err != nil {
			return nil, err
		}
		w, err := also(files[name])
		if err != nil {
			r.Close()
			return nil, err
		}
		return tee{r, w}, nil
	})
}

// tee is a file whose bytes go to a second writer as well.
type tee struct {
	io.ReadCloser
	also io.WriteCloser
}

func (t tee) Close() error { return errors.Join(t.ReadCloser.Close(), t.also.Close()) }

// WriteTo is what dirhash copies with. It has a buffer for each zip under way, not
// for each file, of which there are tens of thousands.
func (t tee) WriteTo(w io.Writer) (int64, error) {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	return io.CopyBuffer(io.MultiWriter(w, t.also), struct{ io.Reader }{t.ReadCloser}, *buf)
}

var buffers = sync.Pool{New: func() any {
	b := make([]byte, 64<<10)
	return &b
}}

// inflate is a reader of deflated data that is used again and again: a zip has
// thousands of small files.
func inflate(r io.Reader) io.ReadCloser {
	f := inflaters.Get().(*inflater)
	f.in.Reset(r)
	f.ReadCloser.(flate.Resetter).Reset(f.in, nil)
	return f
}

type inflater struct {
	io.ReadCloser
	in *bufio.Reader
}

func (f *inflater) Close() error {
	defer inflaters.Put(f)
	return f.ReadCloser.Close()
}

var inflaters = sync.Pool{New: func() any {
	in := bufio.NewReaderSize(nil, 32<<10)
	return &inflater{flate.NewReader(in), in}
}}
