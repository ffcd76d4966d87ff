package doctor

import (
	"context"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/internal/forward"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// checkLayers says which place names the forward proxy, and what became of the
// others.
func checkLayers(_ context.Context, e *exam) []Finding {
	n := e.network()
	if n.err != nil {
		return []Finding{skipped(say("nothing behind a variable that cannot be used is looked at", "变量无法使用时，不再查看其后的设置"))}
	}
	var lines []string
	for _, l := range n.forward.Layers {
		lines = append(lines, strings.TrimSpace(l.Name+": "+string(l.State)+" "+l.Says))
	}
	var fs []Finding
	for _, t := range n.forward.Notes {
		fs = append(fs, warn(report.ForwardProxyFailure, t).todo(say("correct it, or set forward-proxy (GOPROXY_SETUP_FORWARD_PROXY) to what is right", "请改正它，或将 forward-proxy（GOPROXY_SETUP_FORWARD_PROXY）设为正确的值")))
	}
	e.forwards() // asks the scripts
	for _, err := range n.scripts.all() {
		fs = append(fs, warn(report.ForwardProxyFailure, say("%s; what comes behind it answers instead", "%s；改由其后的设置应答", err)).
			todo(say("have the script corrected, or set forward-proxy (GOPROXY_SETUP_FORWARD_PROXY)", "请让人改正该脚本，或设置 forward-proxy（GOPROXY_SETUP_FORWARD_PROXY）")))
	}
	fs = append(fs, e.passedOver()...)
	if f, ok := e.goAlone(); ok {
		fs = append(fs, f)
	}
	if fs == nil {
		fs = []Finding{fine(layersText(n.forward))}
	}
	fs[0] = fs[0].proof(lines...)
	return fs
}

func layersText(f forward.Config) report.Text {
	var others []string
	for _, l := range f.Layers {
		if l.State == forward.Hidden {
			others = append(others, l.Name)
		}
	}
	switch {
	case f.Source == "":
		return say("nothing names a forward proxy; places looked at: %d", "没有任何设置指定转发代理；已查看 %d 处", len(f.Layers))
	case others != nil:
		return say("%s names the forward proxy and hides %s", "%s 指定了转发代理，并遮盖 %s", f.Source, few(others))
	}
	return say("%s names the forward proxy", "%s 指定了转发代理", f.Source)
}

// passedOver tells of settings that Windows passes over, and of those of a service,
// when nothing is reached without them.
func (e *exam) passedOver() (fs []Finding) {
	if e.network().forward.Source != "" {
		return nil
	}
	for _, l := range e.network().forward.Layers {
		if l.Why.EN == "" || l.State != forward.Ignored && (e.Forward.Account.Service() == "" || e.severity(e.broken) != Fail) {
			continue
		}
		t := say("%s is passed over: %s", "%s 未被采用：%s", l.Name, l.Says)
		if l.Says == "" {
			t = say("%s names nothing", "%s 没有指定任何代理", l.Name)
		}
		fs = append(fs, warn(report.ForwardProxyFailure, t).todo(l.Why))
	}
	return fs
}

// goAlone tells that go and git do not know what was found: only variables reach
// them.
func (e *exam) goAlone() (f Finding, ok bool) {
	n := e.network().forward
	if n.Source == "" || isVariable(n.Source) || e.Getenv("HTTPS_PROXY") != "" || len(e.forwards()) == 0 {
		return f, false
	}
	t := say("%s names the forward proxy, which go and git do not read", "%s 指定了转发代理，但 go 和 git 不会读取它", n.Source)
	fix := say("run goproxy-setup, which goes through it and hands it on, or set HTTPS_PROXY", "请运行 goproxy-setup（它会使用并传递该代理），或设置 HTTPS_PROXY")
	return warn(report.ForwardProxyFailure, t).todo(fix), true
}
