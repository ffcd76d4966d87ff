package setup

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/config"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/machine"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
)

// A userScope is HKCU\Environment of a test.
type userScope struct {
	vars []machine.Variable
	err  error // of the next write
}

func (u *userScope) read() ([]machine.Variable, error) { return slices.Clone(u.vars), nil }

func (u *userScope) write(set []machine.Variable) error {
	if u.err != nil {
		return u.err
	}
	for _, v := range set {
		u.vars = slices.DeleteFunc(u.vars, func(old machine.Variable) bool { return strings.EqualFold(old.Name, v.Name) })
		if !v.Absent {
			u.vars = append(u.vars, v)
		}
	}
	slices.SortFunc(u.vars, func(a, b machine.Variable) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// A desk is a user's folders, a scope and the store for them.
type desk struct {
	*testing.T
	persistStore
	goenv string
	scope userScope
}

func newDesk(t *testing.T, goenv string, scope ...machine.Variable) *desk {
	home := t.TempDir()
	d := &desk{T: t, goenv: filepath.Join(home, "go", "env"), scope: userScope{vars: slices.Clone(scope)}}
	d.persistStore = persistStore{dir: filepath.Join(home, "goproxy-setup"), read: d.scope.read, write: d.scope.write}
	if goenv != "" {
		if err := putText(d.goenv, &goenv, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func (d *desk) persist(vars ...ci.Var) error {
	d.Helper()
	p, err := d.plan(d.goenv, vars)
	if err != nil {
		return err
	}
	return d.apply(p)
}

func (d *desk) undo() (left []change) {
	d.Helper()
	p, err := d.load()
	if err != nil || p == nil {
		d.Fatalf("state: %v, %v", p, err)
	}
	left, err = d.revert(*p)
	if err != nil {
		d.Fatal(err)
	}
	return left
}

func (d *desk) text() string {
	data, err := os.ReadFile(d.goenv)
	if errors.Is(err, os.ErrNotExist) {
		return "none"
	}
	if err != nil {
		d.Fatal(err)
	}
	return string(data)
}

func (d *desk) edit(old, now string) {
	d.Helper()
	if !strings.Contains(d.text(), old) {
		d.Fatalf("%q is not in %q", old, d.text())
	}
	if err := os.WriteFile(d.goenv, []byte(strings.Replace(d.text(), old, now, 1)), 0o600); err != nil {
		d.Fatal(err)
	}
}

func TestPersistAndUndo(t *testing.T) {
	t.Parallel()
	goproxy, sumdb := ci.Var{Name: "GOPROXY", Value: "https://a.example,direct"}, ci.Var{Name: "GOSUMDB", Value: "sum.golang.google.cn"}
	old := machine.Variable{Name: "GoProxy", Value: `%CORP%/go`, Expand: true}
	for name, c := range map[string]struct {
		goenv  string
		scope  []machine.Variable
		edit   func(*desk) // between persist and undo
		during string      // what go reads then, in the file
		after  string
		left   int
	}{
		"no file":                      {"", nil, nil, "GOPROXY=https://a.example,direct\nGOSUMDB=sum.golang.google.cn\n", "none", 0},
		"a file, odd to the byte":      {"# mine\r\n\nGOSUMDB=off\nGOPROXY=x\nGOPROXY=y\nodd", nil, nil, "", "# mine\r\n\nGOSUMDB=off\nGOPROXY=x\nGOPROXY=y\nodd", 0},
		"an empty file":                {"\n", nil, nil, "", "\n", 0},
		"another name was set since":   {"", nil, func(d *desk) { d.edit("GOSUMDB", "GOFLAGS=-x\nGOSUMDB") }, "", "GOFLAGS=-x\n", 0},
		"one of ours was set since":    {"GOPROXY=old\n", nil, func(d *desk) { d.edit("https://a.example,direct", "off") }, "", "GOPROXY=off\n", 1},
		"one of ours was taken away":   {"GOPROXY=old\n", nil, func(d *desk) { d.edit("GOPROXY=https://a.example,direct\n", "") }, "", "", 1},
		"undone by hand":               {"GOPROXY=old\n", nil, func(d *desk) { d.edit("https://a.example,direct", "old") }, "", "GOPROXY=old\n", 0},
		"the file is gone":             {"GOPROXY=old\n", nil, func(d *desk) { os.Remove(d.goenv) }, "", "none", 1},
		"twice":                        {"GOPROXY=old\n", nil, func(d *desk) { d.persist(ci.Var{Name: "GOPROXY", Value: "https://b.example"}) }, "", "GOPROXY=old\n", 0},
		"twice, with a change between": {"GOPROXY=old\n", nil, func(d *desk) { d.edit("GOSUMDB", "GOFLAGS=-x\nGOSUMDB"); d.persist(goproxy) }, "", "GOPROXY=old\nGOFLAGS=-x\n", 0},
		"a variable of the user":       {"", []machine.Variable{old}, nil, "", "none", 0},
		"the variable was set since":   {"", []machine.Variable{old}, func(d *desk) { d.scope.write([]machine.Variable{{Name: "GOPROXY", Value: "off"}}) }, "", "none", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, c.goenv, c.scope...)
			if err := d.persist(goproxy, sumdb); err != nil {
				t.Fatal(err)
			}
			if got := gocmd.ParseEnvFile(d.text()); got["GOPROXY"] != goproxy.Value || got["GOSUMDB"] != sumdb.Value {
				t.Errorf("go reads %v from %q", got, d.text())
			}
			if c.during != "" && d.text() != c.during {
				t.Errorf("file %q, want %q", d.text(), c.during)
			}
			for _, v := range d.scope.vars {
				if v.Value != goproxy.Value || len(d.scope.vars) != len(c.scope) {
					t.Errorf("the user's variables are %v", d.scope.vars)
				}
			}
			if info, err := os.Stat(d.file()); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("state file: %v, %v", info, err)
			}
			if err := machine.CheckPrivate(d.dir); err != nil {
				t.Error(err)
			}
			want := slices.Clone(c.scope)
			if c.edit != nil {
				c.edit(d)
				if len(c.scope) > 0 {
					want = slices.Clone(d.scope.vars)
				}
			}
			if left := d.undo(); d.text() != c.after || len(left) != c.left {
				t.Errorf("after undo the file is %q, %d left; want %q, %d", d.text(), len(left), c.after, c.left)
			}
			if !slices.EqualFunc(d.scope.vars, want, func(a, b machine.Variable) bool {
				return strings.EqualFold(a.Name, b.Name) && a.Value == b.Value && a.Expand == b.Expand
			}) {
				t.Errorf("after undo the user's variables are %v, want %v", d.scope.vars, want)
			}
			if p, err := d.load(); p != nil || err != nil {
				t.Errorf("after undo the state is %v, %v", p, err)
			}
			if _, err := os.Stat(d.dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("after undo the folder of the state: %v", err)
			}
		})
	}
}

// When one place refuses, the others are as they were.
func TestPersistIsAllOrNothing(t *testing.T) {
	t.Parallel()
	v := ci.Var{Name: "GOPROXY", Value: "https://a.example"}
	old := machine.Variable{Name: "GOPROXY", Value: "https://old.example"}

	d := newDesk(t, "GOPROXY=file\n", old)
	d.scope.err = errors.New("access is denied")
	if err := d.persist(v); !errors.Is(err, d.scope.err) {
		t.Errorf("persist = %v, want the error of the registry", err)
	}
	d.wantUntouched("GOPROXY=file\n", old)

	d = newDesk(t, "", old)
	if err := os.WriteFile(filepath.Dir(d.goenv), nil, 0o600); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	if err := d.persist(v); err == nil {
		t.Error("persist below a file went well")
	}
	if len(d.scope.vars) != 1 || d.scope.vars[0] != old {
		t.Errorf("the user's variables are %v", d.scope.vars)
	}

	d = newDesk(t, "G\x00O\x00P\x00R\x00O\x00X\x00Y\x00", old)
	if err := d.persist(v); err == nil || !strings.Contains(err.Error(), "UTF-16") {
		t.Errorf("persist into UTF-16 = %v", err)
	}
	d.wantUntouched("G\x00O\x00P\x00R\x00O\x00X\x00Y\x00", old)

	d = newDesk(t, "", old)
	if err := errors.Join(os.Mkdir(d.dir, 0o700), os.WriteFile(d.file(), []byte("{half"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := d.persist(v); err == nil || !strings.Contains(err.Error(), "persist.json") {
		t.Errorf("persist over a broken state = %v", err)
	}
}

func (d *desk) wantUntouched(text string, old machine.Variable) {
	d.Helper()
	if d.text() != text || len(d.scope.vars) != 1 || d.scope.vars[0] != old {
		d.Errorf("file %q, variables %v", d.text(), d.scope.vars)
	}
	if p, err := d.load(); p != nil || err != nil {
		d.Errorf("state %v, %v", p, err)
	}
}

// A file that is kept elsewhere and linked to stays a link.
func TestPersistFollowsLinks(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "GOPROXY=old\n")
	link := filepath.Join(t.TempDir(), "env")
	if err := os.Symlink(d.goenv, link); err != nil {
		t.Skip("no links here:", err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Skip("links are not told from files here, as under Wine 8")
	}
	p, err := d.plan(link, []ci.Var{{Name: "GOPROXY", Value: "https://a.example"}})
	if err == nil {
		err = d.apply(p)
	}
	info, lerr := os.Lstat(link)
	if err != nil || lerr != nil || info.Mode()&os.ModeSymlink == 0 || d.text() != "GOPROXY=https://a.example\n" {
		t.Errorf("%v, %v: link %v, file %q", err, lerr, info, d.text())
	}
}

// What must not outlive the run is refused.
func TestPersistable(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	for list, want := range map[string]string{
		"https://a.example,direct":                             "",
		"https://ci:hunter2@a.example":                         "password",
		"https://token@a.example|https://b.example":            "password",
		"http://127.0.0.1:3000":                                "127.0.0.1:3000",
		"https://a.example|http://[::1]:3000,direct":           "[::1]:3000",
		"http://localhost:3000":                                "localhost",
		"http://Athens.localhost.:3000":                        "localhost",
		"http://127.8.9.10/ABC/all|https://a.example":          "127.8.9.10",
		"http://[::ffff:127.0.0.1]:3000":                       "ffff",
		"http://0.0.0.0:3000":                                  "0.0.0.0",
		"https://127.example,https://localhost.example,direct": "",
		"file:///srv/modules":                                  "",
	} {
		c, err := config.Parse("setup", []string{"-persist", "user", "-lang", "en"}, func(string) string { return "" }, nil)
		if err != nil {
			t.Fatal(err)
		}
		r := New(World{OS: runtime.GOOS, Getenv: func(name string) string {
			return map[string]string{"HOME": home, "AppData": home}[name]
		}}, c, "setup")
		r.settings = gocmd.Settings{GOENV: filepath.Join(home, "env"), Layers: map[string]gocmd.Layer{}}
		if r.choice.List, err = modproxy.ParseList(list); err != nil {
			t.Fatal(err)
		}
		switch err := r.persistable(t.Context()); {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", list, err, want)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%s: the error shows the password: %v", list, err)
		}
	}
}

// The places that hide what is written are named.
func TestPersistNamesWhatHides(t *testing.T) {
	t.Parallel()
	c, err := config.Parse("setup", []string{"-persist", "user", "-lang", "en"}, func(string) string { return "" }, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := New(World{OS: "windows", Getenv: func(name string) string {
		return map[string]string{"GOPROXY": "https://shell.example", "GOSUMDB": "off"}[name]
	}, Scope: func(s machine.Scope) ([]machine.Variable, error) {
		if s == machine.Machine {
			return []machine.Variable{{Name: "GoSumDB", Value: "off"}}, nil
		}
		return nil, nil
	}}, c, "setup")
	r.noteHidden([]ci.Var{{Name: "GOPROXY", Value: "https://a.example"}, {Name: "GOSUMDB", Value: "sum.golang.org"}, {Name: "GOPRIVATE", Value: "x"}}, persisted{})
	notes := strings.Join(r.Report.Notes, "\n")
	if len(r.Report.Notes) != 2 || !strings.Contains(notes, "this shell has a variable GOPROXY") || !strings.Contains(notes, "GOSUMDB is also a variable of the machine") {
		t.Errorf("notes %s", notes)
	}
}
