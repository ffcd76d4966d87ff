package doctor

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/internal/forward"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// checkForward looks at the network's own HTTP proxy.
func checkForward(_ context.Context, e *exam) []Finding {
	n := e.network()
	if n.err != nil {
		return []Finding{fail(report.ForwardProxyFailure, say("%v: go passes over it in silence and connects directly", "%v：go 会默默忽略它并直接连接", n.err)).
			todo(say("write http://HOST:PORT, with user and password percent-encoded", "请写 http://HOST:PORT，用户名和密码需做百分号编码"))}
	}
	fs := append(e.oddForward(), e.oddNoProxy()...)
	if n.forward.Source == "" {
		if fs == nil {
			fs = []Finding{fine(say("none is set, connections are direct", "未设置，直接连接"))}
		}
		return fs
	}
	if dead, err := e.deadForward(); err != nil {
		return append(fs, bad(e.severity(e.lost), report.ForwardProxyFailure, say("%s cannot be connected to: %s", "%s 无法连接：%s", dead, reason(err))).
			proof(err.Error()).
			todo(say("start it, correct %s, or take it out if this network needs none", "请启动它、改正 %s，或在不需要时删除", n.forward.Source)))
	}
	if fs == nil && len(e.forwards()) == 0 {
		fs = []Finding{fine(say("%s sends every module proxy direct", "%s 让所有模块代理直接连接", e.forwardName()))}
	}
	if fs == nil {
		fs = []Finding{fine(say("%s accepts connections", "%s 接受连接", e.forwardName(e.forwards()...)))}
	}
	return fs
}

// forwardName is what names the forward proxies, and those of them.
func (e *exam) forwardName(of ...*url.URL) string {
	f := e.network().forward
	var list []string
	for _, u := range of {
		list = append(list, forward.Name(u))
	}
	if f.PAC == "" {
		return f.Source + "=" + few(list)
	}
	return strings.TrimSpace(f.Source + " (" + f.PAC + ") " + few(list))
}

// forwards are the forward proxies of the candidates, each once, and the one that
// is named when no candidate needs it.
func (e *exam) forwards() (list []*url.URL) {
	f := e.network().forward
	for _, c := range e.field().candidates {
		for _, u := range e.ways(c.URL) {
			if u != nil && !slices.ContainsFunc(list, func(v *url.URL) bool { return hostPort(v) == hostPort(u) }) {
				list = append(list, u)
			}
		}
	}
	if u, err := url.Parse(f.Address); err == nil && list == nil && f.Address != "" {
		return []*url.URL{u}
	}
	return list
}

// ways are nil when the settings refuse to name any.
func (e *exam) ways(u *url.URL) []*url.URL {
	ways, _ := e.network().forward.Ways(context.Background(), u)
	return ways
}

// lost reports whether no way to a URL is open: each is by a forward proxy that
// cannot be connected to.
func (e *exam) lost(u *url.URL) bool {
	return !slices.ContainsFunc(e.ways(u), func(way *url.URL) bool { return way == nil || e.relays()[hostPort(way)] == nil })
}

// deadForward names the forward proxies that cannot be connected to.
func (e *exam) deadForward() (name string, err error) {
	var dead []*url.URL
	for _, u := range e.forwards() {
		if why := e.relays()[hostPort(u)]; why != nil {
			dead, err = append(dead, u), cmp.Or(err, why)
		}
	}
	return e.forwardName(dead...), err
}

// throughForward reports whether a URL is asked through the forward proxy.
func (e *exam) throughForward(u *url.URL) bool {
	p, err := e.network().forward.Proxy(u)
	return p != nil || err != nil
}

// dialForwards connects to all of them side by side.
func (e *exam) dialForwards(ctx context.Context) map[string]error {
	ctx, cancel := context.WithTimeout(ctx, e.Budget)
	defer cancel()
	list := e.forwards()
	errs := make([]error, len(list))
	var wg sync.WaitGroup
	for i, u := range list {
		wg.Go(func() {
			conn, err := e.Dial(ctx, "tcp", hostPort(u))
			if errs[i] = err; err == nil {
				conn.Close()
			}
		})
	}
	wg.Wait()
	m := map[string]error{}
	for i, u := range list {
		m[hostPort(u)] = errs[i]
	}
	return m
}

