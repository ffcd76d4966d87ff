// Package doctor walks the chain that a module download needs on this machine,
// in the order in which things break, and says what is wrong, fix by fix.
//
// Each check is a row of one table and a function of what is known of the
// machine. What several checks need, the go command's settings, the route to a
// module proxy, the race, is a fact that is found out once; so the checks run
// side by side and judge without acting. Nothing is changed on the machine, but
// for a file that is written into the caches and removed again to learn whether
// it can be.
//
// No host of a private module is ever contacted, with no flag: for those the
// doctor only looks for the credentials that lie on this machine.
package doctor

import (
	"context"
	"fmt"
	"sync"

	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// A Verdict is what a finding means for a Go build on this machine.
type Verdict string

// The verdicts.
const (
	OK   Verdict = "ok"
	Warn Verdict = "warn" // a build can work, but something is not as it seems
	Fail Verdict = "fail" // a build cannot work
	Skip Verdict = "skip" // could not be looked at, or does not matter here
)

// A Finding is one sentence about this machine.
type Finding struct {
	Check    string       `json:"check"` // name of the row in Checks
	Verdict  Verdict      `json:"verdict"`
	Text     report.Text  `json:"text"`
	Evidence []string     `json:"evidence,omitempty"` // the words of others that prove it, redacted
	Class    report.Class `json:"class,omitempty"`    // what it fails with, or would
	Fix      report.Text  `json:"fix,omitzero"`       // what to do; commands are the same in all languages
}

// A Diagnosis is the answer of the doctor. Its JSON form is stable.
type Diagnosis struct {
	OK       bool      `json:"ok"` // no finding is a fail
	Findings []Finding `json:"findings"`
}

// A Check looks at one link of the chain. It returns one finding when all is
// well, else one for each thing that is not.
type Check struct {
	Name string
	run  func(context.Context, *exam) []Finding
}

// Checks are in the order in which things break: what a check finds wrong may be
// the cause of what the later ones do.
var Checks = []Check{
	{"go", checkGo},
	{"settings", checkSettings},
	{"forward-from", checkLayers},
	{"forward-proxy", checkForward},
	{"dns", checkDNS},
	{"connect", checkConnect},
	{"certificates", checkRoots},
	{"tls", checkTLS},
	{"module-proxy", checkModuleProxies},
	{"checksum-db", checkSumDB},
	{"git", checkGit},
	{"private", checkPrivate},
	{"folders", checkFolders},
	{"modules", checkModules},
	{"antivirus", checkAntivirus},
	{"runner", checkRunner},
	{"loopback", checkLoopback},
}

// Examine runs all checks side by side. show gets each finding in the order of
// the table, as soon as it and all before it are there.
func Examine(ctx context.Context, w World, show func(Finding)) Diagnosis {
	e := newExam(ctx, w)
	defer e.close()
	found := make([][]Finding, len(Checks))
	done := make([]chan struct{}, len(Checks))
	var wg sync.WaitGroup
	for i, c := range Checks {
		done[i] = make(chan struct{})
		wg.Go(func() {
			defer close(done[i])
			found[i] = c.findings(ctx, e)
		})
	}
	d := Diagnosis{OK: true, Findings: []Finding{}}
	for i := range Checks {
		<-done[i]
		for _, f := range found[i] {
			d.OK = d.OK && f.Verdict != Fail
			d.Findings = append(d.Findings, f)
			show(f)
		}
	}
	wg.Wait()
	return d
}

func (c Check) findings(ctx context.Context, e *exam) []Finding {
	fs := c.run(ctx, e)
	for i := range fs {
		fs[i].Check = c.Name
		for j, line := range fs[i].Evidence {
			fs[i].Evidence[j] = classify.Redact(line)
		}
	}
	return fs
}

// say is one sentence in both languages, with the same operands in the same order.
func say(en, zh string, a ...any) report.Text {
	return report.Text{EN: fmt.Sprintf(en, a...), ZH: fmt.Sprintf(zh, a...)}
}

func fine(t report.Text) Finding    { return Finding{Verdict: OK, Text: t} }
func skipped(t report.Text) Finding { return Finding{Verdict: Skip, Text: t} }

// bad is a finding with its class; v is Warn or Fail.
func bad(v Verdict, c report.Class, t report.Text) Finding {
	return Finding{Verdict: v, Class: c, Text: t}
}

func warn(c report.Class, t report.Text) Finding { return bad(Warn, c, t) }
func fail(c report.Class, t report.Text) Finding { return bad(Fail, c, t) }

// todo adds what to do.
func (f Finding) todo(t report.Text) Finding {
	f.Fix = t
	return f
}

// paste adds what to do as lines to paste, the same in every language.
func (f Finding) paste(lines string) Finding {
	f.Fix = report.Text{EN: lines}
	return f
}

// proof adds evidence.
func (f Finding) proof(lines ...string) Finding {
	f.Evidence = append(f.Evidence, lines...)
	return f
}
