package doctor

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// git is the git command and what it is set to, outside of any repository: go
// runs it in the module cache, where the settings of a checkout do not count, such
// as the token that actions/checkout leaves there.
type git struct {
	version string
	err     error
	rewrite []rewrite
}

// A rewrite is a url.<to>.insteadOf <from> of git's settings.
type rewrite struct{ to, from string }

func (w World) findGit(ctx context.Context) (g git) {
	if g.version, g.err = w.output(ctx, "git", "--version"); g.err != nil {
		return g
	}
	g.version = strings.TrimPrefix(g.version, "git version ")
	out, _ := w.output(ctx, "git", "config", "--get-regexp", `^url\..*\.insteadof$`) // exit status 1 for none
	for line := range strings.Lines(out) {
		key, from, ok := strings.Cut(strings.TrimSpace(line), " ")
		if ok && len(key) > len("url.")+len(".insteadof") {
			g.rewrite = append(g.rewrite, rewrite{key[len("url.") : len(key)-len(".insteadof")], from})
		}
	}
	return g
}

// checkGit asks whether modules can be taken from where they are developed.
func checkGit(ctx context.Context, e *exam) []Finding {
	g, v := e.git(), e.needsGit()
	if g.err != nil {
		f := bad(v, report.VCSMissing, say("there is no git, which fetches what no module proxy has", "没有 git，而模块代理没有的模块需要用它获取")).
			paste(e.fixFor(report.VCSMissing, ""))
		return []Finding{f.proof(g.err.Error())}
	}
	var fs []Finding
	if prompt := e.Getenv("GIT_TERMINAL_PROMPT"); prompt != "" && prompt != "0" {
		fs = append(fs, warn(report.VCSAuth, say("GIT_TERMINAL_PROMPT=%s: git without a login waits for one instead of failing", "GIT_TERMINAL_PROMPT=%s：git 没有登录信息时会一直等待而不是失败", prompt)).
			todo(say("remove it; go sets 0 by itself", "请删除它；go 会自行设为 0")))
	}
	if f, ok := e.oddGOVCS(v); ok {
		fs = append(fs, f)
	}
	if f, ok := e.shortPaths(ctx, v); ok {
		fs = append(fs, f)
	}
	if fs == nil {
		fs = []Finding{fine(say("git %s", "git %s", g.version))}
	}
	return fs
}

// shortPaths finds a git that takes no path of more than 260 characters: go lifts that
// limit for itself (src/runtime/os_windows.go), git does only if it is told to.
func (e *exam) shortPaths(ctx context.Context, v Verdict) (Finding, bool) {
	if e.OS != "windows" || v != Fail {
		return Finding{}, false
	}
	if out, err := e.output(ctx, "git", "config", "--type=bool", "--get", "core.longpaths"); err == nil && out == "true" {
		return Finding{}, false
	}
	return warn(report.PathTooLong, say("git takes no path of more than 260 characters here (core.longpaths is off), and modules of this job come by git", "git 在此不接受超过 260 个字符的路径（core.longpaths 未开启），而本任务的模块需用 git 获取")).
		paste("git config --global core.longpaths true"), true
}

// needsGit is Fail when the job has modules that come by git only.
func (e *exam) needsGit() Verdict {
	f := e.field()
	direct := len(f.fixed) > 0 && f.fixed[0].Word == "direct"
	if !e.job().offline() && (direct && len(e.job().needs.Zips) > 0 || len(e.privateModules()) > 0) {
		return Fail
	}
	return Warn
}

// oddGOVCS finds rules that forbid git or cannot be read (go help vcs).
func (e *exam) oddGOVCS(v Verdict) (Finding, bool) {
	for rule := range strings.SplitSeq(e.golang().s.GOVCS, ",") {
		pattern, list, ok := strings.Cut(strings.TrimSpace(rule), ":")
		switch {
		case pattern == "" && !ok:
		case !ok || list == "":
			return fail(report.ConfigInvalid, say("GOVCS has %q, which lacks a colon and a list", "GOVCS 中的 %q 缺少冒号和列表", rule)).
				paste("GOVCS=public:git|hg,private:all"), true
		case list == "off" && (pattern == "private" || pattern == "*"):
			return bad(v, report.VCSMissing, say("GOVCS=%s forbids git for private modules", "GOVCS=%s 禁止对私有模块使用 git", e.golang().s.GOVCS)).
				paste("GOVCS=public:git|hg,private:all"), true
		}
	}
	return Finding{}, false
}

// privateModules are what the job needs and no module proxy may be asked for.
func (e *exam) privateModules() (paths []string) {
	for _, z := range e.job().needs.Zips {
		if e.private(z.Path) {
			paths = append(paths, z.Path)
		}
	}
	return paths
}

// checkPrivate looks for logins for the hosts of private modules. It looks at this
// machine only and asks none of the hosts.
func checkPrivate(ctx context.Context, e *exam) []Finding {
	hosts := e.privateHosts()
	if len(hosts) == 0 {
		return []Finding{skipped(say("GOPRIVATE names no host", "GOPRIVATE 未指定主机"))}
	}
	if e.git().err != nil {
		return []Finding{skipped(say("without git no login can be looked for", "没有 git，无法查找登录信息"))}
	}
	var fs []Finding
	var found []string
	for _, host := range hosts {
		how, f := e.login(ctx, host)
		if how != "" {
			found = append(found, host+" ("+how+")")
		} else {
			fs = append(fs, f)
		}
	}
	if len(found) > 0 {
		fs = append(fs, fine(say("logins are here, untried: %s", "已有登录信息（未试用）：%s", few(found))))
	}
	return fs
}

