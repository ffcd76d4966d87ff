package proxytest

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"
)

// checksums is a checksum database over the modules of a server.
type checksums struct {
	*sumdb.Server
	mods *catalog
	mu   sync.Mutex
	lies map[module.Version]bool
}

func (s *Server) startSumDB(name string) error {
	if name == "" {
		name = "sum.example.test"
	}
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return fmt.Errorf("proxytest: key of %s: %w", name, err)
	}
	s.SumDB, s.SumDBName = public, name
	s.sums = &checksums{mods: s.mods, lies: map[module.Version]bool{}}
	s.sums.Server = sumdb.NewServer(sumdb.NewTestServer(private, s.sums.record))
	return nil
}

// LieAbout makes the checksum database hold a wrong hash for the zip of
// "path@version". It must be told before anybody looks the module up.
func (s *Server) LieAbout(pathVersion string) {
	s.sums.mu.Lock()
	defer s.sums.mu.Unlock()
	s.sums.lies[parseVersion(pathVersion)] = true
}

// record makes the lines of go.sum for one module.
func (c *checksums) record(path, version string) ([]byte, error) {
	m := module.Version{Path: path, Version: version}
	text, err := c.mods.goSum([]module.Version{m})
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && c.lies[m] {
		_, mod, _ := strings.Cut(text, "\n")
		text = fmt.Sprintf("%s %s h1:%s\n%s", path, version, base64.StdEncoding.EncodeToString(make([]byte, 32)), mod)
	}
	return []byte(text), err
}

// findSum reads what a path below sumdb/ asks for.
func (s *Server) findSum(path, rest string) file {
	name, db, _ := strings.Cut(rest, "/")
	f := file{path: path, kinds: []string{"sumdb"}, db: "/" + db}
	switch what, _, _ := strings.Cut(db, "/"); what {
	case "supported", "lookup", "tile":
		f.kinds = append(f.kinds, what)
	case "latest":
		f.kinds = append(f.kinds, "tree")
	}
	if name != s.SumDBName {
		f.open = func() (Content, error) { return Content{}, fs.ErrNotExist }
	}
	return f
}

// answerSum lets the checksum database answer.
func (s *Server) answerSum(x *exchange) {
	if x.file.db == "/supported" {
		x.w.WriteHeader(http.StatusOK)
		return
	}
	r := x.r.Clone(x.r.Context())
	r.URL.Path = x.file.db
	s.sums.ServeHTTP(x.w, r)
}
