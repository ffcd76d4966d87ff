package classify

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// none is the label of a log in which no module download failed.
const none report.Class = "none"

// A sample is one labelled log of a corpus.
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

// corpora are the files of labelled logs in testdata and where they come from.
var corpora = []struct{ file, about string }{
	{"corpus.jsonl", "Failures provoked with go 1.13 to 1.26, labelled by what was done. The rules were written with these logs in sight."},
	{"extended.jsonl", "Failures provoked by testdata/provoke with go 1.19 to 1.26, git and ssh, in seventeen kinds of logs, after the rules were written.\n" +
		"On their first run two causes of 142 were missed: an ssh that is not there, and a go that is too old to tidy."},
	{"field.jsonl", "Snippets in own words after the shape of public logs and issue threads, of go 1.9 to 1.26 and of tools around it.\n\n" +
		"The first 133 (F) were written before a look at the rules. On their first run 122 were right (0.917), the mean F1 was 0.944, all 23\n" +
		"of none were right, and 10 of the 11 misses were failures that went unseen because another tool's words stood before them. One label\n" +
		"was changed afterwards (F052). The next 35 (G), of other tools, were written after that was mended: 34 were right on their first run."},
}

// corpus reads the logs that were there first.
func corpus(t testing.TB) []sample { return samples(t, corpora[0].file) }

// samples reads labelled logs. The host of Go's own default module proxy
// stands in them as {default}.
func samples(t testing.TB, file string) []sample {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", file))
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

// TestScore holds what Log says of each corpus against its labels.
func TestScore(t *testing.T) {
	t.Parallel()
	page := scoreHead
	for _, c := range corpora {
		page += "\n## " + c.file + "\n\n" + c.about + "\n\n" + scoreOf(t, c.file)
	}
	golden(t, "../../docs/classification.md", page)
}

// scoreOf holds one corpus to the bars and returns its table.
func scoreOf(t *testing.T, file string) string {
	t.Helper()
	scores := map[report.Class]*score{none: {}}
	for _, info := range report.Classes {
		scores[info.Class] = &score{}
	}
	samples := samples(t, file)
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
	table, mean := scoreTable(scores)
	if mean < macroF1 {
		t.Errorf("%s: macro-F1 %.3f, want at least %.2f", file, mean, macroF1)
	}
	for class, s := range scores {
		if s.f1() < classF1 {
			t.Errorf("%s: F1 of %s is %.3f, want at least %.2f", file, class, s.f1(), classF1)
		}
	}
	return table
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

// scoreTable returns a part of docs/classification.md and the mean F1 of the
// classes that have logs.
func scoreTable(scores map[report.Class]*score) (table string, mean float64) {
	var rows strings.Builder
	classes := []report.Class{none}
	for _, info := range report.Classes {
		classes = append(classes, info.Class)
	}
	var logs, found int
	for _, class := range classes {
		s := scores[class]
		if *s == (score{}) {
			continue
		}
		found++
		logs += s.right + s.missed
		mean += s.f1()
		fmt.Fprintf(&rows, "| %s | %d | %.3f | %.3f | %.3f |\n", class, s.right+s.missed, s.precision(), s.recall(), s.f1())
	}
	mean /= float64(found)
	return fmt.Sprintf("%d logs, mean F1 %.3f.\n\n| class | logs | precision | recall | F1 |\n| --- | --- | --- | --- | --- |\n", logs, mean) + rows.String(), mean
}

const scoreHead = `# How well failures are told apart

Written by ` + "`go test ./internal/classify -update`" + ` from the labelled logs in internal/classify/testdata. Precision: of the logs that got
this class, how many are of it. Recall: of the logs that are of this class, how many got it. F1: the harmonic mean of both.
Rules were mended with all of these logs in sight: the numbers guard against falling back, they do not foretell other logs.
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
