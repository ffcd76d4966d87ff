package forward

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/http/httpproxy"

	"github.com/goproxy-setup/goproxy-setup/internal/golden"
)

// TestWindows reads testdata/windows.txt: a machine in lines, and what is asked of it.
//
//	HKCU NAME=VALUE         of Internet Settings; numbers are DWORDs, "text" in quotes is a REG_SZ
//	HKLM NAME=VALUE
//	policy NAME=VALUE       of HKLM's policies, userpolicy of HKCU's
//	record ROOT WORDS       DefaultConnectionSettings: proxy pac detect direct, proxy=…, bypass=…, pac=…
//	winhttp WORDS           WinHttpSettings in the same words
//	bytes ROOT HEX          DefaultConnectionSettings as it is
//	env NAME=VALUE
//	setting VALUE
//	account SID
//	script URL HOST=ANSWER  of a PAC script, as it would say it; * is every other host
//	script URL broken       it cannot be had; fails: it is read and fails for every URL
//	wpad URL                the network's script
//	ask URL
//	export URL...           what is exported when these matter
//	layers                  what became of each layer
func TestWindows(t *testing.T) {
	t.Parallel()
	golden.Run(t, "testdata/windows.txt", func(t *testing.T, in []string) []string {
		m := parseMachine(t, in)
		return m.answer(t, m.registry)
	})
}

type machine struct {
	registry mapRegistry
	env      map[string]string
	setting  string
	account  Account
	scripts  map[string]script
	wpad     string
	asked    []string // the lines that ask
}

type mapRegistry map[string]map[string]any

func (m mapRegistry) Read(key, name string) any { return m[key][name] }

func (m mapRegistry) set(key, name string, v any) {
	if m[key] == nil {
		m[key] = map[string]any{}
	}
	m[key][name] = v
}

func parseMachine(t *testing.T, in []string) machine {
	t.Helper()
	m := machine{registry: mapRegistry{}, env: map[string]string{}, scripts: map[string]script{}}
	keys := map[string]string{"HKCU": userSettings, "HKLM": machineSettings, "policy": machinePolicy, "userpolicy": `HKCU\` + policySettings}
	for _, line := range in {
		verb, rest, _ := strings.Cut(line, " ")
		name, value, _ := strings.Cut(rest, "=")
		first, words, _ := strings.Cut(rest, " ")
		switch verb {
		case "HKCU", "HKLM", "policy", "userpolicy":
			m.registry.set(keys[verb], name, registryValue(value))
		case "record":
			m.registry.set(keys[first]+`\Connections`, "DefaultConnectionSettings", encodeConnection(words, true))
		case "bytes":
			var b []byte
			fmt.Sscanf(strings.ReplaceAll(words, " ", ""), "%x", &b)
			m.registry.set(keys[first]+`\Connections`, "DefaultConnectionSettings", b)
		case "winhttp":
			m.registry.set(machineSettings+`\Connections`, "WinHttpSettings", encodeConnection(rest, false))
		case "env":
			m.env[name] = value
		case "setting":
			m.setting = rest
		case "account":
			m.account.SID = rest
		case "script":
			s := m.scripts[first]
			if s == nil {
				s = script{}
			}
			host, answer, _ := strings.Cut(words, "=")
			s[host] = answer
			m.scripts[first] = s
		case "wpad":
			m.wpad = rest
		case "ask", "export", "layers":
			m.asked = append(m.asked, line)
		default:
			t.Fatalf("unknown line %q", line)
		}
	}
	return m
}

func registryValue(s string) any {
	if text, ok := strings.CutPrefix(s, `"`); ok {
		return strings.TrimSuffix(text, `"`)
	}
	if n, err := strconv.ParseUint(s, 10, 32); err == nil {
		return n
	}
	return s
}

// encodeConnection writes the record of a connection in the form that was seen on
// Windows and that Wine reads.
func encodeConnection(words string, script bool) []byte {
	flags := map[string]uint32{"direct": 1, "proxy": 2, "pac": 4, "detect": 8}
	var bits uint32
	values := map[string]string{}
	for w := range strings.FieldsSeq(words) {
		if name, value, ok := strings.Cut(w, "="); ok {
			values[name] = strings.ReplaceAll(value, "␣", " ")
		} else {
			bits |= flags[w]
		}
	}
	version, counter := uint32(0x18), uint32(0) // Wine reads no other
	if script {
		version, counter = 0x46, 1
	}
	b := binary.LittleEndian.AppendUint32(nil, version)
	b = binary.LittleEndian.AppendUint32(b, counter)
	b = binary.LittleEndian.AppendUint32(b, bits)
	names := []string{"proxy", "bypass", "pac"}
	if !script {
		names = names[:2]
	}
	for _, name := range names {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(values[name])))
		b = append(b, values[name]...)
	}
	if script {
		b = append(b, make([]byte, 32)...)
	}
	return b
}

