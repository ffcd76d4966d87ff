package report

import (
	"fmt"
	"regexp"
	"strings"
)

// A FixInput is what the fix of a failure depends on besides the failure. All
// fields may be empty.
type FixInput struct {
	CI           string // name of the CI system as in package ci; another name and "" are a shell
	OS           string // as GOOS; "windows" makes a shell PowerShell
	GOPROXY      string // in effect
	GOPRIVATE    string // in effect
	GOFLAGS      string // in effect
	NoProxy      string // NO_PROXY in effect
	ForwardProxy string // host:port of the forward proxy
	Candidate    string // URL of a module proxy that can be reached from here
}

// FixFor returns something ready to paste for f, empty when nothing can be
// said that would hold. Names out of a log get into it only if no shell and no
// YAML reader could take them for anything else.
func FixFor(f Failure, in FixInput) string {
	x := fixer{f, in}
	switch f.Class {
	case DNSFailure, ConnectRefused, ConnectTimeout, NetworkUnreachable, ProxyServerError, ProxyRateLimited, ProxyBadResponse, TLSInvalid, TLSHandshake:
		return x.otherCandidate()
	case ConnectionReset, ResponseTimeout:
		return x.oddNetwork()
	case FirewallBlocked:
		return x.allowHosts()
	case TLSUntrusted:
		return x.trust()
	case ForwardProxyAuth:
		return x.proxyLogin()
	case ForwardProxyFailure:
		return x.bypass()
	case ProxyAuth:
		return x.netrc()
	case VersionNotFound:
		return x.run("go list -m -versions " + x.module())
	case PrivateModule:
		return x.set("GOPRIVATE", appendItem(in.GOPRIVATE, x.privatePrefix()))
	case VCSAuth:
		return x.gitLogin()
	case VCSMissing:
		return x.installGit()
	case ChecksumMismatch:
		return x.run("go clean -modcache", "go mod download "+x.query())
	case CacheCorrupt:
		return x.run("go clean -modcache", "go mod download")
	case SumDBUnreachable:
		return x.set("GOSUMDB", "sum.golang.google.cn")
	case GoSumMissing:
		return x.shell("go mod tidy", "git add go.mod go.sum")
	case GoModInvalid:
		return x.shell("go mod tidy")
	case Toolchain:
		return x.toolchain()
	case ConfigInvalid:
		return x.config()
	case DiskFull:
		return x.run("go clean -cache -modcache")
	case FileLocked, PermissionDenied:
		return x.set("GOMODCACHE", x.ownFolder())
	case PathTooLong:
		return x.shortPath()
	case ResourceLimit:
		return x.lessAtOnce()
	}
	return ""
}

// A fixer writes fixes for one failure.
type fixer struct {
	f  Failure
	in FixInput
}

// set returns how a job of the CI system sets a variable for all its steps.
func (x fixer) set(name, value string) string {
	if value == "" {
		return ""
	}
	switch x.in.CI {
	case "github", "gitea", "forgejo", "act":
		return "env:\n  " + name + ": " + quote(value)
	case "gitlab", "azure":
		return "variables:\n  " + name + ": " + quote(value)
	case "jenkins":
		return "environment {\n  " + name + " = " + groovy(value) + "\n}"
	case "circleci":
		return "environment:\n  " + name + ": " + quote(value)
	}
	if x.in.OS == "windows" {
		return "$env:" + name + " = '" + value + "'"
	}
	return "export " + name + "='" + value + "'"
}

// run returns how a job of the CI system runs commands.
func (x fixer) run(commands ...string) string {
	switch x.in.CI {
	case "github", "gitea", "forgejo", "act":
		return "- run: |\n    " + strings.Join(commands, "\n    ")
	case "gitlab":
		return "before_script:\n  - " + strings.Join(commands, "\n  - ")
	case "azure":
		return "- script: |\n    " + strings.Join(commands, "\n    ")
	case "jenkins":
		step := "sh"
		if x.in.OS == "windows" {
			step = "powershell"
		}
		return step + " '''\n" + strings.Join(commands, "\n") + "\n'''"
	}
	return x.shell(commands...)
}

// shell returns commands for the developer's own machine.
func (x fixer) shell(commands ...string) string { return strings.Join(commands, "\n") }

func (x fixer) otherCandidate() string {
	now := x.in.GOPROXY
	if x.in.Candidate == "" || strings.Contains(now, x.in.Candidate) {
		return ""
	}
	if now == "" {
		now = "direct"
	}
	return x.set("GOPROXY", x.in.Candidate+"|"+now)
}

