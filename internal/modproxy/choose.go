package modproxy

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// SumGolang is the checksum database that the go command knows by itself, and
// Alias its other address (src/cmd/go/internal/modfetch/sumdb.go, dbDial).
const (
	SumGolang = "sum.golang.org"
	Alias     = "sum.golang.google.cn"
)

// A Policy is what the user and the go command want, whatever is measured.
type Policy struct {
	// Fixed is a GOPROXY that the user set. It is left as it is.
	Fixed       List
	FixedSource string // "environment", "GOENV file"
	// Local and Tail stand before and behind the selected candidates.
	Local List
	Tail  string // "direct" when empty
	// GOSUMDB as the go command has it, and whether the database and its alias
	// answer; both matter only when no selected candidate carries it.
	GOSUMDB        string
	SumDB, AliasDB Answer
	// Unproven: the job had nothing to check the user's own candidates with, so
	// one that only said 404 to the pinned sample is better than none.
	Unproven bool
}

// A Choice is what later steps should use.
type Choice struct {
	List    List
	Winner  *Measurement // nil when nothing was measured
	GOSUMDB string       // empty when it stays as it is
	Why     string       // one sentence
	Note    string       // what could not be helped, empty when nothing
}

// ErrNoneReachable: no candidate gave a right answer, so nothing may be exported.
var ErrNoneReachable = errors.New("no module proxy is reachable")

// maxPublic is how many public candidates are written into a list: the winner
// and two to fall back on. More would only spread module names further.
const maxPublic = 3

// Choose makes a selection from measurements. Candidates whose difference is
// noise keep their given order, so that equal runs give equal selections.
func Choose(ms []Measurement, p Policy) (Choice, error) {
	ranked := rank(ms, Measurement.Reachable)
	if len(ranked) == 0 && p.Unproven {
		ranked = rank(ms, Measurement.answered)
	}
	if p.Fixed != nil {
		return chooseFixed(ranked, p)
	}
	switch none := len(ranked) == 0 && len(p.Local) == 0; {
	case none && len(ms) == 0 && p.Tail != "":
		return Choice{List: List{{Word: p.Tail}}, Why: "no module proxy was asked for, only " + p.Tail}, nil
	case none:
		return Choice{}, ErrNoneReachable
	}
	var list List
	list = append(list, p.Local...)
	for i := range list {
		list[i].Sep = ','
	}
	for _, m := range ms {
		if m.Private {
			list = append(list, Entry{URL: m.URL, Sep: ','})
		}
	}
	public := slices.DeleteFunc(slices.Clone(ranked), func(m *Measurement) bool { return m.Private })
	for _, m := range public[:min(len(public), maxPublic)] {
		list = append(list, Entry{URL: m.URL, Sep: '|'})
	}
	tail := p.Tail
	if tail == "" {
		tail = "direct"
	}
	list[len(list)-1].Sep = ','
	list = append(list, Entry{Word: tail})
	c := Choice{List: list}
	if len(ranked) > 0 {
		c.Winner = ranked[0]
	}
	c.Why = why(ms, ranked)
	c.GOSUMDB, c.Note = chooseSumDB(ranked, list, p)
	return c, nil
}

func chooseFixed(ranked []*Measurement, p Policy) (Choice, error) {
	c := Choice{List: p.Fixed}
	switch remote := slices.ContainsFunc(p.Fixed, Entry.Remote); {
	case !remote:
		c.Why = fmt.Sprintf("GOPROXY=%s is set (%s) and names no module proxy to measure", p.Fixed.Redacted(), p.FixedSource)
		return c, nil
	case len(ranked) == 0 && !leadsOn(p.Fixed):
		return Choice{}, ErrNoneReachable
	case len(ranked) == 0:
		c.Why = fmt.Sprintf("GOPROXY is set (%s) and stays as it is; none of its module proxies is reachable, so all depends on %q", p.FixedSource, p.Fixed[len(p.Fixed)-1])
		return c, nil
	}
	c.Winner = ranked[0]
	c.Why = fmt.Sprintf("GOPROXY is set (%s) and stays as it is; of its module proxies %s was the fastest", p.FixedSource, label(ranked[0]))
	if !c.Winner.Reachable() {
		c.Why = fmt.Sprintf("GOPROXY is set (%s) and stays as it is; %s", p.FixedSource, why(nil, ranked))
	}
	c.GOSUMDB, c.Note = chooseSumDB(ranked, p.Fixed, p)
	return c, nil
}