// A script answers by host, in the words of FindProxyForURL.
type script map[string]string

func (s script) Find(_ context.Context, u *url.URL) (ways []*url.URL, err error) {
	if _, ok := s["fails"]; ok {
		return nil, errors.New("line 1: x is not defined")
	}
	answer, ok := s[u.Hostname()]
	if !ok {
		answer = s["*"]
	}
	for part := range strings.SplitSeq(answer, ";") {
		kind, host, _ := strings.Cut(strings.TrimSpace(part), " ")
		scheme := map[string]string{"PROXY": "http", "HTTPS": "https", "SOCKS5": "socks5"}[kind]
		if scheme == "" {
			ways = append(ways, nil)
		} else {
			ways = append(ways, &url.URL{Scheme: scheme, Host: host})
		}
	}
	return ways, nil
}

func (m machine) options(t *testing.T, r Registry) Options {
	t.Helper()
	setting, err := ParseSetting(m.setting)
	if err != nil {
		t.Fatal(err)
	}
	open := func(_ context.Context, location string) (Finder, error) {
		s, ok := m.scripts[location]
		if _, broken := s["broken"]; broken || !ok {
			if u, err := url.Parse(location); err == nil && u.User != nil {
				return nil, fmt.Errorf("read PAC script %s: 404 Not Found", u.Redacted())
			}
			return nil, errors.New("404 Not Found")
		}
		return s, nil
	}
	return Options{
		Setting: setting, Getenv: func(name string) string { return m.env[name] },
		Machine: Machine{
			Registry: r, Account: m.account, Open: open,
			Detect: func(ctx context.Context) (Finder, string, error) {
				f, err := open(ctx, m.wpad)
				return f, m.wpad, err
			},
		},
	}
}

func (m machine) answer(t *testing.T, r Registry) (out []string) {
	t.Helper()
	var mu sync.Mutex
	var warned []string
	o := m.options(t, r)
	o.Warn = func(err error) {
		mu.Lock()
		defer mu.Unlock()
		warned = append(warned, "warning: "+err.Error())
	}
	c, err := Discover(t.Context(), o)
	if err != nil {
		return []string{"error: " + err.Error()}
	}
	switch {
	case c.Source == "":
		out = append(out, "no forward proxy")
	case c.PAC != "":
		out = append(out, c.Source+" runs "+c.PAC)
	default:
		out = append(out, c.Source+" has "+c.Address)
	}
	for _, line := range m.asked {
		verb, rest, _ := strings.Cut(line, " ")
		switch verb {
		case "ask":
			out = append(out, rest+" "+allWays(t, c, rest))
		case "export":
			out = append(out, m.exported(t, c, strings.Fields(rest))...)
		case "layers":
			for _, l := range c.Layers {
				out = append(out, strings.TrimSpace(fmt.Sprintf("%s: %s %s", l.Name, l.State, l.Says)))
				if l.Why.EN != "" {
					out = append(out, "  "+l.Why.EN)
				}
			}
		}
	}
	for _, n := range c.Notes {
		out = append(out, "note: "+n.EN)
		if n.ZH == "" {
			t.Errorf("note %q has no Chinese", n.EN)
		}
	}
	out = append(out, warned...)
	if s := fmt.Sprintf("%v %v %v %v %v", c.Source, c.Address, c.PAC, c.Layers, out[len(out)-len(c.Notes)-len(warned):]); strings.Contains(s, "s3cr3t") {
		t.Errorf("a password is shown: %s", s)
	}
	return out
}

func allWays(t *testing.T, c Config, to string) string {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	ways, err := c.Ways(t.Context(), u)
	if err != nil {
		return "error: " + err.Error()
	}
	var words []string
	for _, w := range ways {
		if w == nil {
			words = append(words, "directly")
		} else {
			words = append(words, "by "+w.String())
		}
	}
	first, err := c.Proxy(u)
	if err != nil || first != ways[0] && first.String() != ways[0].String() {
		t.Errorf("Proxy(%s) = %v, %v; the first way is %v", to, first, err, ways[0])
	}
	return strings.Join(words, ", then ")
}

