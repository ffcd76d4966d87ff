package doctor

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// A route is the way to the host of a module proxy, up to an open connection.
type route struct {
	host, port string
	proxied    bool // the forward proxy resolves and connects
	literal    bool // the host is an address
	dns        error
	dnsTook    time.Duration
	v4, v6     family
}

// A family is what one kind of addresses gave.
type family struct {
	addr netip.Addr // invalid when there is none
	err  error
	took time.Duration
}

func (f family) open() bool { return f.addr.IsValid() && f.err == nil }

func (r route) open() bool { return r.v4.open() || r.v6.open() }

// err is why no connection could be opened.
func (r route) err() error {
	switch {
	case r.dns != nil:
		return r.dns
	case r.open() || r.proxied:
		return nil
	case r.v4.addr.IsValid():
		return r.v4.err
	}
	return r.v6.err
}

// findRoutes tries the hosts of all candidates side by side.
func (e *exam) findRoutes(ctx context.Context) []route {
	var rs []route
	for _, c := range e.field().candidates {
		host, port, _ := net.SplitHostPort(hostPort(c.URL))
		if slices.ContainsFunc(rs, func(r route) bool { return r.host == host && r.port == port }) {
			continue
		}
		rs = append(rs, route{host: host, port: port, proxied: e.throughForward(c.URL)})
	}
	var wg sync.WaitGroup
	for i := range rs {
		wg.Go(func() { rs[i].walk(ctx, e.World) })
	}
	wg.Wait()
	return rs
}

func (r *route) walk(ctx context.Context, w World) {
	if r.proxied {
		return
	}
	r.resolve(ctx, w)
	var wg sync.WaitGroup
	wg.Go(func() { r.v4.dial(ctx, w, r.port) })
	wg.Go(func() { r.v6.dial(ctx, w, r.port) })
	wg.Wait()
}

// resolve asks the system's resolver for both kinds of addresses.
func (r *route) resolve(ctx context.Context, w World) {
	if a, err := netip.ParseAddr(r.host); err == nil {
		r.literal = true
		if a.Is4() {
			r.v4.addr = a
		} else {
			r.v6.addr = a
		}
		return
	}
	ctx, cancel := context.WithTimeout(ctx, w.Budget)
	defer cancel()
	start := time.Now()
	var err4, err6 error
	var wg sync.WaitGroup
	wg.Go(func() { r.v4.addr, err4 = first(w.Lookup(ctx, "ip4", r.host)) })
	wg.Go(func() { r.v6.addr, err6 = first(w.Lookup(ctx, "ip6", r.host)) })
	wg.Wait()
	r.dnsTook = time.Since(start)
	if err4 != nil && err6 != nil {
		r.dns = err4
	}
}

func first(addrs []netip.Addr, err error) (netip.Addr, error) {
	if err != nil {
		return netip.Addr{}, err
	}
	if len(addrs) == 0 {
		return netip.Addr{}, errors.New("no addresses")
	}
	return addrs[0].Unmap(), nil
}

func (f *family) dial(ctx context.Context, w World, port string) {
	if !f.addr.IsValid() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, w.Budget)
	defer cancel()
	start := time.Now()
	conn, err := w.Dial(ctx, "tcp", net.JoinHostPort(f.addr.String(), port))
	f.took, f.err = time.Since(start), err
	if err == nil {
		conn.Close()
	}
}

// broken reports whether no connection to a module proxy can be opened, which
// checks of the route have told of.
func (e *exam) broken(u *url.URL) bool {
	r, ok := e.routeTo(u)
	return ok && (r.err() != nil || r.proxied && e.lost(u))
}

func (e *exam) routeTo(u *url.URL) (route, bool) {
	host, port, _ := net.SplitHostPort(hostPort(u))
	for _, r := range e.routes() {
		if r.host == host && r.port == port {
			return r, true
		}
	}
	return route{}, false
}

// noRoutes says why there is nothing to look at, nil when there is.
func (e *exam) noRoutes() []Finding {
	rs := e.routes()
	switch {
	case e.field().err != nil:
		return []Finding{skipped(say("GOPROXY cannot be read", "无法解析 GOPROXY"))}
	case len(rs) == 0:
		return []Finding{skipped(say("GOPROXY names no module proxy", "GOPROXY 未指定模块代理"))}
	case !slices.ContainsFunc(rs, func(r route) bool { return !r.proxied }):
		return []Finding{skipped(say("left to the forward proxy", "由转发代理完成"))}
	}
	return nil
}

// slowDNS is what a resolver may take before each build feels it.
const slowDNS = time.Second

