package modproxy

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/goproxy-setup/goproxy-setup/report"
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
	Winner  *Measurement // who is asked first of those that answer; nil when none does
	GOSUMDB string       // empty when it stays as it is
	Why     report.Text  // one sentence
	Note    report.Text  // what could not be helped, empty when nothing
}

// ErrNoneReachable: no candidate gave a right answer, so nothing may be exported.
var ErrNoneReachable = errors.New("no module proxy is reachable")

// maxPublic is how many public candidates are written into a list: the winner
// and two to fall back on. More would only spread module names further.
const maxPublic = 3

// Choose makes a selection from measurements. Candidates whose difference is
// noise keep their given order, so that equal runs give equal selections.
func Choose(ms []Measurement, p Policy) (Choice, error) {
	usable := pick(ms, Measurement.Reachable)
	if len(usable) == 0 && p.Unproven {
		usable = pick(ms, Measurement.answered)
	}
	if p.Fixed != nil {
		return chooseFixed(ms, rank(usable), p)
	}
	ranked := privateFirst(usable)
	switch none := len(ranked) == 0 && len(p.Local) == 0; {
	case none && len(ms) == 0 && p.Tail != "":
		return Choice{List: List{{Word: p.Tail}}, Why: report.Say("no module proxy was asked for, only %s", "没有指定模块代理，只有 %s", p.Tail)}, nil
	case none:
		return Choice{}, ErrNoneReachable
	}
	c := Choice{List: compose(ms, ranked, p), Why: why(ms, ranked)}
	if len(ranked) > 0 {
		c.Winner = ranked[0]
	}
	c.GOSUMDB, c.Note = chooseSumDB(ranked, c.List, p)
	c.Note = joined(c.Note, downNote(ms))
	return c, nil
}

