package setup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/machine"
)

// A persistStore keeps what -persist changed until it is undone.
type persistStore struct {
	dir   string // of the state file, in the user's folder for settings
	read  func() ([]machine.Variable, error)
	write func([]machine.Variable) error
}

// persisted is the state file. It is written before anything is changed, so that
// what a crash leaves half done can be undone.
type persisted struct {
	GOENV   string  // path of the file, links followed
	Before  *string // its text before the first change, nil when there was no file
	After   string  // its text as we left it
	MadeDir bool    // its folder was not there either
	Exact   bool    // nothing was in between, so Before is what undo brings back
	Changes []change

	set []machine.Variable // what this call sets in the user's scope
}

// A change is one value that was written.
type change struct {
	Name    string
	Scope   machine.Scope `json:",omitempty"` // empty is the GOENV file
	Former  *string       // nil when there was none
	Written string
	Expand  bool `json:",omitempty"` // of the former value in the registry
}

// load returns nil when nothing is persisted.
func (s persistStore) load() (*persisted, error) {
	data, err := os.ReadFile(s.file())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var p persisted
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("decode %s: %w", s.file(), err)
	}
	return &p, nil
}

// plan says what there is to write and what was there before, over all calls since
// the last undo.
func (s persistStore) plan(goenv string, vars []ci.Var) (persisted, error) {
	p := persisted{GOENV: resolved(goenv), Exact: true}
	text, err := readText(p.GOENV)
	if err != nil {
		return p, err
	}
	_, err = os.Stat(filepath.Dir(p.GOENV))
	p.Before, p.MadeDir = text, errors.Is(err, fs.ErrNotExist)
	old, err := s.load()
	if err != nil {
		return p, err
	}
	if old != nil && old.GOENV == p.GOENV {
		p.Exact = old.Exact && text != nil && *text == old.After
		p.Before, p.MadeDir, p.Changes = old.Before, old.MadeDir, old.Changes
	} else if old != nil {
		return p, fmt.Errorf("settings were written to %s before: undo that first", old.GOENV)
	}
	have := gocmd.ParseEnvFile(deref(text))
	var edits []gocmd.EnvEdit
	for _, v := range vars {
		var former *string
		if value, ok := have[v.Name]; ok {
			former = &value
		}
		p.record(change{Name: v.Name, Former: former, Written: v.Value})
		edits = append(edits, gocmd.EnvEdit{Name: v.Name, Value: v.Value})
	}
	p.After = gocmd.EditEnvFile(deref(text), edits)
	scope, err := s.read()
	if err != nil && !errors.Is(err, machine.ErrNoScopes) {
		return p, err
	}
	for _, v := range vars {
		if have, ok := machine.Find(scope, v.Name); ok && (have.Value != v.Value || p.has(v.Name, machine.User)) {
			p.record(change{Name: v.Name, Scope: machine.User, Former: &have.Value, Written: v.Value, Expand: have.Expand})
			p.set = append(p.set, machine.Variable{Name: v.Name, Value: v.Value})
		}
	}
	return p, nil
}

func (p *persisted) has(name string, scope machine.Scope) bool {
	for _, c := range p.Changes {
		if c.Name == name && c.Scope == scope {
			return true
		}
	}
	return false
}

// record adds a change. One to a value that we wrote ourselves keeps what was there
// before.
func (p *persisted) record(c change) {
	for i, old := range p.Changes {
		if old.Name != c.Name || old.Scope != c.Scope {
			continue
		}
		if c.Former != nil && *c.Former == old.Written {
			c.Former, c.Expand = old.Former, old.Expand
		}
		p.Changes[i] = c
		return
	}
	p.Changes = append(p.Changes, c)
}

// apply changes everything or nothing.
func (s persistStore) apply(p persisted) error {
	before, err := readText(p.GOENV)
	if err != nil {
		return err
	}
	state, err := readText(s.file())
	if err != nil {
		return err
	}
	if err := s.save(p); err != nil {
		return err
	}
	undo, err := s.setScope(p.set)
	if err == nil {
		if err = putText(p.GOENV, &p.After, 0o644); err != nil {
			undo()
		}
	}
	if err != nil {
		return errors.Join(err, putText(p.GOENV, before, 0o644), s.put(state))
	}
	return nil
}

