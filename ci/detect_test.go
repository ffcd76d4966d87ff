package ci

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// Each file of testdata/detect is one job: its variables (env) and the
// well-known paths that exist (paths).
func TestDetect(t *testing.T) {
	t.Parallel()
	cases(t, "detect", func(t *testing.T, c *testCase) {
		getenv := lookupIn(c.env("env", ""))
		paths := strings.Fields(c.section("paths"))
		goos := strings.TrimSpace(c.section("goos"))
		exists := func(path string) bool { return slices.Contains(paths, path) }
		r := Inspect(getenv, exists, goos)
		c.want("want", fmt.Sprintf("system=%s\nfamily=%s\nby variables=%s\nversion=%s\nself-hosted=%t\ncontainer=%t\nrun=%s\ntemp=%s\nworkspace=%s\n",
			r.System.Name, r.System.Family, Detect(getenv).Name, r.Version, r.SelfHosted, r.Container,
			r.System.RunURL(getenv), r.System.Temp(getenv), r.System.Workspace(getenv)))
	})
}

func TestEverySystemHasADetectCase(t *testing.T) {
	if *update {
		t.Skip("the files are being written")
	}
	t.Parallel()
	files := caseFiles(t, "detect")
	for _, s := range Systems {
		if !slices.ContainsFunc(files, func(text string) bool {
			return strings.Contains(text, "\nsystem="+s.Name+"\n")
		}) {
			t.Errorf("no file in testdata/detect is a job of %s", s.Name)
		}
	}
}

func TestSystemsAreComplete(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, s := range Systems {
		if s.Name == "" || s.Title == "" || s.Family == "" || s.log == nil || seen[s.Name] {
			t.Errorf("row %+v has no name, title, family or dialect, or its name is taken", s)
		}
		seen[s.Name] = true
		if (s.export == nil) != (s.Family == FamilyGitHub) {
			t.Errorf("%s: exactly the family %s is exported elsewhere", s.Name, FamilyGitHub)
		}
		if u, err := url.Parse(s.Doc); s.Family != FamilyShell && (err != nil || u.Scheme != "https") {
			t.Errorf("%s: Doc %q is not an https address", s.Name, s.Doc)
		}
	}
	if last := Systems[len(Systems)-1]; last.Family != FamilyShell {
		t.Errorf("the last row is %s, want the shell that always matches", last.Name)
	}
}

func TestRule(t *testing.T) {
	t.Parallel()
	env := lookupIn(map[string]string{"A": "True", "B": "s1-big", "EMPTY": ""})
	for _, test := range []struct {
		name string
		rule Rule
		want bool
	}{
		{"no alternative never holds", nil, false},
		{"the empty alternative always holds", Rule{""}, true},
		{"a set variable", Rule{"B"}, true},
		{"an empty variable is not set", Rule{"EMPTY"}, false},
		{"values are compared in any case", Rule{"A=true"}, true},
		{"another value", Rule{"A=yes"}, false},
		{"not equal", Rule{"B!=other"}, true},
		{"not equal needs a value", Rule{"EMPTY!=other"}, false},
		{"not equal in any case", Rule{"A!=TRUE"}, false},
		{"prefix", Rule{"B^=s1-"}, true},
		{"wrong prefix", Rule{"B^=e1-"}, false},
		{"all terms must hold", Rule{"A=true C"}, false},
		{"one alternative is enough", Rule{"C", "A B"}, true},
		{"a value may hold an equals sign", Rule{"A=true=1"}, false},
	} {
		if got := test.rule.Holds(env); got != test.want {
			t.Errorf("%s: %q holds: %t, want %t", test.name, test.rule, got, test.want)
		}
	}
}
