package forward

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// A Finder is a PAC script. Find returns proxies in the order in which they are to
// be tried, nil for a direct connection, and is called from several goroutines.
type Finder interface {
	Find(ctx context.Context, u *url.URL) ([]*url.URL, error)
}

// Options are where to look, and how.
type Options struct {
	Setting Setting // the zero value is Auto
	Getenv  func(string) string
	Machine
	// Warn gets the first failure of each script to answer for a URL, a *PACError;
	// what comes next in order answers then. It is called at any time.
	Warn func(error)
}

// A Machine is what there is besides variables. The zero value is one without a
// registry that runs no scripts.
type Machine struct {
	Registry Registry // nil off Windows
	Account  Account
	// Open reads a script, Detect finds the one of this network (WPAD).
	Open   func(ctx context.Context, location string) (Finder, error)
	Detect func(ctx context.Context) (f Finder, location string, err error)
}

// budget is how long a script may take to be had, and to answer.
const budget = 5 * time.Second

// A PACError is a script that cannot be read or does not answer.
type PACError struct {
	Location string // redacted
	Err      error  // may name the user of the location
	user     string
}

func (e *PACError) Error() string { return "PAC script " + e.Location + ": " + without(e.user, e.Err) }
func (e *PACError) Unwrap() error { return e.Err }

// FailureClass is that of every forward proxy that cannot be used.
func (e *PACError) FailureClass() report.Class { return report.ForwardProxyFailure }

// The names of layers besides the environment, and of what they answer with.
const (
	settingLayer = "forward-proxy"
	policyLayer  = "group policy"
	machineLayer = "HKLM Internet Settings"
	userLayer    = "HKCU Internet Settings"
	winHTTPLayer = "WinHTTP"
)

// Discover looks at the layers in the order in which Windows programs are ruled by
// them: the setting of ours, variables, the machine's settings where policy makes
// them count, the user's, WinHTTP's own. It fetches a script where one is named,
// and nothing else. A script that cannot be had is passed over with a note, as
// Windows does. An unusable variable is a *ValueError.
func Discover(ctx context.Context, o Options) (Config, error) {
	s := search{Options: o, ctx: ctx, spared: spared(o.Getenv)}
	s.setting()
	switch word := cmp.Or(o.Setting.Word, Auto); {
	case word == None, o.Setting.URL != nil:
		return s.Config, nil
	case word == Auto:
		err := s.environment()
		s.registry()
		return s.Config, err
	}
	return s.Config, s.environment()
}

// search is a Config in the making.
type search struct {
	Options
	Config
	ctx    context.Context
	spared func(*url.URL) bool
}

func (s *search) setting() {
	l := Layer{Name: settingLayer, State: Answers}
	switch w := s.Setting; {
	case w.PAC != "":
		l.Says = pacPrefix + redactText(w.PAC)
		if !s.script(settingLayer, w.PAC) {
			l.State = Unusable
		}
	case w.URL != nil:
		l.Says = redact(w.URL)
		s.list(settingLayer, &Static{servers: []server{{url: w.URL, said: w.URL.String()}}})
	case w.Word == None:
		l.Says = None
	default:
		l.State, l.Says = Empty, w.Word
	}
	s.layer(l)
}

func (s *search) environment() error {
	env, err := FromEnvironment(s.Getenv)
	if err != nil {
		return err
	}
	l := env.Layers[0]
	if env.Source != "" && s.Source != "" {
		l.State = Hidden
	} else {
		s.Source, s.Address, s.Hides = cmp.Or(s.Source, env.Source), cmp.Or(s.Address, env.Address), env.Hides
	}
	s.steps = append(s.steps, env.steps...)
	s.layer(l)
	return nil
}