// revert brings back what is still as it was written, and returns what is not.
func (s persistStore) revert(p persisted) (left []change, err error) {
	text, err := readText(p.GOENV)
	if err != nil {
		return nil, err
	}
	now, want := gocmd.ParseEnvFile(deref(text)), p.Before
	var edits []gocmd.EnvEdit
	for _, c := range p.Changes {
		if c.Scope != "" {
			continue
		}
		value, there := now[c.Name]
		switch {
		case !there && c.Former == nil, c.Former != nil && there && value == *c.Former:
			// it is back already
		case !there || value != c.Written:
			left = append(left, c)
		default:
			edits = append(edits, gocmd.EnvEdit{Name: c.Name, Value: deref(c.Former), Remove: c.Former == nil})
		}
	}
	if !p.Exact || text == nil || *text != p.After {
		want = nil
		if edited := gocmd.EditEnvFile(deref(text), edits); edited != "" || text != nil && p.Before != nil {
			want = &edited
		}
	}
	scope, err := s.read()
	if err != nil && !errors.Is(err, machine.ErrNoScopes) {
		return nil, err
	}
	var set []machine.Variable
	for _, c := range p.Changes {
		if c.Scope != machine.User {
			continue
		}
		if have, ok := machine.Find(scope, c.Name); ok && have.Value == c.Written {
			set = append(set, machine.Variable{Name: c.Name, Value: deref(c.Former), Expand: c.Expand, Absent: c.Former == nil})
		} else if !ok || have.Value != deref(c.Former) {
			left = append(left, c)
		}
	}
	undo, err := s.setScope(set)
	if err != nil {
		return nil, err
	}
	if err := putText(p.GOENV, want, 0o644); err != nil {
		undo()
		return nil, err
	}
	if p.MadeDir && want == nil {
		_ = os.Remove(filepath.Dir(p.GOENV)) // stays when something else is in it
	}
	return left, s.put(nil)
}

// setScope sets variables of the user's scope and returns how to take that back.
func (s persistStore) setScope(set []machine.Variable) (undo func(), err error) {
	if len(set) == 0 {
		return func() {}, nil
	}
	now, err := s.read()
	if err != nil {
		return nil, err
	}
	var back []machine.Variable
	for _, v := range set {
		old, ok := machine.Find(now, v.Name)
		if !ok {
			old = machine.Variable{Name: v.Name, Absent: true}
		}
		back = append(back, old)
	}
	if err := s.write(set); err != nil {
		return nil, err
	}
	return func() { _ = s.write(back) }, nil // the first error is the one to tell
}

func (s persistStore) save(p persisted) error {
	data, err := json.MarshalIndent(p, "", "\t")
	if err != nil {
		return err
	}
	text := string(data) + "\n"
	return s.put(&text)
}

// put writes the state file into a folder that is this user's alone, for it may
// hold what was in GOPROXY; nil removes both.
func (s persistStore) put(text *string) error {
	if text == nil {
		err := os.Remove(s.file())
		_ = os.Remove(s.dir) // stays when something else is in it
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.dir), 0o777); err != nil {
		return err
	}
	if err := machine.MkdirPrivate(s.dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return putText(s.file(), text, 0o600)
}

// readText returns nil for a file that is not there. It refuses what go cannot read
// either, since an edit would make it worse.
func readText(path string) (*string, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text := string(data)
	if strings.Contains(text, "\x00") {
		return nil, fmt.Errorf("%s is no text that go reads; UTF-16, as PowerShell 5.1 writes it, is none", path)
	}
	return &text, nil
}

// putText replaces a file in one step, nil removes it.
func putText(path string, text *string, mode os.FileMode) error {
	if text == nil {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(*text)
	if err = errors.Join(err, f.Chmod(mode), f.Close()); err == nil {
		err = machine.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// resolved follows links, so that a file kept elsewhere and linked to stays there.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