// oddNetwork works around middleboxes for the download alone: GODEBUG would
// change the user's tests, too.
func (x fixer) oddNetwork() string {
	switch {
	case x.says("stream error") || x.says("GOAWAY"):
		return x.run(x.with("GODEBUG", "http2client=0", "go mod download"))
	case x.says("TLS handshake timeout"):
		return x.run(x.with("GODEBUG", "tlsmlkem=0", "go mod download"))
	}
	return x.otherCandidate()
}

// with returns a command with a variable for it alone.
func (x fixer) with(name, value, command string) string {
	if x.in.OS == "windows" {
		return "$env:" + name + " = '" + value + "'; " + command + "; $env:" + name + " = ''"
	}
	return name + "=" + value + " " + command
}

// allowHosts lists what a firewall has to let through: zips of the default
// module proxy come by redirect from the third.
func (x fixer) allowHosts() string {
	hosts := []string{"sum.golang.org:443", "storage.googleapis.com:443"}
	if x.f.Host != "" && harmless(x.f.Host) {
		hosts = append([]string{x.f.Host + ":443"}, hosts...)
	}
	return strings.Join(hosts, "\n")
}

func (x fixer) trust() string {
	switch x.in.OS {
	case "windows":
		return x.run("certutil -addstore -f Root corp-ca.crt")
	case "darwin":
		return x.run("sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain corp-ca.crt")
	}
	return x.run("cp corp-ca.crt /usr/local/share/ca-certificates/", "update-ca-certificates")
}

func (x fixer) proxyLogin() string {
	where := x.in.ForwardProxy
	if where == "" || !harmless(where) {
		where = "HOST:PORT"
	}
	return x.set("HTTPS_PROXY", "http://"+x.secret("PROXY_USER")+":"+x.secret("PROXY_PASSWORD")+"@"+where)
}

// bypass sends the failing request past the forward proxy.
func (x fixer) bypass() string {
	for _, line := range x.f.Evidence {
		if m := asked.FindStringSubmatch(line); m != nil && harmless(m[1]) {
			return x.set("NO_PROXY", appendItem(x.in.NoProxy, m[1]))
		}
	}
	return ""
}

var asked = regexp.MustCompile(`["']https?://(?:[^/@"']*@)?([^/:"']+)`)

func (x fixer) netrc() string {
	file := `~/.netrc`
	if x.in.OS == "windows" {
		return x.run(`Add-Content "$env:USERPROFILE\_netrc" "machine ` + x.host() + ` login $env:GOPROXY_USER password $env:GOPROXY_TOKEN"`)
	}
	return x.run(`printf 'machine %s login %s password %s\n' `+x.host()+` "$GOPROXY_USER" "$GOPROXY_TOKEN" >> `+file, "chmod 600 "+file)
}

func (x fixer) gitLogin() string {
	if x.says("Host key verification failed") || x.says("host key is known") {
		return x.run("mkdir -p ~/.ssh", "ssh-keyscan "+x.host()+" >> ~/.ssh/known_hosts")
	}
	rewrite := func(login string) string {
		return `git config --global url."https://` + login + "@" + x.host() + `/".insteadOf "https://` + x.host() + `/"`
	}
	switch x.in.CI {
	case "github", "gitea", "forgejo", "act":
		return x.run(rewrite("x-access-token:${GIT_TOKEN}")) + "\n  env:\n    GIT_TOKEN: ${{ secrets.GIT_TOKEN }}"
	case "gitlab":
		return x.run(rewrite("gitlab-ci-token:${CI_JOB_TOKEN}"))
	case "azure":
		return x.run(rewrite("azure:$(System.AccessToken)"))
	case "jenkins":
		return "withCredentials([string(credentialsId: 'git-token', variable: 'GIT_TOKEN')]) {\n  sh '" + rewrite("oauth2:${GIT_TOKEN}") + "'\n}"
	}
	if x.in.OS == "windows" {
		return rewrite("oauth2:$($env:GIT_TOKEN)")
	}
	return rewrite("oauth2:${GIT_TOKEN}")
}

func (x fixer) installGit() string {
	for _, line := range x.f.Evidence {
		if m := disallowed.FindStringSubmatch(line); m != nil {
			return x.set("GOVCS", m[2]+":"+m[1])
		}
	}
	if x.in.OS == "windows" {
		return x.run("winget install --exact --id Git.Git")
	}
	if x.in.OS == "darwin" {
		return x.run("brew install git")
	}
	return x.run("apk add --no-cache git || { apt-get update && apt-get install -y git; }")
}

var disallowed = regexp.MustCompile(`GOVCS disallows using (\w+) for \w+ ([\w.-]+)`)

