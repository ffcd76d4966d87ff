package modproxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/module"

	"github.com/goproxy-setup/goproxy-setup/internal/golden"
	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
)

const raceModule = "graph.example.test/m0000"

// A field of module proxies that have the same module, each with a certificate
// of its own.
type raceField struct {
	roots  *x509.CertPool
	sample Sample
}

func newField() *raceField { return &raceField{roots: x509.NewCertPool()} }

// server adds a module proxy. Its zip is three times what a race reads of it.
func (f *raceField) server(t *testing.T, change func(*x509.Certificate)) *proxytest.Server {
	t.Helper()
	srv := proxytest.NewWith(t, proxytest.Config{TLS: true, Cert: change}, &proxytest.Graph{Modules: 1, ZipSize: 3 * sampleBytes})
	pem, err := os.ReadFile(srv.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	f.roots.AppendCertsFromPEM(pem)
	f.sample = Sample{Module: module.Version{Path: raceModule, Version: "v1.0.0"}, ModHash: srv.ModHash(raceModule + "@v1.0.0")}
	return srv
}

func (f *raceField) race(ctx context.Context, candidates []Candidate, o RaceOptions) []Measurement {
	c := NewClient(Options{RootCAs: f.roots})
	defer c.Close()
	o.Sample = f.sample
	return c.Race(ctx, candidates, o)
}

func candidateAt(t *testing.T, name, base string) Candidate {
	t.Helper()
	return Candidate{Name: name, URL: parseURL(t, base)}
}

// expired is a certificate that nobody should take.
func expired(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }

// TestRaceRightOneWins: eight candidates, of which the quickest to connect, to say
// anything and to send a .mod are all wrong (the simulation of the design). It runs
// alone, since a busy machine would decide the race.
func TestRaceRightOneWins(t *testing.T) {
	f := newField()
	mute := strings.Replace(proxytest.Mute(t), "http:", "https:", 1)
	refused, bad := proxytest.Refused(t), f.server(t, expired)
	thinking, slow, html := f.server(t, nil), f.server(t, nil), f.server(t, nil)
	good, better := f.server(t, nil), f.server(t, nil)
	candidates := []Candidate{
		candidateAt(t, "mute", mute),
		candidateAt(t, "refused", refused),
		candidateAt(t, "certificate", bad.URL),
		candidateAt(t, "thinking", thinking.URL+"/delay=5s"),
		candidateAt(t, "slow", slow.URL+"/slow=5KB"),
		candidateAt(t, "html", html.URL+"/html"),
		candidateAt(t, "good", good.URL+"/delay=1s"),
		candidateAt(t, "better", better.URL),
	}
	for run := range 20 {
		start := time.Now()
		ms := f.race(t.Context(), candidates, RaceOptions{Budget: time.Minute})
		took := time.Since(start)
		for i, m := range ms {
			if m.Name != candidates[i].Name {
				t.Fatalf("run %d: result %d is %s, want %s: the order is that of the candidates", run, i, m.Name, candidates[i].Name)
			}
			checkLoser(t, m)
		}
		c, err := Choose(ms, Policy{})
		if err != nil {
			t.Fatal(err)
		}
		if c.Winner.Name != "better" {
			t.Errorf("run %d: %s", run, c.Why)
		}
		if latest := c.Winner.Total + margin(c.Winner.Total) + 5*time.Second; took > latest {
			t.Errorf("run %d took %v, the winner %v", run, took, c.Winner.Total)
		}
	}
}

// checkLoser: what is wrong with a candidate is told by type, unless the race was over
// before that was known.
func checkLoser(t *testing.T, m Measurement) {
	t.Helper()
	var (
		late    *TimeoutError
		cert    *tls.CertificateVerificationError
		content *ContentError
	)
	if m.late() {
		errors.As(m.Err, &late)
		phases := []Phase{PhaseConnect, PhaseTLS, PhaseHeader, PhaseBody}
		if m.Name == "mute" {
			phases = []Phase{PhaseConnect, PhaseTLS}
		}
		if !slices.Contains(phases, late.Phase) || m.Name == "better" {
			t.Errorf("%s is late in phase %s", m.Name, late.Phase)
		}
		return
	}
	ok := map[string]bool{
		"mute":        false,
		"refused":     errors.Is(m.Err, syscall.ECONNREFUSED) || m.Err != nil && strings.Contains(m.Err.Error(), "refused"),
		"certificate": errors.As(m.Err, &cert),
		"thinking":    false,
		"html":        errors.As(m.Err, &content),
		"slow":        m.Err == nil && m.Total == 0,
		"good":        m.Err == nil,
		"better":      m.Err == nil && m.Total > 0,
	}[m.Name]
	if !ok {
		t.Errorf("%s: total %v, error %v", m.Name, m.Total, m.Err)
	}
}

// TestRaceVerdicts reads testdata/race.txt: a faulty base URL in each case, and what
// a race with nobody else says of it.
func TestRaceVerdicts(t *testing.T) {
	t.Parallel()
	f := newField()
	srv, bad := f.server(t, nil), f.server(t, expired)
	bases := map[string]string{
		"mute":        proxytest.Mute(t),
		"mute TLS":    strings.Replace(proxytest.Mute(t), "http:", "https:", 1),
		"refused":     proxytest.Refused(t),
		"certificate": bad.URL,
	}
	golden.Run(t, "testdata/race.txt", func(t *testing.T, in []string) []string {
		base, ok := bases[in[0]]
		if !ok {
			base = srv.URL + in[0]
		}
		budget, answers := time.Minute, false
		switch in[len(in)-1] {
		case "in vain":
			budget = 800 * time.Millisecond
		case "answers":
			base, answers = strings.Replace(base, srv.URL, srv.URL+lateZip, 1), true
		}
		m := f.race(t.Context(), []Candidate{candidateAt(t, "it", base)}, RaceOptions{Budget: budget, SumDB: srv.SumDBName})[0]
		checkTimes(t, m)
		out := rig{Server: srv}.verdict(m)
		if answers {
			names := [...]string{AnswerUnknown: "unknown", Yes: "yes", No: "no"}
			out = append(out, "checksum database: "+names[m.SumDB]+", honest about what does not exist: "+names[m.NotFound])
		}
		return out
	})
}

// lateZip lets the zip be the last to come, so that a race with nobody else does not
// end before the other answers are in.
const lateZip = "/delay=500ms@zip"

func (r rig) verdict(m Measurement) []string {
	var cert *tls.CertificateVerificationError
	var out []string
	switch {
	case errors.As(m.Err, &cert):
		out = append(out, "unreachable: "+cert.Err.Error()[:len("x509: certificate has expired")])
	case errors.Is(m.Err, syscall.ECONNREFUSED):
		out = append(out, "unreachable: connection refused")
	case m.Err != nil:
		out = append(out, "unreachable: "+r.says(m.Err))
	case m.Total > 0:
		out = append(out, "finishes")
	default:
		out = append(out, "reachable, does not finish")
	}
	if m.ZipErr != nil {
		out = append(out, "zip: "+r.says(m.ZipErr))
	}
	if m.Hops != nil {
		out = append(out, "zip by way of "+strings.ReplaceAll(fmt.Sprint(m.Hops), strings.TrimPrefix(r.StorageURL, "https://"), "storage"))
	}
	return out
}

func checkTimes(t *testing.T, m Measurement) {
	t.Helper()
	p := m.Phases
	if p.DNS < 0 || p.Connect < 0 || p.TLS < 0 || p.FirstByte < 0 {
		t.Errorf("phases %+v", p)
	}
	if m.Err == nil && (m.Latency <= 0 || p.Connect <= 0 || p.TLS <= 0 || p.FirstByte <= 0) {
		t.Errorf("latency %v, phases %+v of a good answer", m.Latency, p)
	}
	if m.Total > 0 && (m.Total < m.Latency || m.Throughput <= 0) {
		t.Errorf("latency %v, total %v, throughput %d", m.Latency, m.Total, m.Throughput)
	}
	if m.Err != nil && m.Total > 0 {
		t.Errorf("finished although %v", m.Err)
	}
}

// TestRaceWithoutDatabase: where none is used, nobody is asked for one.
func TestRaceWithoutDatabase(t *testing.T) {
	t.Parallel()
	f := newField()
	srv := f.server(t, nil)
	m := f.race(t.Context(), []Candidate{candidateAt(t, "it", srv.URL+lateZip)}, RaceOptions{Budget: time.Minute})[0]
	if m.SumDB != AnswerUnknown || srv.Count("sumdb/*") != 0 {
		t.Errorf("database %v after %d requests", m.SumDB, srv.Count("sumdb/*"))
	}
	for _, p := range srv.Paths() {
		if !strings.HasPrefix(p, raceModule+"/@v/") {
			t.Errorf("the race asks for %s", p)
		}
	}
	if n := srv.Count(raceModule + "/@v/*"); n != 3 {
		t.Errorf("%d requests, want .mod, .zip and what does not exist", n)
	}
}

// TestRaceDishonest: a server that has an answer for everything.
func TestRaceDishonest(t *testing.T) {
	t.Parallel()
	f := newField()
	srv := f.server(t, nil)
	files := map[string][]byte{}
	for _, ext := range []string{".mod", ".zip"} {
		files[ext] = fetchAll(t, srv, raceModule+"/@v/v1.0.0"+ext)
	}
	asked := make(chan struct{})
	yes := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".zip") {
			<-asked // the race ends with the zip
		}
		for ext, data := range files { // without Range
			if strings.HasSuffix(r.URL.Path, "/v1.0.0"+ext) {
				w.Write(data)
			}
		}
		if strings.HasSuffix(r.URL.Path, "/v99.99.99.mod") {
			defer close(asked)
		}
	}))
	defer yes.Close()
	m := f.race(t.Context(), []Candidate{candidateAt(t, "it", yes.URL)}, RaceOptions{Budget: time.Minute})[0]
	if m.Err != nil || m.NotFound != No || m.Total == 0 {
		t.Errorf("%+v, want a finish and a wrong answer for what does not exist", m)
	}
}