// checkDNS asks whether the names of the module proxies resolve.
func checkDNS(_ context.Context, e *exam) []Finding {
	if fs := e.noRoutes(); fs != nil {
		return fs
	}
	var bad4, names []string
	var lost []error
	var slowest time.Duration
	families := [2]int{}
	for _, r := range e.routes() {
		switch {
		case r.proxied, r.literal:
			continue
		case r.dns != nil:
			bad4, lost = append(bad4, r.host), append(lost, r.dns)
		default:
			slowest = max(slowest, r.dnsTook)
			families[0] += count(r.v4.addr.IsValid())
			families[1] += count(r.v6.addr.IsValid())
		}
		names = append(names, r.host)
	}
	if len(names) == 0 {
		return []Finding{fine(say("there is no name to resolve", "没有需要解析的名称"))}
	}
	var fs []Finding
	if len(bad4) > 0 {
		f := bad(e.severity(e.broken), report.DNSFailure, say("not resolved, %d of %d: %s", "无法解析，%d / %d：%s", len(bad4), len(names), few(bad4))).
			proof(texts(lost)...)
		switch {
		case e.job().offline():
			f = f.todo(say("none needed: builds take the vendor folder, or need no module", "无需处理：构建使用 vendor 目录，或不需要模块"))
		case f.Verdict == Fail:
			f = f.todo(say("correct the resolver (/etc/resolv.conf, docker --dns, VPN), or set GOPROXY to a host that resolves here", "请检查解析器（/etc/resolv.conf、docker --dns、VPN），或把 GOPROXY 设为可解析的主机"))
		default:
			f = f.todo(say("none needed while another module proxy answers; this network does not know these names", "只要还有其他模块代理可用即无需处理；此网络不认识这些名称"))
		}
		fs = append(fs, f)
	}
	if slowest > slowDNS {
		fs = append(fs, warn(report.DNSFailure, say("names take up to %s to resolve", "解析名称最长需要 %s", millis(slowest))).
			todo(say("look at the order of the servers in the resolver's settings: the first one may be dead", "请检查解析器设置中服务器的顺序：第一个可能已失效")))
	}
	if fs == nil {
		fs = []Finding{fine(say("names resolve: %d of %d, %d with IPv4, %d with IPv6, in %s", "名称可解析：%d / %d，其中 IPv4 %d 个、IPv6 %d 个，用时 %s", len(names), len(names), families[0], families[1], millis(slowest)))}
	}
	return fs
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func texts(errs []error) (lines []string) {
	for _, err := range errs {
		lines = append(lines, err.Error())
	}
	return lines
}

// checkConnect asks whether TCP connections open, over each kind of addresses.
func checkConnect(_ context.Context, e *exam) []Finding {
	if fs := e.noRoutes(); fs != nil {
		return fs
	}
	var fs []Finding
	var open []string
	var slowest time.Duration
	for _, r := range e.routes() {
		switch err := r.err(); {
		case r.proxied, r.dns != nil:
		case err != nil:
			class := classify.Of(err)
			f := bad(e.severity(e.broken), class, say("%s: no connection to port %s (%s)", "%s：无法连接端口 %s（%s）", r.host, r.port, reason(err))).proof(err.Error())
			fs = append(fs, f.todo(class.Info().Advice))
		case !r.v4.open() && r.v4.addr.IsValid(), !r.v6.open() && r.v6.addr.IsValid():
			if f, ok := r.deadFamily(); ok {
				fs = append(fs, f)
			}
			fallthrough
		default:
			open = append(open, r.host)
			slowest = max(slowest, r.v4.took*time.Duration(count(r.v4.open())), r.v6.took*time.Duration(count(r.v6.open())))
		}
	}
	if fs == nil && open != nil {
		fs = []Finding{fine(say("open: %s, in %s", "可连接：%s，用时 %s", few(open), millis(slowest)))}
	}
	if fs == nil {
		fs = []Finding{skipped(say("no name resolved", "没有可解析的名称"))}
	}
	return fs
}

// deadFamily is for a host that answers over one kind of addresses only. What is
// refused at once costs nothing: the other kind is tried at the same moment. What
// is never answered costs every connection 300 ms (net.Dialer, FallbackDelay),
// and git its own time-out.
func (r route) deadFamily() (Finding, bool) {
	name, dead := "IPv6", r.v6
	if r.v6.open() {
		name, dead = "IPv4", r.v4
	}
	class := classify.Of(dead.err)
	if class != report.ConnectTimeout && !errors.Is(dead.err, context.DeadlineExceeded) {
		return Finding{}, false
	}
	return warn(report.ConnectTimeout, say("%s: %s gets no answer, the other kind of addresses does", "%s：%s 没有应答，另一种地址可以连接", r.host, name)).
		proof(dead.err.Error()).
		todo(say("switch %s off on this machine or repair its route; until then each new connection waits for it", "请在本机停用 %s 或修复其路由；在此之前每个新连接都要等待它", name)), true
}

// isPublic reports whether a host is that of a module proxy everybody knows.
func isPublic(host string, toolchain *url.URL) bool {
	return slices.ContainsFunc(modproxy.DefaultField(toolchain).Candidates, func(c modproxy.Candidate) bool {
		return strings.EqualFold(c.URL.Hostname(), host)
	})
}
