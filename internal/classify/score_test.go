package classify

import (
	"bufio"
	"encoding/json"
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

func TestScoreDev(t *testing.T) {
	n, mod, host, modn, hostn := 0, 0, 0, 0, 0
	for _, s := range corpus(t) {
		got := classOf(s.Text)
		f := Log(strings.NewReader(s.Text))
		if len(f) > 0 && s.Module != "" {
			modn++
			if f[0].Module == s.Module {
				mod++
			} else if os.Getenv("V") != "" {
				fmt.Println("MODULE", s.ID, "got", f[0].Module, "want", s.Module)
			}
		}
		if len(f) > 0 && s.Host != "" {
			hostn++
			if f[0].Host == s.Host {
				host++
			} else if os.Getenv("V") != "" {
				fmt.Println("HOST", s.ID, s.Label, "got", f[0].Host, "want", s.Host)
			}
		}
		if got != s.Label {
			n++
			t.Logf("%s %s: got %s want %s [%s] %s\n%.600s", s.ID, s.CI, got, s.Label, s.Note, "", s.Text)
		}
	}
	t.Logf("%d wrong; module %d/%d host %d/%d", n, mod, modn, host, hostn)
}
