package loopback

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/flate"
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
		h1, err = hashZip(z, workersFor(z), func(f *zip.File) (io.WriteCloser, error) { return s.claim.Create(f.Name) })
	}
	if err != nil {
		s.claim.Undo()
		return false, nil
	}
	if err := accept(h1); err != nil {
		s.claim.Undo()
		return true, err
	}
	return true, s.commit(h1)
}

// workersFor is how many read a zip: more than one for a large one, which may be the last
// that a run waits for.
func workersFor(z *zip.Reader) int {
	size := uint64(0)
	for _, f := range z.File {
		size += f.UncompressedSize64
	}
	if size < largeZip {
		return 1
	}
	return min(runtime.GOMAXPROCS(0), mostWorkers)
}

const (
	largeZip    = 16 << 20 // bytes of its files
	mostWorkers = 4
)

// commit gives the file to the module cache, closed, as Windows wants it.
func (s *sink) commit(h1 string) error {
	name := s.file.Name()
	s.file.Close()
	s.file = nil
	if err := s.claim.Commit(name, h1); err != nil {
		return &SpoolError{errors.Join(err, s.claim.Undo(), ignoreGone(os.Remove(name)))}
	}
	f, err := os.Open(s.claim.Zip())
	if err != nil {
		return &SpoolError{err}
	}
	s.file, s.cached = f, true
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
		return hashZip(z, 1, func(*zip.File) (io.WriteCloser, error) { return open{io.Discard}, nil })
	}
	f, err := os.CreateTemp(s.dir, "zip-*")
	if err != nil {
		return "", &SpoolError{err}
	}
	stored := &sink{disk: true, file: f}
	out := bufio.NewWriterSize(stored, 256<<10)
	w := zip.NewWriter(out)
	h1, err := hashZip(z, 1, func(from *zip.File) (io.WriteCloser, error) {
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

// hashZip is dirhash.HashZip (golang.org/x/mod/sumdb/dirhash) of an open file, whose
// files some workers read side by side. What they read of each goes to a writer as well.
func hashZip(z *zip.Reader, workers int, also func(*zip.File) (io.WriteCloser, error)) (string, error) {
	sums := make([]string, len(z.File))
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	var next atomic.Int64
	var work sync.WaitGroup
	for range workers {
		work.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(z.File)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				var err error
				if sums[i], err = hashFile(z.File[i], also); err != nil {
					cancel(err)
				}
			}
		})
	}
	work.Wait()
	if err := context.Cause(ctx); err != nil {
		return "", err
	}
	return h1(sums), nil
}

// hashFile returns the line of a file in what its zip's hash is of.
func hashFile(f *zip.File, also func(*zip.File) (io.WriteCloser, error)) (string, error) {
	if strings.Contains(f.Name, "\n") {
		return "", fmt.Errorf("file name with a newline: %q", f.Name)
	}
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	w, err := also(f)
	if err != nil {
		return "", err
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	h := sha256.New()
	_, err = io.CopyBuffer(io.MultiWriter(h, w), struct{ io.Reader }{r}, *buf)
	return fmt.Sprintf("%s\n%x  %[1]s\n", f.Name, h.Sum(nil)), errors.Join(err, w.Close())
}

// h1 is the hash of hashes, in the order of names, which each sum begins with.
func h1(sums []string) string {
	slices.Sort(sums)
	h := sha256.New()
	for _, s := range sums {
		_, line, _ := strings.Cut(s, "\n")
		io.WriteString(h, line)
	}
	return "h1:" + base64.StdEncoding.EncodeToString(h.Sum(nil))
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