func fetchAll(t *testing.T, srv *proxytest.Server, path string) []byte {
	t.Helper()
	resp, err := srv.Client().Get(srv.URL + "/" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, err)
	}
	return bytes.Clone(data)
}

// TestRaceCancelled: a race ends with its context, and says nothing wrong then.
func TestRaceCancelled(t *testing.T) {
	t.Parallel()
	f := newField()
	srv := f.server(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { srv.Wait("/hang/*.mod", 1); cancel() }()
	ms := f.race(ctx, []Candidate{candidateAt(t, "a", srv.URL+"/hang"), candidateAt(t, "b", proxytest.Mute(t))}, RaceOptions{Budget: time.Hour})
	for _, m := range ms {
		if m.Reachable() || m.down() {
			t.Errorf("%s: reachable %t, down %t, %v", m.Name, m.Reachable(), m.down(), m.Err)
		}
	}
}

func TestRaceOfNobody(t *testing.T) {
	t.Parallel()
	if ms := newField().race(t.Context(), nil, RaceOptions{Budget: time.Hour}); len(ms) != 0 {
		t.Errorf("%v", ms)
	}
}

// TestRaceBrief: a lone candidate is asked for no zip, several are all the same.
func TestRaceBrief(t *testing.T) {
	t.Parallel()
	f := newField()
	alone, other := f.server(t, nil), f.server(t, nil)
	zips := func(srv *proxytest.Server) (n int) {
		for _, q := range srv.Requests() {
			if strings.HasSuffix(q.Path, ".zip") {
				n++
			}
		}
		return n
	}
	o := RaceOptions{Budget: time.Minute, SumDB: "sum.example.com", Brief: true}
	m := f.race(t.Context(), []Candidate{candidateAt(t, "alone", alone.URL)}, o)[0]
	if !m.Reachable() || m.Total < m.Latency || m.Latency == 0 || m.NotFound != Yes || m.SumDB != No {
		t.Errorf("%+v", m)
	}
	if n := zips(alone); n != 0 {
		t.Errorf("%d zips asked for", n)
	}
	f.race(t.Context(), []Candidate{candidateAt(t, "alone", alone.URL), candidateAt(t, "other", other.URL)}, o)
	if zips(alone) == 0 {
		t.Error("a choice is made without a zip")
	}
	if m := f.race(t.Context(), []Candidate{candidateAt(t, "bad", alone.URL+"/html")}, o)[0]; m.Reachable() {
		t.Errorf("a web page counts: %+v", m)
	}
}

// TestRaceGoesOn: a lone candidate that loses answers is still the only one there is.
func TestRaceGoesOn(t *testing.T) {
	t.Parallel()
	f := newField()
	srv := f.server(t, nil)
	for _, tt := range []struct {
		fault     string
		reachable bool
	}{
		{"resetx5@mod", true}, {"eofx3@mod", true}, {"503x3@mod", true}, {"hangx1@mod", true}, {"htmlx4@mod", true}, {"wrongx4@mod", true},
		{"reset", false}, {"403", false}, {"html", false}, {"wrong", false},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			t.Parallel()
			for _, brief := range []bool{true, false} {
				o := RaceOptions{Budget: 4 * time.Second, Brief: brief}
				m := f.race(t.Context(), []Candidate{candidateAt(t, "a", fmt.Sprintf("%s/seed=%s-%v/%s", srv.URL, strings.ReplaceAll(tt.fault, "@", "-"), brief, tt.fault))}, o)[0]
				if m.Reachable() != tt.reachable {
					t.Errorf("brief %v: %v", brief, m.Err)
				}
			}
		})
	}
}

// TestRaceBadSample: a sample that has no path is an error of each, not a crash.
func TestRaceBadSample(t *testing.T) {
	t.Parallel()
	c := NewClient(Options{})
	defer c.Close()
	ms := c.Race(t.Context(), []Candidate{{Name: "a", URL: &url.URL{Scheme: "http", Host: "127.0.0.1:0"}}}, RaceOptions{
		Sample: Sample{Module: module.Version{Path: "no path", Version: "v1.0.0"}}, Budget: time.Hour,
	})
	var bad *module.InvalidPathError
	if !errors.As(ms[0].Err, &bad) {
		t.Errorf("error %v", ms[0].Err)
	}
}
