package loopback

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
)

// Limits of cmd/go (src/cmd/go/internal/modfetch/codehost/codehost.go); the
// lists' one is ours, the longest real ones have some hundred kilobytes.
const (
	maxZip   = 500 << 20
	maxMod   = 16 << 20
	maxSmall = 16 << 20
)

func limit(k Kind) int64 {
	switch k {
	case KindZip:
		return maxZip
	case KindMod:
		return maxMod
	}
	return maxSmall
}

// A Sums tells the h1 hashes that the job's go.sum files have for a module's
// zip, or for its go.mod file. Several may stand there.
type Sums interface {
	Zip(path, version string) []string
	Mod(path, version string) []string
}

// verify checks a complete answer: first that it is what the protocol says, then
// that it is what go.sum says. Its errors are *modproxy.ContentError and
// *modproxy.HashError.
func verify(f File, s *sink, sums Sums, resp *http.Response) error {
	content := func(reason string, err error) error {
		head := make([]byte, min(s.n, 256))
		s.reader().ReadAt(head, 0)
		return &modproxy.ContentError{URL: modproxy.Redact(resp.Request.URL), Reason: reason, Detail: modproxy.Beginning(head), Err: err}
	}
	if t, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err == nil && t == "text/html" {
		return content("is a web page", nil)
	}
	switch f.Kind {
	case KindInfo, KindLatest:
		return verifyInfo(f, s.buf.Bytes(), content)
	case KindList:
		if bytes.HasPrefix(bytes.TrimSpace(s.buf.Bytes()), []byte("<")) {
			return content("is a web page", nil)
		}
	case KindMod:
		if modfile.ModulePath(s.buf.Bytes()) == "" {
			return content("is no go.mod file", nil)
		}
		got, err := modproxy.ModHash(s.buf.Bytes())
		if err != nil {
			return err
		}
		return compare(got, sums.Mod(f.Module, f.Version), s.n, resp)
	case KindZip:
		return verifyZip(f, s, sums, resp, content)
	}
	return nil
}

func verifyInfo(f File, data []byte, content func(string, error) error) error {
	var info struct{ Version string }
	switch err := json.Unmarshal(data, &info); {
	case err != nil:
		return content("is no JSON", err)
	case info.Version == "":
		return content("names no version", nil)
	case f.Fixed() && info.Version != f.Version:
		return content("is about version "+info.Version, nil)
	}
	return nil
}

func verifyZip(f File, s *sink, sums Sums, resp *http.Response, content func(string, error) error) error {
	z, err := zip.NewReader(s.reader(), s.n)
	if err != nil {
		return content("is no zip file", err)
	}
	prefix := f.Module + "@" + f.Version + "/"
	for _, file := range z.File {
		if !strings.HasPrefix(file.Name, prefix) {
			return content("is the zip of something else, it has "+file.Name, nil)
		}
	}
	want := sums.Zip(f.Module, f.Version)
	if len(want) == 0 {
		return nil // go asks the checksum database
	}
	size := s.n
	accept := func(h1 string) error { return compare(h1, want, size, resp) }
	if s.claim != nil {
		z.RegisterDecompressor(zip.Deflate, inflate)
		if ok, err := s.fill(z, accept); ok {
			return err
		}
	}
	got, err := s.unpackedHash(z)
	if err != nil {
		var disk *SpoolError
		if errors.As(err, &disk) {
			return err
		}
		return content("is a broken zip file", err)
	}
	return accept(got)
}

func compare(got string, want []string, size int64, resp *http.Response) error {
	if len(want) == 0 || slices.Contains(want, got) {
		return nil
	}
	return &modproxy.HashError{URL: modproxy.Redact(resp.Request.URL), Got: got, Want: want[0], Size: size, Header: resp.Header}
}