// hostPort is where a URL leads, with the port of its scheme.
func hostPort(u *url.URL) string {
	usual := map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), usual, "80"))
}

// oddForward finds variables that do other than they seem to.
func (e *exam) oddForward() (fs []Finding) {
	f := e.network().forward
	if f.Hides != "" && e.OS != "windows" { // there case makes no difference
		fs = append(fs, warn(report.ForwardProxyFailure, say("%s and %s differ; go takes %[1]s, curl and git take the other", "%s 与 %s 不同；go 使用 %[1]s，curl 和 git 使用另一个", f.Source, f.Hides)).
			todo(say("set both to the same value", "请把两者设为相同的值")))
	}
	http, https := cmp.Or(e.Getenv("HTTP_PROXY"), e.Getenv("http_proxy")), cmp.Or(e.Getenv("HTTPS_PROXY"), e.Getenv("https_proxy"))
	all := cmp.Or(e.Getenv("ALL_PROXY"), e.Getenv("all_proxy"))
	switch {
	case f.Source != "" && !isVariable(f.Source): // which go does not see anyway
	case https == "" && http != "":
		fs = append(fs, warn(report.ForwardProxyFailure, say("%s is set and HTTPS_PROXY is not: https goes past the forward proxy", "设置了 %s 而未设置 HTTPS_PROXY：https 不经过转发代理", f.Source)).
			todo(say("set HTTPS_PROXY to the same value if the network needs it", "若网络需要，请把 HTTPS_PROXY 设为相同的值")))
	case https == "" && all != "":
		fs = append(fs, warn(report.ForwardProxyFailure, say("ALL_PROXY is set, which curl and git read and go does not", "设置了 ALL_PROXY，curl 和 git 会读取它，而 go 不会")).
			todo(say("set HTTPS_PROXY to the same value", "请把 HTTPS_PROXY 设为相同的值")))
	}
	return fs
}

// isVariable reports whether a source is one of the variables that go reads.
func isVariable(source string) bool { return strings.HasSuffix(strings.ToUpper(source), "_PROXY") }

// oddNoProxy finds items of NO_PROXY that never match
// (golang.org/x/net/http/httpproxy).
func (e *exam) oddNoProxy() (fs []Finding) {
	list := cmp.Or(e.Getenv("NO_PROXY"), e.Getenv("no_proxy"))
	if list == "" || e.network().forward.Source == "" {
		return nil
	}
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		better := ""
		switch {
		case item == "*":
			fs = append(fs, warn(report.ForwardProxyFailure, say("NO_PROXY=* switches the forward proxy off for every host", "NO_PROXY=* 会对所有主机停用转发代理")).
				todo(say("list the hosts that need none", "请只列出不需要代理的主机")))
			continue
		case strings.ContainsAny(item, " ;|\t"):
			better = strings.Join(strings.FieldsFunc(item, func(r rune) bool { return strings.ContainsRune(" ;|\t", r) }), ",")
		case item == "<local>":
			better = "NAME1,NAME2,…"
		case strings.Contains(item, "://"):
			_, better, _ = strings.Cut(item, "://")
		case strings.HasSuffix(item, ".*"):
			better = cidr(strings.TrimSuffix(item, ".*"))
		}
		if better != "" {
			fs = append(fs, warn(report.ForwardProxyFailure, say("NO_PROXY has %q, which matches no host", "NO_PROXY 中的 %q 不匹配任何主机", item)).
				todo(say("write %s", "请写 %s", better)))
		}
	}
	return fs
}

// cidr turns the beginning of an IPv4 address into a network: 10 → 10.0.0.0/8.
func cidr(prefix string) string {
	parts := strings.Count(prefix, ".") + 1
	p, err := netip.ParsePrefix(prefix + strings.Repeat(".0", 4-min(parts, 4)) + "/" + itoa(8*parts))
	if err != nil {
		return prefix
	}
	return p.String()
}

// reason is why something failed, in the word of the class where there is one.
func reason(err error) string {
	if c := classify.Of(err); c != "" && c != report.Unknown {
		return string(c)
	}
	return classify.Redact(err.Error())
}
