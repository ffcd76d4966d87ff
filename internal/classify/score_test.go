package classify

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// none is the label of a log in which no module download failed.
const none report.Class = "none"

// A sample is one labelled log of testdata/corpus.jsonl.
type sample struct {
	ID     string       `json:"id"`
	CI     string       `json:"ci"`
	Text   string       `json:"text"`
	Label  report.Class `json:"label"`
	Module string       `json:"module"`
	Host   string       `json:"host"`
	Note   string       `json:"note"`

	class report.Class    // what Log says
	found *report.Failure // its first failure, nil without one
}

// corpus reads the labelled logs. The host of Go's own default module proxy
// stands in them as {default}.
func corpus(t testing.TB) []sample {
	t.Helper()
	f, err := os.Open("testdata/corpus.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []sample
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s sample
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		s.Text = strings.ReplaceAll(s.Text, "{default}", "proxy.default.example")
		s.Host = strings.ReplaceAll(s.Host, "{default}", "proxy.default.example")
		s.class = none
		if found := Log(strings.NewReader(s.Text)); len(found) > 0 {
			s.class, s.found = found[0].Class, &found[0]
		}
		all = append(all, s)
	}
	return all
}

func classOf(log string) report.Class {
	found := Log(strings.NewReader(log))
	if len(found) == 0 {
		return none
	}
	return found[0].Class
}

// The bars that TestScore holds the classifier to.
const (
	macroF1 = 0.98
	classF1 = 0.90
)

var update = flag.Bool("update", false, "rewrite docs/classification.md")

// A score counts how often a class was right and wrong.
type score struct{ right, false, missed int }

func (s score) precision() float64 { return ratio(s.right, s.right+s.false) }
func (s score) recall() float64    { return ratio(s.right, s.right+s.missed) }
func (s score) f1() float64        { return ratio(2*s.right, 2*s.right+s.false+s.missed) }

func ratio(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

// TestScore holds what Log says of the corpus against its labels.
func TestScore(t *testing.T) {
	t.Parallel()
	scores := map[report.Class]*score{none: {}}
	for _, info := range report.Classes {
		scores[info.Class] = &score{}
	}
	samples := corpus(t)
	for _, s := range samples {
		if s.class == s.Label {
			scores[s.Label].right++
			continue
		}
		scores[s.Label].missed++
		scores[s.class].false++
		t.Logf("%s: got %s, want %s (%s)", s.ID, s.class, s.Label, s.Note)
		if s.Label == none || s.class == none {
			t.Errorf("%s: got %s, want %s: the two must never be mixed up", s.ID, s.class, s.Label)
		}
	}
	checkNames(t, samples)
	page, mean := scorePage(scores)
	if mean < macroF1 {
		t.Errorf("macro-F1 %.3f, want at least %.2f", mean, macroF1)
	}
	for class, s := range scores {
		if s.f1() < classF1 {
			t.Errorf("F1 of %s is %.3f, want at least %.2f", class, s.f1(), classF1)
		}
	}
	golden(t, "../../docs/classification.md", page)
}

// checkNames holds the module and host found against those of the labels.
func checkNames(t *testing.T, samples []sample) {
	t.Helper()
	var right, all int
	check := func(id, what, got, want string) {
		if want == "" {
			return
		}
		if all++; got == want {
			right++
			return
		}
		t.Logf("%s: %s %q, want %q", id, what, got, want)
	}
	for _, s := range samples {
		if s.found != nil {
			check(s.ID, "module", s.found.Module, s.Module)
			check(s.ID, "host", s.found.Host, s.Host)
		}
	}
	if ratio(right, all) < 0.99 {
		t.Errorf("%d of %d modules and hosts are right", right, all)
	}
}

// scorePage returns docs/classification.md and the mean of the classes' F1.
func scorePage(scores map[report.Class]*score) (page string, mean float64) {
	var rows strings.Builder
	classes := []report.Class{none}
	for _, info := range report.Classes {
		classes = append(classes, info.Class)
	}
	for _, class := range classes {
		s := scores[class]
		mean += s.f1() / float64(len(classes))
		fmt.Fprintf(&rows, "| %s | %d | %.3f | %.3f | %.3f |\n", class, s.right+s.missed, s.precision(), s.recall(), s.f1())
	}
	return fmt.Sprintf(scoreHead, mean) + rows.String(), mean
}

const scoreHead = `# How well failures are told apart

Written by ` + "`go test ./internal/classify -update`" + ` from internal/classify/testdata/corpus.jsonl, logs of provoked failures
of go 1.13 to 1.26, labelled by what was done. Precision: of the logs that got this class, how many are of it. Recall: of the
logs that are of this class, how many got it. F1: the harmonic mean of both. The mean of all F1 is %.3f.
The rules were written with these logs in sight: the numbers guard against falling back, they do not foretell other logs.

| class | logs | precision | recall | F1 |
| --- | --- | --- | --- | --- |
`

// golden compares a generated page with the file it is kept in.
func golden(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run go test ./internal/classify -update", file)
	}
}