func (x fixer) toolchain() string {
	switch x.in.CI {
	case "github", "gitea", "forgejo", "act":
		return "- uses: actions/setup-go@v6\n  with:\n    go-version-file: go.mod"
	}
	return x.set("GOTOOLCHAIN", "auto")
}

// config removes the setting that is named from where go env -w put it.
func (x fixer) config() string {
	if x.says("inconsistent vendoring") {
		return x.shell("go mod vendor", "git add vendor")
	}
	for _, line := range x.f.Evidence {
		if m := setting.FindString(line); m != "" {
			return x.run("go env -u "+m, "go env -changed")
		}
	}
	return x.run("go env -changed")
}

var setting = regexp.MustCompile(`\b(?:GOPROXY|GOSUMDB|GOFLAGS|GO111MODULE|GOVCS|GOAUTH|GOTOOLCHAIN|GOMODCACHE|GONOSUMDB|GOPRIVATE)\b`)

// ownFolder is a module cache that no other job touches.
func (x fixer) ownFolder() string {
	switch x.in.CI {
	case "github", "gitea", "forgejo", "act":
		return "${{ runner.temp }}/gomodcache"
	case "gitlab":
		return "$CI_PROJECT_DIR/.gomodcache"
	case "azure":
		return "$(Agent.TempDirectory)/gomodcache"
	case "jenkins":
		return "${WORKSPACE}/.gomodcache"
	}
	if x.in.OS == "windows" {
		return `C:\gm`
	}
	return "/tmp/gomodcache"
}

func (x fixer) shortPath() string {
	if x.in.OS != "windows" {
		return x.set("GOMODCACHE", "/tmp/gm")
	}
	return x.set("GOMODCACHE", `C:\gm`) + "\n" + x.run("git config --system core.longpaths true")
}

func (x fixer) lessAtOnce() string {
	if x.says("too many open files") {
		return x.run("ulimit -n 4096")
	}
	return x.set("GOFLAGS", strings.TrimSpace(x.in.GOFLAGS+" -p=2"))
}

// says whether the evidence holds words.
func (x fixer) says(words string) bool {
	for _, line := range x.f.Evidence {
		if strings.Contains(line, words) {
			return true
		}
	}
	return false
}

// secret returns how the CI system reads a secret in a value.
func (x fixer) secret(name string) string {
	switch x.in.CI {
	case "github", "gitea", "forgejo", "act":
		return "${{ secrets." + name + " }}"
	case "azure":
		return "$(" + name + ")"
	case "gitlab", "jenkins", "circleci":
		return "${" + name + "}"
	}
	return name
}

// Names that a log gives, or a word that stands for them.
func (x fixer) host() string   { return known(x.f.Host, "HOST") }
func (x fixer) module() string { return known(x.f.Module, "MODULE") }

func (x fixer) query() string {
	if x.f.Module == "" || !harmless(x.f.Module) || !harmless(x.f.Version) {
		return ""
	}
	return x.f.Module + "@" + known(x.f.Version, "latest")
}

func known(name, word string) string {
	if name == "" || !harmless(name) {
		return word
	}
	return name
}

// harmless says whether a name is nothing but a name to every shell and to YAML.
func harmless(name string) bool { return nameForm.MatchString(name) }

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~/+:-]*$|^$`)

// privatePrefix returns the shortest pattern for GOPRIVATE that does not take
// in other people's modules: the host, with the owner on a shared forge.
func (x fixer) privatePrefix() string {
	if x.f.Module == "" || !harmless(x.f.Module) {
		return ""
	}
	parts := strings.Split(x.f.Module, "/")
	if shared.MatchString(parts[0]) && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

var shared = regexp.MustCompile(`^(?:github\.com|gitlab\.com|bitbucket\.org|gitee\.com|codeberg\.org|gitea\.com|dev\.azure\.com|ssh\.dev\.azure\.com|git\.sr\.ht)$`)

// appendItem returns a comma-separated list with one more item.
func appendItem(list, item string) string {
	if item == "" {
		return ""
	}
	for _, have := range strings.Split(list, ",") {
		if have == item {
			return ""
		}
	}
	if list == "" {
		return item
	}
	return list + "," + item
}

// quote returns a value for YAML.
func quote(value string) string {
	if nameForm.MatchString(value) && !strings.Contains(value, ":") {
		return value
	}
	return fmt.Sprintf("%q", value)
}

// groovy returns a value for a Jenkinsfile, with ${NAME} filled in by Jenkins.
func groovy(value string) string {
	if strings.Contains(value, "${") {
		return `"` + value + `"`
	}
	return "'" + value + "'"
}