// readBack compares what go makes of exported variables with what we do ourselves,
// for every URL that the case asks about and unless the export says that it cannot.
// This machine is another matter: Go spares it whatever it is told.
func (m machine) readBack(t *testing.T, c Config, e Export) {
	t.Helper()
	if c.static == nil || e.Lost != nil {
		return
	}
	env := httpproxy.Config{NoProxy: e.NoProxy}
	if e.HTTPS != nil {
		env.HTTPSProxy = e.HTTPS.String()
	}
	if e.HTTP != nil {
		env.HTTPProxy = e.HTTP.String()
	}
	for _, line := range m.asked {
		to, ok := strings.CutPrefix(line, "ask ")
		u, err := url.Parse(to)
		if !ok || err != nil || (Bypass{}).Match(u) {
			continue
		}
		theirs, err := env.ProxyFunc()(u)
		ours, _ := c.Proxy(u)
		if err != nil || Name(theirs) != Name(ours) {
			t.Errorf("%s: go goes %s (%v), we go %s", to, Name(theirs), err, Name(ours))
		}
	}
}

func (m machine) exported(t *testing.T, c Config, list []string) (out []string) {
	t.Helper()
	var urls []*url.URL
	for _, s := range list {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		urls = append(urls, u)
	}
	e := c.Export(t.Context(), m.env["NO_PROXY"], urls)
	m.readBack(t, c, e)
	for _, v := range []struct {
		name string
		u    *url.URL
	}{{"HTTPS_PROXY", e.HTTPS}, {"HTTP_PROXY", e.HTTP}} {
		if v.u != nil {
			out = append(out, "  "+v.name+"="+v.u.String())
		}
	}
	if e.NoProxy != "" {
		out = append(out, "  NO_PROXY="+e.NoProxy)
	}
	for _, l := range e.Lost {
		out = append(out, "  NO_PROXY cannot say "+l)
	}
	for _, d := range e.Differ {
		out = append(out, "  differs: "+d)
	}
	if out == nil {
		return []string{"  nothing to export"}
	}
	return out
}

// TestParseSetting reads testdata/setting.txt.
func TestParseSetting(t *testing.T) {
	t.Parallel()
	golden.Run(t, "testdata/setting.txt", func(t *testing.T, in []string) []string {
		s, err := ParseSetting(strings.TrimPrefix(in[0], "setting "))
		if err != nil {
			if strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("a password is in %v", err)
			}
			return []string{"error: " + err.Error()}
		}
		return []string{strings.TrimSpace(fmt.Sprintf("word %q pac %q %s", s.Word, s.PAC, Name(s.URL)))}
	})
}

// FuzzWindows: whatever stands in a registry, there is a way and it can be shown.
func FuzzWindows(f *testing.F) {
	f.Add("h:1", "<local>;10.*", "http://w/p.pac", encodeConnection("proxy pac detect proxy=h:1 bypass=a pac=http://p", true), "a.example")
	f.Add("http=u:s3cr3tPW@h:1;https=://;socks=s", "https://*:1,[::1]:2,.a,a*b*", "://", []byte{1, 2, 3}, "10.1.2.3:99")
	f.Add("=;==;http==h", "*", "", []byte("FFFFFFFFFFFFFFFFFFFF"), "[::1]")
	f.Fuzz(func(t *testing.T, server, override, pac string, record []byte, host string) {
		r := mapRegistry{}
		r.set(userSettings, "ProxyEnable", uint64(1))
		r.set(userSettings, "ProxyServer", server)
		r.set(userSettings, "ProxyOverride", override)
		r.set(userSettings, "AutoConfigURL", pac)
		r.set(userSettings+`\Connections`, "DefaultConnectionSettings", record)
		r.set(machineSettings+`\Connections`, "WinHttpSettings", record)
		c, err := Discover(t.Context(), Options{Getenv: func(string) string { return "" }, Machine: Machine{Registry: r}})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(server, ":s3cr3tPW@") && strings.Contains(fmt.Sprint(c.Source, c.Address, c.Layers, c.Notes), "s3cr3tPW") {
			t.Errorf("ProxyServer %q: a password is shown: %s %v %v", server, c.Address, c.Layers, c.Notes)
		}
		ways, err := c.Ways(t.Context(), &url.URL{Scheme: "https", Host: host})
		if err != nil || len(ways) == 0 {
			t.Errorf("ways to %q: %v, %v", host, ways, err)
		}
		for _, w := range ways {
			if w != nil && w.Hostname() == "" {
				t.Errorf("ProxyServer %q gives the way %q", server, w)
			}
		}
		e := c.Export(t.Context(), "", nil)
		if strings.ContainsAny(e.NoProxy, " ;\n\t") {
			t.Errorf("NO_PROXY=%q", e.NoProxy)
		}
	})
}
