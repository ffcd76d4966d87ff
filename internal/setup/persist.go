package setup

import (
	"context"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/machine"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// What -persist writes, and where. A person's own machine wants its settings in
// every shell, editor and service of that person, at once and for go alone. That is
// what the GOENV file is (go env -w): one file, the same on all systems, under all
// shells, and a variable of a job still wins over it. A shell's profile serves that
// shell only and belongs to its user; HKCU\Environment reaches new processes only,
// all of them, and hides the GOENV file for ever. So the GOENV file it is, and on
// Windows a variable of the user that is there already and would hide it is set to
// the same value.
//
// The file is written here and not by go env -w, so that it is replaced in one step
// and can be put back to the byte.

// persistUser chooses and writes for the user, or writes nothing.
func (r *Run) persistUser(ctx context.Context) error {
	if err := r.refuseInCI(); err != nil {
		return err
	}
	return r.steps(ctx, r.detect, r.measure, r.choose, r.persistable, r.downloadIfWanted, r.persist)
}

// refuseInCI keeps a job from changing a machine for other jobs. There is no way
// around it: what a job needs is exported to its later steps.
func (r *Run) refuseInCI() error {
	if r.System.Family == ci.FamilyShell && r.Getenv("CI") == "" {
		return nil
	}
	return &Error{Class: report.ConfigInvalid,
		Reason: r.say("-persist is for a person's own machine and this is a job (%s); nothing was written", "-persist 用于个人机器，而当前是一个任务（%s）；没有写入任何内容", r.System.Title),
		Hint:   "leave -persist out: setup hands the settings to later steps of this job, and no other job sees them"}
}

func (r *Run) persist(context.Context) error {
	vars := r.variables()
	if len(vars) == 0 {
		r.note(report.Say("nothing was written: the settings of go are as they should be", "没有写入任何内容：go 的设置已经符合需要"))
		return nil
	}
	s := r.persistStore()
	p, err := s.plan(r.settings.GOENV, vars)
	if err == nil {
		err = s.apply(p)
	}
	if err != nil {
		return &Error{Class: report.PermissionDenied, Err: err,
			Reason: r.say("could not write for the user; all is as it was: %v", "无法为用户写入；一切保持原样：%v", err),
			Hint:   "look at the rights of " + r.settings.GOENV + " and of " + s.dir}
	}
	for _, c := range p.Changes {
		r.Report.Exports = append(r.Report.Exports, report.Export{Name: c.Name, Value: c.Written, To: c.where(p)})
		r.note(report.Say("%s in %s was %s", "%[2]s 中的 %[1]s 原为 %[3]s", c.Name, c.where(p), r.was(c)))
	}
	r.noteHidden(vars, p)
	r.note(report.Say("goproxy-setup setup -persist undo brings this back", "goproxy-setup setup -persist undo 可恢复原样"))
	return nil
}

func (r *Run) was(c change) string {
	if c.Former == nil {
		return r.say("not set", "未设置")
	}
	if c.Name == "GOPROXY" {
		return redactList(*c.Former)
	}
	return *c.Former
}

// persistable refuses what must not outlive the run, before anything is downloaded.
func (r *Run) persistable(context.Context) error {
	vars := r.variables()
	if err := ci.CheckAll(vars); err != nil {
		return err
	}
	refuse := func(en, zh, hint string, a ...any) error {
		return &Error{Class: report.ConfigInvalid, Reason: r.say(en, zh, a...), Hint: hint}
	}
	switch goenv := r.settings.GOENV; {
	case goenv == "" || goenv == "off":
		return refuse("GOENV=off: go reads no settings of the user here; nothing was written", "GOENV=off：go 在此不读取用户设置；没有写入任何内容", "remove the variable GOENV")
	case !filepath.IsAbs(r.persistStore().dir):
		return refuse("this user has no folder for settings; nothing was written", "该用户没有设置目录；没有写入任何内容", "set HOME (on Windows APPDATA)")
	case !filepath.IsAbs(goenv):
		return refuse("GOENV=%s is no absolute path; nothing was written", "GOENV=%s 不是绝对路径；没有写入任何内容", "remove the variable GOENV", goenv)
	}
	for _, v := range vars {
		for _, u := range urlsIn(v.Value) {
			switch {
			case u.User != nil:
				return refuse("%s has a password, which is not written into settings; nothing was written", "%s 含有密码，不会写入设置；没有写入任何内容",
					"put user and password into .netrc (on Windows _netrc) and write the URL without them", v.Name)
			case thisMachine(u.Hostname()):
				return refuse("%s has %s, which is there only as long as something listens on this machine; nothing was written", "%s 含有 %s，只有本机有程序监听时才可用；没有写入任何内容",
					"name the module proxy by an address that lasts", v.Name, u.Host)
			}
		}
	}
	return nil
}

// urlsIn are the URLs in a value of GOPROXY or GOSUMDB.
func urlsIn(value string) (urls []*url.URL) {
	for _, word := range strings.FieldsFunc(value, func(c rune) bool { return strings.ContainsRune(",| ", c) }) {
		if u, err := url.Parse(word); err == nil && u.Host != "" {
			urls = append(urls, u)
		}
	}
	return urls
}

// thisMachine reports whether a host is an address of this machine only.
func thisMachine(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && (ip.Unmap().IsLoopback() || ip.IsUnspecified())
}

// noteHidden tells of variables that are in the way of what was written.
func (r *Run) noteHidden(vars []ci.Var, p persisted) {
	machines, _ := r.scope(machine.Machine) // where there are none, none hides
	for _, v := range vars {
		if m, ok := machine.Find(machines, v.Name); ok && m.Value != v.Value {
			r.note(report.Say("%s is also a variable of the machine, which hides this: an administrator has to remove it", "%s 也是系统变量，会遮盖这里的设置：需要管理员删除它", v.Name))
			continue
		}
		own := r.Getenv(v.Name)
		inUser := slices.ContainsFunc(p.Changes, func(c change) bool { return c.Scope == machine.User && c.Name == v.Name })
		switch {
		case own == "" || own == v.Value:
		case inUser:
			r.note(report.Say("this window still has the old %s; new ones have the new", "当前窗口仍是旧的 %s；新窗口使用新值", v.Name))
		default:
			r.note(report.Say("this shell has a variable %s, which hides this: remove it from where it is set (a profile such as ~/.bashrc)", "当前 shell 有变量 %s，会遮盖这里的设置：请在设置它的地方（如 ~/.bashrc）删除", v.Name))
		}
	}
}

func (r *Run) scope(s machine.Scope) ([]machine.Variable, error) {
	if r.Scope == nil {
		return nil, machine.ErrNoScopes
	}
	return r.Scope(s)
}

// undo brings back what persist changed, but for what was changed since.
func (r *Run) undo(context.Context) error {
	if err := r.refuseInCI(); err != nil {
		return err
	}
	s := r.persistStore()
	p, err := s.load()
	if err != nil {
		return &Error{Class: report.ConfigInvalid, Err: err, Reason: r.say("what was written for the user is not known: %v", "无法得知曾为用户写入的内容：%v", err), Hint: "look into " + s.file()}
	}
	if p == nil {
		r.note(report.Say("nothing was written for this user, so nothing is to be undone", "没有为该用户写入过任何内容，因此无需恢复"))
		return nil
	}
	left, err := s.revert(*p)
	if err != nil {
		return &Error{Class: report.PermissionDenied, Err: err, Reason: r.say("could not undo; all is as it was: %v", "无法恢复；一切保持原样：%v", err), Hint: "look at the rights of " + p.GOENV}
	}
	for _, c := range p.Changes {
		if slices.ContainsFunc(left, func(l change) bool { return l.Name == c.Name && l.Scope == c.Scope }) {
			r.note(report.Say("%s in %s was changed since and is left as it is", "%[2]s 中的 %[1]s 之后被修改过，保持不变", c.Name, c.where(*p)))
			continue
		}
		r.note(report.Say("%s in %s is again %s", "%[2]s 中的 %[1]s 已恢复为 %[3]s", c.Name, c.where(*p), r.was(c)))
	}
	return nil
}

// wroteGOPROXY reports whether the value in the GOENV file is one that an earlier
// -persist put there, so that it is no policy of the user.
func (r *Run) wroteGOPROXY(value string) bool {
	if r.Config.Text("persist") == "" {
		return false
	}
	p, err := r.persistStore().load()
	return err == nil && p != nil && slices.ContainsFunc(p.Changes, func(c change) bool {
		return c.Name == "GOPROXY" && c.Scope == "" && c.Written == value
	})
}

// where names the place of a change for people.
func (c change) where(p persisted) string {
	if c.Scope == machine.User {
		return `HKCU\Environment`
	}
	return p.GOENV
}

func (r *Run) persistStore() persistStore {
	return persistStore{dir: filepath.Join(gocmd.UserConfigDir(r.Getenv, r.OS), "goproxy-setup"), read: func() ([]machine.Variable, error) { return r.scope(machine.User) }, write: r.SetUserVariables}
}

func (s persistStore) file() string { return filepath.Join(s.dir, "persist.json") }