// registry looks at what Windows keeps.
func (s *search) registry() {
	if s.Registry == nil {
		return
	}
	perUser, set := number(s.Registry, machinePolicy, "ProxySettingsPerUser")
	perMachine := set && perUser == 0
	s.policy(perMachine)
	machine, user := readInet(s.Registry, machineSettings), readInet(s.Registry, userSettings)
	if perMachine {
		s.inet(machineLayer, machine)
		s.ignored(userLayer, user, report.Say("policy makes the machine's settings count (ProxySettingsPerUser=0)", "策略规定以计算机设置为准（ProxySettingsPerUser=0）"))
	} else {
		s.ignored(machineLayer, machine, report.Say("they count only with the policy ProxySettingsPerUser=0", "仅在策略 ProxySettingsPerUser=0 时生效"))
		s.inet(userLayer, user)
		s.account()
	}
	s.inet(winHTTPLayer, readWinHTTP(s.Registry))
}

// policy tells of values that somebody wrote beside the one that Windows reads
// there: its template has ProxySettingsPerUser alone (inetres.admx), and
// WinHttpGetIEProxyConfigForCurrentUser answers as if the others were not there
// (github.com/gnoays/proxy-watch, src/sys/win/mod.rs).
func (s *search) policy(perMachine bool) {
	l := Layer{Name: policyLayer, State: Empty}
	if perMachine {
		l = Layer{Name: policyLayer, State: Answers, Says: "ProxySettingsPerUser=0"}
	}
	for _, root := range []string{`HKLM\`, `HKCU\`} {
		v := readInet(s.Registry, root+policySettings)
		if v.empty() {
			continue
		}
		s.layer(Layer{Name: root + `Software\Policies`, State: Ignored, Says: v.says(),
			Why: report.Say("Windows does not read a proxy there; Group Policy Preferences write it to HKCU Internet Settings", "Windows 不读取此处的代理；组策略首选项应写入 HKCU Internet Settings")})
	}
	s.layer(l)
}

// account tells whose settings those of the user are.
func (s *search) account() {
	if s.Account.Service() == "" {
		return
	}
	for i := range s.Layers {
		if l := &s.Layers[i]; l.Name == userLayer && l.State == Empty {
			l.Why = s.Account.advice()
		}
	}
}

func (s *search) ignored(name string, v inet, why report.Text) {
	if v.empty() {
		s.layer(Layer{Name: name, State: Empty})
		return
	}
	s.layer(Layer{Name: name, State: Ignored, Says: v.says(), Why: why})
}

// inet takes what a layer has: a script that the network names, one that is named
// here, a list (learn.microsoft.com/windows/win32/winhttp/autoproxy-issues-in-winhttp
// has the order).
func (s *search) inet(name string, v inet) {
	if v.err != nil {
		s.note(report.Say("%s: %v", "%s：%v", name, v.err))
	}
	l := Layer{Name: name, State: Empty, Says: v.says()}
	switch {
	case v.empty():
	case s.Source != "": // its list answers where a script before it does not
		l.State = Hidden
		s.list(name, v.static)
	default:
		found := v.detect && s.detect(name)
		found = !found && v.pac != "" && s.script(name, v.pac) || found
		switch listed := s.list(name, v.static); {
		case found, listed:
			l.State = Answers
		case v.pac != "" || v.static != nil:
			l.State = Unusable
		default:
			l.Why = report.Say("this network names no script", "此网络没有指定脚本")
		}
	}
	s.layer(l)
}

// says is the value for people.
func (v inet) says() string {
	var parts []string
	if v.detect {
		parts = append(parts, "auto-detect")
	}
	if v.pac != "" {
		parts = append(parts, pacPrefix+redactText(v.pac))
	}
	if v.static != nil {
		parts = append(parts, v.static.String())
	}
	return strings.Join(parts, ", ")
}

// detect asks the network for its script. That there is none is what most networks
// answer, and nothing to tell.
func (s *search) detect(name string) bool {
	if s.Detect == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(s.ctx, budget)
	defer cancel()
	f, location, err := s.Detect(ctx)
	if err != nil {
		return false
	}
	s.found(name, location, f)
	return true
}

func (s *search) script(name, location string) bool {
	if s.Open == nil {
		s.passedOver(location, "there is nothing here that runs it")
		return false
	}
	ctx, cancel := context.WithTimeout(s.ctx, budget)
	defer cancel()
	f, err := s.Open(ctx, location)
	if err != nil {
		s.passedOver(location, without(userOf(location), err))
		return false
	}
	s.found(name, location, f)
	return true
}

func (s *search) passedOver(location, reason string) {
	s.note(report.Say("the PAC script %s cannot be used and is passed over, as Windows does: %s", "PAC 脚本 %s 无法使用，已像 Windows 一样跳过：%s", redactText(location), reason))
}

func (s *search) found(name, location string, f Finder) {
	shown := redactText(location)
	if s.Source == "" {
		s.Source, s.PAC = name, shown
	}
	s.step(step{source: name, failed: once(s.Warn), ways: func(ctx context.Context, u *url.URL) ([]*url.URL, error) {
		if (Bypass{}).Match(u) { // no script may have what goes to this machine, as in Chrome (net/docs/proxy.md)
			return direct(), nil
		}
		ctx, cancel := context.WithTimeout(ctx, budget)
		defer cancel()
		ways, err := f.Find(ctx, u)
		if err != nil {
			return nil, &PACError{Location: shown, Err: err, user: userOf(location)}
		}
		return ways, nil
	}})
}

// list takes a list of servers and reports whether it can answer.
func (s *search) list(name string, v *Static) bool {
	if v == nil {
		return false
	}
	for _, scheme := range []string{"https", "http"} {
		if v.socks4(scheme) {
			s.note(report.Say("%s sends %s through a SOCKS4 proxy (%s), which Go cannot use; if it speaks SOCKS5 too, set forward-proxy to socks5://HOST:PORT", "%s 让 %s 经过 SOCKS4 代理（%s），Go 无法使用；若它也支持 SOCKS5，请将 forward-proxy 设为 socks5://HOST:PORT", name, scheme, v))
			break
		}
	}
	if len(v.odd) > 0 {
		s.note(report.Say("%s has a server that cannot be read: %s", "%s 中有无法识别的服务器：%s", name, hide(v.odd[0])))
	}
	if !v.usable() {
		return false
	}
	if v.bypass.slash {
		s.note(report.Say("%s has an exception with a slash, at which WinINet goes direct for every host; it is read as Edge and Chrome do; write 10.* instead of 10.0.0.0/8", "%s 的例外列表中含有斜杠，WinINet 会因此对所有主机直连；此处按 Edge 和 Chrome 的方式读取；请写 10.* 而不是 10.0.0.0/8", name))
	}
	if len(v.bypass.dead) > 0 {
		s.note(report.Say("%s has an exception that matches no host: %s", "%s 的例外列表中有不匹配任何主机的条目：%s", name, v.bypass.dead[0]))
	}
	if s.Source == "" {
		u := cmp.Or(v.first("https"), v.first("http"))
		s.Source, s.Address, s.static = name, redact(u), v
	}
	s.step(step{source: name, ways: v.ways})
	return true
}

// step adds one that NO_PROXY of the environment has power over: whoever sets it
// means every program.
func (s *search) step(v step) {
	ways := v.ways
	v.ways = func(ctx context.Context, u *url.URL) ([]*url.URL, error) {
		if s.spared(u) {
			return direct(), nil
		}
		return ways(ctx, u)
	}
	s.steps = append(s.steps, v)
}

func (s *search) layer(l Layer)      { s.Layers = append(s.Layers, l) }
func (s *search) note(t report.Text) { s.Notes = append(s.Notes, t) }

// userOf is who signs in at a location, as url.URL.Redacted leaves it.
func userOf(location string) string {
	u, err := url.Parse(location)
	if err != nil || u.User == nil {
		return ""
	}
	name, _, _ := strings.Cut(u.User.String(), ":")
	return name
}

// without is an error whose URLs do not name a user, which may be a token.
func without(user string, err error) string {
	if user == "" {
		return err.Error()
	}
	return strings.NewReplacer("//"+user+":xxxxx@", "//xxxxx@", "//"+user+"@", "//xxxxx@").Replace(err.Error())
}

// redactText is for the address of a script, which may be anything.
func redactText(location string) string {
	u, err := url.Parse(location)
	if err != nil || u.Host == "" && strings.Contains(location, "@") {
		return hide(location)
	}
	return redact(u)
}