// leadsOn reports whether go gets past dead module proxies to something local or direct.
func leadsOn(l List) bool {
	for _, e := range l {
		if !e.Remote() {
			return e.Word != "off"
		}
		if e.Sep != '|' {
			return false
		}
	}
	return false
}

// answered reports whether a candidate at least spoke the protocol's 404.
func (m Measurement) answered() bool { return errors.Is(m.Err, fs.ErrNotExist) }

// rank orders the eligible candidates by the race, fastest first. Among those
// within the margin of the fastest, the one that was given first goes first.
func rank(ms []Measurement, eligible func(Measurement) bool) []*Measurement {
	var left, ranked []*Measurement
	for i := range ms {
		if eligible(ms[i]) {
			left = append(left, &ms[i])
		}
	}
	for len(left) > 0 {
		best := slices.MinFunc(left, func(a, b *Measurement) int { return int(a.score() - b.score()) })
		i := slices.IndexFunc(left, func(m *Measurement) bool {
			return m.score() <= best.score()+margin(best.score())
		})
		ranked = append(ranked, left[i])
		left = slices.Delete(left, i, i+1)
	}
	return ranked
}

// score is the time of the whole race; who did not finish it comes after all
// who did, by latency.
func (m *Measurement) score() time.Duration {
	if m.Total > 0 {
		return m.Total
	}
	return time.Hour + m.Latency
}

func why(ms []Measurement, ranked []*Measurement) string {
	if len(ranked) == 0 {
		return "no module proxy over HTTP is reachable; the local ones stay"
	}
	w := ranked[0]
	if !w.Reachable() {
		return label(w) + " answers, but does not have the sample that could prove it, and the job needs no module to try instead"
	}
	s := fmt.Sprintf("%s was the fastest of %d reachable out of %d", label(w), len(ranked), len(ms))
	switch best := slices.MinFunc(ranked, func(a, b *Measurement) int { return int(a.score() - b.score()) }); {
	case len(ms) == 1:
		s = label(w) + " is the only candidate and reachable"
	case len(ranked) == 1:
		s = fmt.Sprintf("%s is the only one reachable out of %d", label(w), len(ms))
	case best != w:
		s = fmt.Sprintf("%s comes first among equals of %d reachable out of %d (%s was faster by less than the noise)", label(w), len(ranked), len(ms), best.Name)
	}
	if w.Total > 0 {
		s += fmt.Sprintf(": checked data in %d ms", w.Total.Milliseconds())
	}
	return s
}

func label(m *Measurement) string {
	if strings.HasPrefix(m.Name, m.URL.Host) {
		return m.Name
	}
	return fmt.Sprintf("%s (%s)", m.Name, m.URL.Host)
}

// chooseSumDB finds a way to the checksum database, and never away from it. It
// returns a value for GOSUMDB, empty when the present one stays, and a note when
// there is no way.
func chooseSumDB(ranked []*Measurement, list List, p Policy) (value, note string) {
	if p.GOSUMDB != SumGolang || len(ranked) == 0 {
		return "", ""
	}
	for _, m := range ranked {
		if m.SumDB != No && inList(m, list) {
			return "", "" // carried, or not known and then left alone
		}
	}
	if p.SumDB == Yes {
		return "", ""
	}
	if p.AliasDB == Yes {
		return Alias, ""
	}
	for _, m := range ranked {
		if m.SumDB == Yes && !m.Private {
			return SumGolang + " " + strings.TrimSuffix(m.URL.String(), "/") + "/sumdb/" + SumGolang, ""
		}
	}
	if p.SumDB == AnswerUnknown {
		return "", ""
	}
	return "", "the checksum database cannot be reached: modules that go.sum does not know yet cannot be verified and will fail; open " + SumGolang + " in the firewall, or add a module proxy that carries the database"
}

func inList(m *Measurement, list List) bool {
	return slices.ContainsFunc(list, func(e Entry) bool { return e.URL != nil && e.URL.String() == m.URL.String() })
}