// privateHosts are the hosts in the patterns, and those of private modules where a
// pattern has a wildcard for a host.
func (e *exam) privateHosts() (hosts []string) {
	s := e.golang().s
	for _, list := range []string{s.GOPRIVATE, s.GONOPROXY, e.Private} {
		for pattern := range strings.SplitSeq(list, ",") {
			host, _, _ := strings.Cut(strings.TrimSpace(pattern), "/")
			if strings.Contains(host, ".") && !strings.ContainsAny(host, `*?[\: `) {
				hosts = append(hosts, host)
			}
		}
	}
	for _, path := range e.privateModules() {
		host, _, _ := strings.Cut(path, "/")
		hosts = append(hosts, host)
	}
	return distinct(hosts)
}

// login says by what git or go would log in to a host, or what is missing.
func (e *exam) login(ctx context.Context, host string) (string, Finding) {
	to, rewritten := e.git().rewriteOf(host)
	switch {
	case rewritten && isSSH(to):
		return e.sshLogin(ctx, host, to)
	case rewritten && strings.Contains(to, "@"):
		return "insteadOf", Finding{}
	case modproxy.LoadNetrc(e.Getenv, e.OS, e.golang().s.GOAUTH)[host] != nil:
		return ".netrc", Finding{}
	}
	for _, key := range []string{"http.extraheader", "credential.helper"} {
		if out, err := e.output(ctx, "git", "config", "--get-urlmatch", key, "https://"+host+"/"); err == nil && out != "" {
			return key, Finding{}
		}
	}
	for _, name := range []string{"GIT_ASKPASS", "SSH_ASKPASS"} {
		if e.Getenv(name) != "" {
			return name, Finding{}
		}
	}
	return "", warn(report.VCSAuth, say("%s: no login on this machine, neither .netrc nor insteadOf nor a credential helper", "%s：本机没有登录信息（.netrc、insteadOf、credential helper 均无）", host)).
		paste(e.fixFor(report.VCSAuth, host))
}

// rewriteOf finds where git takes a host's repositories from.
func (g git) rewriteOf(host string) (to string, ok bool) {
	i := slices.IndexFunc(g.rewrite, func(r rewrite) bool {
		return strings.HasPrefix(r.from, "https://"+host) || strings.HasPrefix("https://"+host+"/", r.from)
	})
	if i < 0 {
		return "", false
	}
	return g.rewrite[i].to, true
}

// isSSH tells ssh://… and user@host:path from a URL with another scheme.
func isSSH(to string) bool { return strings.HasPrefix(to, "ssh://") || !strings.Contains(to, "://") }

// keys are the names of ssh's default keys.
var keys = []string{"id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk", "config"}

func (e *exam) sshLogin(ctx context.Context, host, to string) (string, Finding) {
	ssh := filepath.Join(e.home(), ".ssh")
	hasKey := e.Getenv("SSH_AUTH_SOCK") != "" || e.Getenv("GIT_SSH_COMMAND") != "" || e.Getenv("GIT_SSH") != "" ||
		slices.ContainsFunc(keys, func(name string) bool { return e.exists(ssh, name) })
	if !hasKey {
		return "", warn(report.VCSAuth, say("%s: git goes by ssh, and there is neither an agent nor a key", "%s：git 使用 ssh，但既没有 agent 也没有密钥", host)).
			todo(say("start ssh-agent and add a deploy key (SSH_AUTH_SOCK), or rewrite to https with a token", "请启动 ssh-agent 并添加部署密钥（SSH_AUTH_SOCK），或改写为带令牌的 https"))
	}
	server := sshHost(to, host)
	if e.Getenv("GIT_SSH_COMMAND") == "" && !e.knownHost(ctx, ssh, server) {
		return "", warn(report.VCSAuth, say("%s: no host key is known (Host key verification failed)", "%s：known_hosts 中没有其主机密钥（Host key verification failed）", server)).
			paste(e.fixFor(report.VCSAuth, server, "no host key is known"))
	}
	return "ssh", Finding{}
}

func sshHost(to, otherwise string) string {
	s := strings.TrimPrefix(to, "ssh://")
	if _, rest, ok := strings.Cut(s, "@"); ok {
		s = rest
	}
	if i := strings.IndexAny(s, ":/"); i >= 0 {
		s = s[:i]
	}
	if s == "" {
		return otherwise
	}
	return s
}

// knownHost asks ssh-keygen, which reads hashed names too.
func (e *exam) knownHost(ctx context.Context, ssh, host string) bool {
	for _, file := range []string{filepath.Join(ssh, "known_hosts"), "/etc/ssh/ssh_known_hosts"} {
		if !e.exists(file) {
			continue
		}
		if out, err := e.output(ctx, "ssh-keygen", "-F", host, "-f", file); err == nil && out != "" {
			return true
		}
	}
	return false
}