// compose writes the list: local entries, private candidates also when they are
// down, the best public ones, the tail.
func compose(ms []Measurement, ranked []*Measurement, p Policy) List {
	var list List
	for _, e := range p.Local {
		list = append(list, Entry{URL: e.URL, Sep: ','})
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
	list[len(list)-1].Sep = ','
	return append(list, Entry{Word: cmp.Or(p.Tail, "direct")})
}

// downNote tells of a private candidate that keeps its place although it is down:
// go stops at it, and must.
func downNote(ms []Measurement) (note report.Text) {
	for _, m := range ms {
		if m.Private && m.down() {
			return report.Say("%s is down and is asked first all the same, since nobody else may be asked for its modules",
				"%s 不可用，但仍然最先向它请求，因为它的模块不能向别处请求", label(&m))
		}
	}
	return note
}

// stopNote tells of a module proxy that is down and stops go before it gets to one
// that is not.
func stopNote(l List, ms []Measurement) (note report.Text) {
	for _, e := range l {
		i := slices.IndexFunc(ms, func(m Measurement) bool { return e.URL != nil && trimmed(m.URL) == trimmed(e.URL) })
		if i < 0 || !ms[i].down() {
			break
		}
		if e.Sep == ',' {
			return report.Say("%s is down and go stops at it, since a comma follows it in GOPROXY: behind that only 404 and 410 lead on",
				"%s 不可用，而 go 会停在它那里：GOPROXY 中它后面是逗号，逗号之后只有 404 和 410 才会继续", label(&ms[i]))
		}
	}
	return note
}

func joined(a, b report.Text) report.Text {
	if a.EN == "" || b.EN == "" {
		return report.Text{EN: a.EN + b.EN, ZH: a.ZH + b.ZH}
	}
	return report.Text{EN: a.EN + "; " + b.EN, ZH: a.ZH + "；" + b.ZH}
}

func chooseFixed(ms []Measurement, ranked []*Measurement, p Policy) (Choice, error) {
	c := Choice{List: p.Fixed}
	switch {
	case !slices.ContainsFunc(p.Fixed, Entry.Remote):
		c.Why = report.Say("GOPROXY=%s is set (%s) and names no module proxy to measure", "已设置 GOPROXY=%s（%s），其中没有可测量的模块代理", p.Fixed.Redacted(), p.FixedSource)
		return c, nil
	case len(ranked) == 0:
		rest, ok := leadsOn(p.Fixed)
		if !ok {
			return Choice{}, ErrNoneReachable
		}
		c.Why = report.Say("GOPROXY is set (%s) and stays as it is; none of its module proxies is reachable, so all depends on %q",
			"GOPROXY 已设置（%s），保持不变；其中的模块代理均不可达，只能依靠 %q", p.FixedSource, rest.Redacted())
		return c, nil
	}
	c.Winner = ranked[0]
	reason := why(ms, ranked)
	c.Why = report.Text{
		EN: fmt.Sprintf("GOPROXY is set (%s) and stays as it is; %s", p.FixedSource, reason.EN),
		ZH: fmt.Sprintf("GOPROXY 已设置（%s），保持不变；%s", p.FixedSource, reason.ZH),
	}
	c.GOSUMDB, c.Note = chooseSumDB(ranked, p.Fixed, p)
	c.Note = joined(c.Note, stopNote(p.Fixed, ms))
	return c, nil
}

// leadsOn returns the entry that go gets to when all module proxies are dead, a
// local one or direct, and whether there is one.
func leadsOn(l List) (Entry, bool) {
	for _, e := range l {
		if !e.Remote() {
			return e, e.Word != "off"
		}
		if e.Sep != '|' {
			break
		}
	}
	return Entry{}, false
}

// answered reports whether a candidate at least spoke the protocol's 404.
func (m Measurement) answered() bool { return errors.Is(m.Err, fs.ErrNotExist) }

// late reports whether the race was over before the candidate had answered.
func (m Measurement) late() bool {
	var t *TimeoutError
	return errors.As(m.Err, &t) && t.Late
}

// down reports whether the candidate is known to be of no use: go gets past one that
// says 404, and of a late one nothing is known.
func (m Measurement) down() bool { return !m.Reachable() && !m.answered() && !m.late() }

func pick(ms []Measurement, which func(Measurement) bool) []*Measurement {
	var picked []*Measurement
	for i := range ms {
		if which(ms[i]) {
			picked = append(picked, &ms[i])
		}
	}
	return picked
}

// privateFirst puts private candidates before the ranked public ones, in their
// given order, for so they are asked.
func privateFirst(ms []*Measurement) []*Measurement {
	var private, public []*Measurement
	for _, m := range ms {
		if m.Private {
			private = append(private, m)
		} else {
			public = append(public, m)
		}
	}
	return append(private, rank(public)...)
}

// rank orders candidates by the race, fastest first, and behind them those who
// did not finish it, by latency. Among those within the margin of the fastest, the
// one that was given first goes first.
func rank(ms []*Measurement) []*Measurement {
	var ranked []*Measurement
	for left := slices.Clone(ms); len(left) > 0; {
		best := fastest(left)
		i := slices.IndexFunc(left, func(m *Measurement) bool {
			return m.finished() == best.finished() && m.score() <= best.score()+margin(best.score())
		})
		ranked = append(ranked, left[i])
		left = slices.Delete(left, i, i+1)
	}
	return ranked
}

func fastest(ms []*Measurement) *Measurement {
	return slices.MinFunc(ms, func(a, b *Measurement) int {
		switch {
		case a.finished() == b.finished():
			return cmp.Compare(a.score(), b.score())
		case a.finished():
			return -1
		}
		return 1
	})
}

func (m *Measurement) finished() bool { return m.Total > 0 }

// score is the time that counts in a comparison with others who finished, or
// with others who did not.
func (m *Measurement) score() time.Duration {
	if m.finished() {
		return m.Total
	}
	return m.Latency
}

func why(ms []Measurement, ranked []*Measurement) report.Text {
	switch {
	case len(ms) == 0:
		return report.Say("only local module proxies were asked for", "只指定了本地模块代理")
	case len(ranked) == 0:
		return report.Say("no module proxy over HTTP is reachable; the local ones stay", "没有可达的 HTTP 模块代理；保留本地的")
	}
	w := ranked[0]
	if !w.Reachable() {
		return report.Say("%s answers, but does not have the sample that could prove it, and the job needs no module to try instead",
			"%s 有应答，但没有可用于验证的样本，而本任务也没有可替代的模块", label(w))
	}
	s := winner(ms, ranked)
	if w.finished() {
		took := w.Total.Milliseconds()
		s.EN += fmt.Sprintf(": checked data in %d ms", took)
		s.ZH += fmt.Sprintf("：%d 毫秒内取得经过校验的数据", took)
	}
	return s
}

// winner says what makes the first of ranked the one to ask first.
func winner(ms []Measurement, ranked []*Measurement) report.Text {
	w := ranked[0]
	switch best, late := fastest(ranked), len(pick(ms, Measurement.late)); {
	case len(ms) == 1:
		return report.Say("%s is the only candidate and reachable", "%s 是唯一的候选，且可达", label(w))
	case best != w && w.Private:
		return report.Say("%s needs credentials and so is asked before all public ones", "%s 需要凭据，因此先于所有公共代理", label(w))
	case best != w:
		return report.Say("%[1]s comes first among equals of %[2]d reachable out of %[3]d (%[4]s was faster by less than the noise)",
			"%[3]d 个候选中 %[2]d 个可达，%[1]s 在相当者中排在最前（%[4]s 快出的部分在误差之内）", label(w), len(ranked), len(ms), best.Name)
	case late > 0:
		return report.Say("%[1]s was the fastest of %[2]d, before %[3]d had answered", "%[1]s 是 %[2]d 个中最快的，当时还有 %[3]d 个没有应答", label(w), len(ms), late)
	case len(ranked) == 1:
		return report.Say("%[1]s is the only one reachable out of %[2]d", "%[2]d 个候选中只有 %[1]s 可达", label(w), len(ms))
	}
	return report.Say("%[1]s was the fastest of %[2]d reachable out of %[3]d", "%[3]d 个候选中 %[2]d 个可达，%[1]s 最快", label(w), len(ranked), len(ms))
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
func chooseSumDB(ranked []*Measurement, list List, p Policy) (value string, note report.Text) {
	if p.GOSUMDB != SumGolang || len(ranked) == 0 {
		return "", note
	}
	for _, m := range ranked {
		if m.SumDB != No && inList(m, list) {
			return "", note // carried, or not known and then left alone
		}
	}
	if p.SumDB == Yes {
		return "", note
	}
	if p.AliasDB == Yes {
		return Alias, note
	}
	for _, m := range ranked {
		if m.SumDB == Yes { // behind the third public one, so without credentials
			return SumGolang + " " + strings.TrimSuffix(m.URL.String(), "/") + "/sumdb/" + SumGolang, note
		}
	}
	if p.SumDB == AnswerUnknown {
		return "", note
	}
	return "", report.Say("the checksum database cannot be reached: modules that go.sum does not know yet cannot be verified and will fail; open %s in the firewall, or add a module proxy that carries the database",
		"无法访问校验和数据库：go.sum 尚未记录的模块无法校验，会失败；请在防火墙中放行 %s，或加入提供该数据库的模块代理", SumGolang)
}

func inList(m *Measurement, list List) bool {
	return slices.ContainsFunc(list, func(e Entry) bool { return e.URL != nil && e.URL.String() == m.URL.String() })
}
