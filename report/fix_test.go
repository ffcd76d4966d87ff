package report

import (
	"strings"
	"testing"
)

func TestFixFor(t *testing.T) {
	t.Parallel()
	private := Failure{Class: PrivateModule, Module: "git.corp.example/team/lib", Version: "v1.2.0"}
	auth := Failure{Class: VCSAuth, Module: "git.corp.example/team/lib", Host: "git.corp.example"}
	for name, c := range map[string]struct {
		f    Failure
		in   FixInput
		want string
	}{
		"private, GitHub": {private, FixInput{CI: "github"}, "env:\n  GOPRIVATE: git.corp.example"},
		"private beside others": {
			private, FixInput{CI: "gitlab", GOPRIVATE: "github.com/acme"}, "variables:\n  GOPRIVATE: \"github.com/acme,git.corp.example\"",
		},
		"private, but set already": {private, FixInput{CI: "gitlab", GOPRIVATE: "a.example,git.corp.example"}, ""},
		"private on a shared forge": {
			Failure{Class: PrivateModule, Module: "github.com/acme/secret/v2"}, FixInput{CI: "jenkins"}, "environment {\n  GOPRIVATE = 'github.com/acme'\n}",
		},
		"private, PowerShell": {private, FixInput{OS: "windows"}, "$env:GOPRIVATE = 'git.corp.example'"},
		"git login, GitHub": {
			auth, FixInput{CI: "github"},
			"- run: |\n    git config --global url.\"https://x-access-token:${GIT_TOKEN}@git.corp.example/\".insteadOf \"https://git.corp.example/\"\n  env:\n    GIT_TOKEN: ${{ secrets.GIT_TOKEN }}",
		},
		"git login, GitLab": {
			auth, FixInput{CI: "gitlab"},
			"before_script:\n  - git config --global url.\"https://gitlab-ci-token:${CI_JOB_TOKEN}@git.corp.example/\".insteadOf \"https://git.corp.example/\"",
		},
		"unknown host key": {
			Failure{Class: VCSAuth, Host: "git.corp.example", Evidence: []string{"Host key verification failed."}}, FixInput{},
			"mkdir -p ~/.ssh\nssh-keyscan git.corp.example >> ~/.ssh/known_hosts",
		},
		"another candidate first": {
			Failure{Class: ConnectTimeout}, FixInput{CI: "azure", GOPROXY: "https://a.example,direct", Candidate: "https://goproxy.cn"},
			"variables:\n  GOPROXY: \"https://goproxy.cn|https://a.example,direct\"",
		},
		"no other candidate": {Failure{Class: ConnectTimeout}, FixInput{GOPROXY: "https://a.example,direct"}, ""},
		"past the forward proxy": {
			Failure{Class: ForwardProxyFailure, Evidence: []string{`go: m@v1: Get "https://nexus.corp.example/x": Forbidden`}}, FixInput{NoProxy: ".svc"},
			"export NO_PROXY='.svc,nexus.corp.example'",
		},
		"through it with a login": {
			Failure{Class: ForwardProxyAuth}, FixInput{CI: "github", ForwardProxy: "proxy.corp.example:3128"},
			"env:\n  HTTPS_PROXY: \"http://${{ secrets.PROXY_USER }}:${{ secrets.PROXY_PASSWORD }}@proxy.corp.example:3128\"",
		},
		"firewall":       {Failure{Class: FirewallBlocked, Host: "goproxy.cn"}, FixInput{}, "goproxy.cn:443\nsum.golang.org:443\nstorage.googleapis.com:443"},
		"damaged cache":  {Failure{Class: CacheCorrupt}, FixInput{CI: "gitlab"}, "before_script:\n  - go clean -modcache\n  - go mod download"},
		"HTTP/2 trouble": {Failure{Class: ConnectionReset, Evidence: []string{"stream error: stream ID 1"}}, FixInput{}, "GODEBUG=http2client=0 go mod download"},
		"wrong setting":  {Failure{Class: ConfigInvalid, Evidence: []string{"go: invalid GOSUMDB: malformed verifier id"}}, FixInput{}, "go env -u GOSUMDB\ngo env -changed"},
		"tool not allowed": {
			Failure{Class: VCSMissing, Evidence: []string{"GOVCS disallows using bzr for public bzr.corp.example/tool; see 'go help vcs'"}}, FixInput{},
			"export GOVCS='bzr.corp.example:bzr'",
		},
		"less at once, other flags kept": {Failure{Class: ResourceLimit}, FixInput{GOFLAGS: "-mod=mod"}, "export GOFLAGS='-mod=mod -p=2'"},
		"nobody can tell":                {Failure{Class: Unknown}, FixInput{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := FixFor(c.f, c.in); got != c.want {
				t.Errorf("FixFor =\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestFixTrustsNoLog gives names that would be more than names to whoever
// pastes them.
func TestFixTrustsNoLog(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{"a.example;reboot", "$(reboot).example", "`reboot`", "a.example'\nrun: reboot", `a.example" && reboot`, "a.example/${{ secrets.X }}", "-oProxyCommand=reboot"} {
		for _, info := range Classes {
			for _, ci := range []string{"github", "gitlab", "azure", "jenkins", "shell"} {
				f := Failure{Class: info.Class, Module: evil, Version: evil, Host: evil, Evidence: []string{`Get "https://` + evil + `/x": Forbidden`, "Host key verification failed."}}
				if fix := FixFor(f, FixInput{CI: ci, ForwardProxy: evil}); strings.Contains(fix, evil) || strings.Contains(fix, "reboot") {
					t.Errorf("%s, %s: %q got into\n%s", info.Class, ci, evil, fix)
				}
			}
		}
	}
}
