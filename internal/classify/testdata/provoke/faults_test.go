package provoke

const (
	queue = "github.com/initrode/queue"
	green = "github.com/soylent/green"
	lib   = "go.hooli.test/team/lib"

	// over makes git ask the server's fault in place of github.com.
	over   = " GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=url.$GIT/"
	origin = ".insteadOf GIT_CONFIG_VALUE_0=https://github.com/"
	ok     = over + "ok/" + origin

	getGreen = "go get github.com/soylent/green@v1.0.0"
	direct   = "direct"
)

const only1 = "-- go.mod --\nmodule example.com/svc\n\ngo 1.21\n\nrequire github.com/initrode/queue v1.2.0\n" +
	"-- main.go --\npackage main\n\nimport \"github.com/initrode/queue\"\n\nfunc main() { queue.Do() }\n"

// bare requires nothing and knows no sums.
const bare = "-- go.mod --\nmodule example.com/svc\n\ngo 1.21\n-- go.sum --\n\n-- main.go --\npackage main\n\nfunc main() {}\n"

func tests(body string) string {
	return "-- go.mod --\nmodule example.com/svc\n\ngo 1.21\n-- go.sum --\n\n-- main.go --\npackage main\n\nfunc main() {}\n-- x_test.go --\npackage main\n\nimport (\n" + body
}

var faults = []fault{
	// the name and the way there
	{name: "dns", label: "dns-failure", module: queue, host: "mirror.invalid", proxy: "https://mirror.invalid", files: only1},
	{name: "dns-list", label: "dns-failure", module: queue, host: "mirror.invalid", proxy: "https://mirror.invalid", script: "go list -m all", files: only1},
	{name: "dns-build-cgo", label: "dns-failure", module: queue, host: "mirror.invalid", proxy: "https://mirror.invalid", script: "go build ./...", env: "GODEBUG=netdns=cgo", files: only1},
	{name: "dns-install", label: "dns-failure", module: "github.com/hooli/nucleus", host: "mirror.invalid", proxy: "https://mirror.invalid", files: bare, script: "go install github.com/hooli/nucleus@v1.0.0"},
	{name: "dns-origin", label: "dns-failure", module: "git.hooli.invalid/x", host: "git.hooli.invalid", proxy: direct, files: bare, script: "go get git.hooli.invalid/x@v1.0.0"},
	{name: "dns-git", label: "dns-failure", module: green, proxy: direct, files: bare, script: getGreen, env: "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=url.https://git.hooli.invalid/.insteadOf GIT_CONFIG_VALUE_0=https://github.com/", host: "git.hooli.invalid"},
	{name: "dns-ssh", label: "dns-failure", module: green, proxy: direct, files: bare, script: getGreen, env: "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=url.ssh://git@git.hooli.invalid/.insteadOf GIT_CONFIG_VALUE_0=https://github.com/", host: "git.hooli.invalid"},
	{name: "dns-toolchain", label: "dns-failure", module: "golang.org/toolchain", host: "mirror.invalid", proxy: "https://mirror.invalid", script: "go build ./...", env: "GOTOOLCHAIN=go1.98.0", newest: true},
	{name: "refused", label: "connect-refused", module: queue, proxy: "$REFUSED", host: "{default}", files: only1},
	{name: "refused-test", label: "connect-refused", module: queue, proxy: "$REFUSED", host: "{default}", script: "go test ./...", files: only1},
	{name: "refused-json", label: "connect-refused", module: queue, proxy: "$REFUSED", host: "{default}", script: "go mod download -json", files: only1},
	{name: "refused-verbose", label: "connect-refused", module: queue, proxy: "$REFUSED", host: "{default}", script: "go mod download -x", files: only1},
	{name: "refused-git", label: "connect-refused", module: green, proxy: direct, files: bare, script: getGreen, env: "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=url.$REFUSED/.insteadOf GIT_CONFIG_VALUE_0=https://github.com/", as: "https://github.com"},
	{name: "refused-ssh", label: "connect-refused", module: green, proxy: direct, files: bare, script: getGreen, env: "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=url.ssh://git@$CLOSED/.insteadOf GIT_CONFIG_VALUE_0=https://github.com/", as: "https://github.com"},
	{name: "black-hole", label: "connect-timeout", module: queue, proxy: "$HOLE", host: "{default}", files: only1},
	{name: "black-hole-vet", label: "connect-timeout", module: queue, proxy: "$HOLE", host: "{default}", script: "go vet ./...", files: only1},
	{name: "no-network", label: "network-unreachable", module: queue, proxy: "http://198.51.100.20", as: "http://198.51.100.20", host: "198.51.100.20", script: "unshare -n go mod download", files: only1},
	{name: "no-route", label: "network-unreachable", module: queue, proxy: "http://198.51.100.20", as: "http://198.51.100.20", host: "198.51.100.20", files: only1,
		script: "unshare -n bash -c 'ip link set lo up; ip route add unreachable 198.51.100.0/24; exec go build ./...'"},
	{name: "mute", label: "response-timeout", module: queue, proxy: "https://$MUTEADDR", host: "{default}", files: only1},
	{name: "mute-tidy", label: "response-timeout", module: queue, proxy: "https://$MUTEADDR", host: "{default}", script: "go mod tidy", files: only1},

	// a connection that does not last
	{name: "reset", label: "connection-reset", module: queue, proxy: "/reset", host: "{default}", files: only1},
	{name: "eof", label: "connection-reset", module: queue, proxy: "/eof", host: "{default}", script: "go list -m -json all", files: only1},
	{name: "cut-zip", label: "connection-reset", module: "github.com/hooli/nucleus", proxy: "/cut@zip", host: "{default}", script: "go mod download github.com/hooli/nucleus@v1.0.0"},
	{name: "reset-zip", label: "connection-reset", module: queue, proxy: "/reset=0.5@zip", host: "{default}", script: "go build ./...", files: only1},
	{name: "h2-reset", label: "connection-reset", module: queue, proxy: "$TLS/reset@zip", env: "SSL_CERT_FILE=$CA", host: "{default}", script: "go vet ./...", files: only1},
	{name: "h2-cut", label: "connection-reset", module: queue, proxy: "$TLS/cut=0.4@zip", env: "SSL_CERT_FILE=$CA", script: "go test ./...", files: only1},
	{name: "git-reset", label: "connection-reset", module: green, proxy: direct, files: bare, script: getGreen, env: over + "reset/" + origin},
	{name: "git-cut", label: "connection-reset", module: green, proxy: direct, files: bare, script: getGreen, env: over + "cut/" + origin},

	// TLS
	{name: "ca", label: "tls-untrusted", module: queue, proxy: "$TLS", host: "{default}", files: only1},
	{name: "ca-tidy", label: "tls-untrusted", module: queue, proxy: "$TLS", host: "{default}", script: "go mod tidy", files: only1},
	{name: "ca-git", label: "tls-untrusted", module: green, proxy: direct, files: bare, script: getGreen, env: "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=url.$TLS/.insteadOf GIT_CONFIG_VALUE_0=https://github.com/", as: "https://github.com"},
	{name: "expired", label: "tls-invalid", module: queue, proxy: "$EXPIRED", env: "SSL_CERT_FILE=$EXPIREDCA", host: "{default}", files: only1},
	{name: "other-name", label: "tls-invalid", module: queue, proxy: "$NAMED", env: "SSL_CERT_FILE=$NAMEDCA", host: "{default}", script: "go list -deps ./...", files: only1},
	{name: "plain-on-tls", label: "tls-handshake", module: queue, proxy: "https://$PLAINADDR", host: "{default}", files: only1},
	{name: "plain-on-tls-git", label: "tls-handshake", module: green, proxy: direct, files: bare, script: getGreen, env: "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=url.https://$PLAINADDR/.insteadOf GIT_CONFIG_VALUE_0=https://github.com/", as: "https://github.com"},

	// forward proxies
	{name: "forward-407", label: "forward-proxy-auth", module: queue, proxy: "https://goproxy.test", env: "HTTPS_PROXY=$F407", files: only1},
	{name: "forward-407-git", label: "forward-proxy-auth", module: green, proxy: direct, files: bare, script: getGreen, env: "HTTPS_PROXY=$F407"},
	{name: "forward-403", label: "forward-proxy-failure", module: queue, proxy: "https://goproxy.test", env: "HTTPS_PROXY=$F403", script: "go build ./...", files: only1},
	{name: "forward-503", label: "forward-proxy-failure", module: queue, proxy: "https://goproxy.test", env: "HTTPS_PROXY=$F503", files: only1},
	{name: "forward-dead", label: "forward-proxy-failure", module: queue, proxy: "https://goproxy.test", env: "HTTPS_PROXY=$REFUSED", as: "http://proxy.corp.example", script: "go test ./...", files: only1},
	{name: "forward-dns", label: "forward-proxy-failure", module: queue, proxy: "https://mirror.example", env: "HTTPS_PROXY=http://gateway.invalid:3128", files: only1},
	{name: "forward-403-git", label: "forward-proxy-failure", module: green, proxy: direct, files: bare, script: getGreen, env: "HTTPS_PROXY=$F403"},
	{name: "forward-dns-git", label: "forward-proxy-failure", module: green, proxy: direct, files: bare, script: getGreen, env: "HTTPS_PROXY=http://gateway.invalid:3128"},
	{name: "forward-scheme", label: "forward-proxy-failure", module: queue, proxy: "https://mirror.example", env: "HTTPS_PROXY=https://$PLAINADDR", as: "https://proxy.corp.example", files: only1},
	{name: "forward-socks", label: "forward-proxy-failure", module: queue, proxy: "https://mirror.example", env: "ALL_PROXY= HTTPS_PROXY=socks5://$CLOSED", as: "http://proxy.corp.example", files: only1},

	// answers
	{name: "500", label: "proxy-server-error", module: queue, proxy: "/500", host: "{default}", files: only1},
	{name: "502-text", label: "proxy-server-error", module: queue, proxy: "/text=fetch_timed_out/502@zip", host: "{default}", script: "go build ./...", files: only1},
	{name: "503-json", label: "proxy-server-error", module: queue, proxy: "/503", host: "{default}", script: "go mod download -json", files: only1},
	{name: "504-pipe", label: "proxy-server-error", module: queue, proxy: "$PLAIN/503|$PLAIN/504", host: "{default}", script: "go list -m all", files: only1},
	{name: "404-outage", label: "proxy-server-error", module: queue, proxy: "$SAY/outage", host: "{default}", files: only1, note: "the module proxy quotes its own network failure"},
	{name: "429", label: "proxy-rate-limited", module: queue, proxy: "/after=30/429", as: "https://goproxy.cn", host: "goproxy.cn", files: only1},
	{name: "429-zip", label: "proxy-rate-limited", module: queue, proxy: "/429@zip", host: "{default}", script: "go test ./...", files: only1},
	{name: "401", label: "proxy-auth", module: queue, proxy: "/401", as: "https://nexus.corp.example/repository/go", host: "nexus.corp.example", files: only1},
	{name: "403-zip", label: "proxy-auth", module: queue, proxy: "/403@zip", host: "{default}", script: "go vet ./...", files: only1},
	{name: "403-json", label: "proxy-auth", module: queue, proxy: "/text=blocked_by_policy/403", as: "https://goproxy.corp.example", host: "goproxy.corp.example", script: "go mod download -json", files: only1},
	{name: "html", label: "proxy-bad-response", module: "github.com/hooli/nucleus", proxy: "/html", host: "{default}", files: bare, script: "go get github.com/hooli/nucleus@latest"},
	{name: "badjson", label: "proxy-bad-response", module: "github.com/hooli/nucleus", proxy: "/badjson", host: "{default}", files: bare, script: "go get github.com/hooli/nucleus@latest"},
	{name: "badzip", label: "proxy-bad-response", proxy: "/badzip", files: "-- go.sum --\n" + "\n" + only1, env: "GOFLAGS=-mod=mod GONOSUMDB=*"},
	{name: "loop", label: "proxy-bad-response", module: queue, proxy: "/redirect=loop", files: only1},
	{name: "wrongversion", label: "proxy-bad-response", module: "github.com/hooli/nucleus", proxy: "/wrongversion", files: bare, script: "go get github.com/hooli/nucleus@v1.0.0"},
	{name: "emptybody", label: "proxy-bad-response", module: "github.com/hooli/nucleus", proxy: "/emptybody@info@latest", host: "{default}", files: bare, script: "go install github.com/hooli/nucleus@latest"},

	// what is not there
	{name: "404", label: "module-not-found", module: "github.com/initrode/qeue", host: "{default}", files: bare, script: "go get github.com/initrode/qeue@latest"},
	{name: "404-import", module: "github.com/initrode/queuing/v3", label: "module-not-found", script: "go mod tidy", files: "-- main.go --\npackage main\n\nimport _ \"github.com/initrode/queuing/v3\"\n\nfunc main() {}\n", host: "{default}", newest: true},
	{name: "404-git", label: "module-not-found", module: "github.com/soylent/blue", proxy: direct, files: bare, script: "go get github.com/soylent/blue@v1.0.0", env: over + "404/" + origin},
	{name: "no-package", label: "module-not-found", module: queue, files: bare, script: "go get github.com/initrode/queue/worker@v1.2.0"},
	{name: "no-meta", label: "module-not-found", module: lib, proxy: direct, files: bare, script: "go get go.hooli.test/team/lib@v1.0.0", env: "GOINSECURE=go.hooli.test HTTP_PROXY=$PASS HTTPS_PROXY=$REFUSED", host: "go.hooli.test", note: "a page without a go-import tag", newest: true},
	{name: "version", label: "version-not-found", module: queue, proxy: "$SAY/version", script: "go mod download github.com/initrode/queue@v1.9.9", host: "{default}"},
	{name: "version-git", label: "version-not-found", module: green, proxy: direct, files: bare, script: "go get github.com/soylent/green@v1.0.7", env: ok},
	{name: "version-branch", label: "version-not-found", module: green, proxy: direct, files: bare, script: "go get github.com/soylent/green@release-2026", env: ok},
	{name: "version-pseudo", label: "version-not-found", module: green, proxy: direct, files: bare, script: "go get github.com/soylent/green@v0.0.0-20240102030405-0123456789ab", env: ok},
	{name: "version-query", label: "version-not-found", module: queue, files: bare, script: "go get github.com/initrode/queue@v7"},
	{name: "private-corp", label: "private-module", module: "git.corp.example/team/secret", files: bare, script: "go get git.corp.example/team/secret@v1.0.0", host: "{default}"},
	{name: "private-quoted", label: "private-module", module: "github.com/initrode/secret", proxy: "$SAY/private", script: "go mod download github.com/initrode/secret@v1.0.0", host: "{default}"},
	{name: "private-sumdb", label: "private-module", module: green, proxy: direct, files: bare, script: "go get github.com/soylent/green@v1.0.0", env: ok + " GOSUMDB=$SUMDB␣$SUMDBURL GOFLAGS=-modcacherw", host: "sum.golang.org"},

	// git
	{name: "git-401", label: "vcs-auth", module: green, proxy: direct, files: bare, script: getGreen, env: over + "401/" + origin, host: "github.com"},
	{name: "git-401-twice", label: "vcs-auth", module: green, proxy: direct, files: bare, script: "go mod download -x github.com/soylent/green@v1.0.0", env: over + "401/" + origin + " GOFLAGS=-mod=mod"},
	{name: "git-403", label: "vcs-auth", module: green, proxy: direct, files: bare, script: "go install github.com/soylent/green@v1.0.0", env: over + "403/" + origin},
	{name: "git-askpass", label: "vcs-auth", module: green, proxy: direct, files: bare, script: "printf '#!/bin/sh\\necho wrong\\n' >$HOME/ask; chmod +x $HOME/ask; GIT_ASKPASS=$HOME/ask go get github.com/soylent/green@v1.0.0", env: over + "401/" + origin},
	{name: "ssh-key", label: "vcs-auth", module: green, proxy: direct, files: bare, script: "printf '#!/bin/sh\\necho \"git@github.com: Permission denied (publickey).\" >&2; exit 255\\n' >$HOME/ssh; chmod +x $HOME/ssh; GIT_SSH=$HOME/ssh go get github.com/soylent/green@v1.0.0",
		env: "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=url.ssh://git@github.com/.insteadOf GIT_CONFIG_VALUE_0=https://github.com/", host: "github.com", note: "an ssh that prints what sshd's refusal prints"},
	{name: "ssh-host-key", label: "vcs-auth", module: green, proxy: direct, files: bare, script: "printf '#!/bin/sh\\nprintf \"Host key verification failed.\\\\r\\\\n\" >&2; exit 255\\n' >$HOME/ssh; chmod +x $HOME/ssh; GIT_SSH=$HOME/ssh go mod download github.com/soylent/green@v1.0.0",
		env: "GOFLAGS=-mod=mod GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=url.ssh://git@github.com/.insteadOf GIT_CONFIG_VALUE_0=https://github.com/", host: "github.com"},
	{name: "git-503", label: "proxy-server-error", module: green, proxy: direct, files: bare, script: getGreen, env: over + "503/" + origin, note: "a git host, not a module proxy"},
	{name: "git-429", label: "proxy-rate-limited", module: green, proxy: direct, files: bare, script: getGreen, env: over + "429/" + origin, note: "a git host, not a module proxy"},
	{name: "no-git", label: "vcs-missing", module: green, proxy: direct, files: bare, script: "PATH=${PATH%%:*} go get github.com/soylent/green@v1.0.0"},
	{name: "no-git-list", label: "vcs-missing", module: green, proxy: direct, files: bare, script: "PATH=${PATH%%:*} go list -m github.com/soylent/green@v1.0.0"},
	{name: "govcs", label: "vcs-missing", module: green, proxy: direct, files: bare, script: getGreen, env: "GOVCS=public:hg"},
	{name: "no-ssh", label: "vcs-missing", module: green, proxy: direct, files: bare, script: "GIT_SSH=/nowhere/ssh go get github.com/soylent/green@v1.0.0", env: "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=url.ssh://git@github.com/.insteadOf GIT_CONFIG_VALUE_0=https://github.com/"},

	// sums
	{name: "wrong", label: "checksum-mismatch", module: queue, proxy: "/wrong@zip", files: only1},
	{name: "wrong-build", label: "checksum-mismatch", module: queue, proxy: "/wrong@zip", script: "go build ./...", files: only1},
	{name: "wrong-json", label: "checksum-mismatch", module: queue, proxy: "/wrong@zip", script: "go mod download -json", files: only1},
	{name: "lie", label: "checksum-mismatch", module: queue, proxy: "$LIED", script: "go get github.com/initrode/queue@v1.2.0", env: "GOSUMDB=$LIEDDB␣$LIEDDBURL", files: bare},
	{name: "sumdb-dns", label: "sumdb-unreachable", module: "github.com/hooli/nucleus", files: bare, script: "go get github.com/hooli/nucleus@v1.0.0", env: "GOSUMDB=$SUMDB␣https://sum.invalid", proxy: "/nosumdb", host: "sum.invalid"},
	{name: "sumdb-refused", label: "sumdb-unreachable", module: "github.com/hooli/nucleus", files: bare, script: "go get github.com/hooli/nucleus@v1.0.0", env: "GOSUMDB=$SUMDB␣$REFUSED", proxy: "/nosumdb", host: "sum.golang.org", as: "https://sum.golang.org"},
	{name: "sumdb-503", label: "sumdb-unreachable", module: "github.com/hooli/nucleus", files: bare, script: "go install github.com/hooli/nucleus@v1.0.0", env: "GOSUMDB=$SUMDB", proxy: "/503@lookup", host: "{default}"},
	{name: "no-sum", label: "go-sum-missing", module: queue, script: "go build ./...", files: "-- go.sum --\n" + only1},
	{name: "no-sum-vet", label: "go-sum-missing", script: "go vet -mod=readonly ./...", files: "-- go.sum --\n"},

	// go.mod, settings, toolchains
	{name: "renamed", label: "go-mod-invalid", module: "github.com/hooli/renamed", files: bare, script: "go get github.com/hooli/renamed@v1.0.0"},
	{name: "syntax", label: "go-mod-invalid", script: "go build ./...", files: "-- go.mod --\nmodule example.com/svc\n\nrequire (\n"},
	{name: "broken", label: "go-mod-invalid", module: "github.com/hooli/broken", files: bare, script: "go get github.com/hooli/broken@v1.0.0"},
	{name: "major", label: "go-mod-invalid", module: green, proxy: direct, files: bare, script: "go get github.com/soylent/green@v2.0.0", env: ok},
	{name: "red", label: "go-mod-invalid", module: green, proxy: direct, files: bare, script: "go get github.com/soylent/green@v1.1.0", env: ok},
	{name: "no-mod", label: "go-mod-invalid", script: "rm go.mod; go build ./..."},
	{name: "replaced", label: "go-mod-invalid", script: "go build ./...", files: "-- go.mod --\nmodule example.com/svc\n\ngo 1.21\n\nrequire github.com/initrode/queue v1.2.0\n\nreplace github.com/initrode/queue => ../queue\n" + "-- main.go --\npackage main\n\nimport \"github.com/initrode/queue\"\n\nfunc main() { queue.Do() }\n"},
	{name: "work", label: "go-mod-invalid", script: "go work sync", files: "-- go.work --\ngo 1.21\n\nuse ./missing\n"},
	{name: "no-toolchain", label: "toolchain", script: "go build ./...", files: "-- go.mod --\nmodule example.com/svc\n\ngo 1.97.0\n"},
	{name: "toolchain-404", label: "toolchain", script: "go build ./...", env: "GOTOOLCHAIN=go1.97.1", newest: true},
	{name: "future", label: "toolchain", module: "github.com/hooli/future", files: bare, script: "go get github.com/hooli/future@v1.0.0", newest: true},
	{name: "goflags", label: "config-invalid", script: "go build ./...", env: "GOFLAGS=mod=vendor"},
	{name: "goflags-unknown", label: "config-invalid", script: "go build ./...", env: "GOFLAGS=-modules=on"},
	{name: "goproxy-off", label: "config-invalid", module: queue, proxy: "off", files: only1},
	{name: "goproxy-scheme", label: "config-invalid", proxy: "goproxy", files: only1},
	{name: "goproxy-empty", label: "config-invalid", proxy: ",", files: only1},
	{name: "gosumdb", label: "config-invalid", files: bare, script: "go get github.com/hooli/nucleus@v1.0.0", env: "GOSUMDB=sum.hooli.example+bad"},
	{name: "vendor", label: "config-invalid", script: "mkdir vendor; echo '# nothing' >vendor/modules.txt; go build -mod=vendor ./..."},

	// this machine
	{name: "disk", label: "disk-full", module: "github.com/hooli/nucleus", script: "unshare -m bash -c 'mkdir -p $HOME/mod; mount -t tmpfs -o size=1m none $HOME/mod; exec go mod download github.com/hooli/nucleus@v1.0.0'", env: "GOFLAGS=-mod=mod"},
	{name: "disk-get", label: "disk-full", module: "github.com/hooli/nucleus", script: "unshare -m bash -c 'mkdir -p $HOME/mod; mount -t tmpfs -o size=300k none $HOME/mod; exec go get github.com/hooli/nucleus@v1.0.0'"},
	{name: "readonly", label: "permission-denied", script: "unshare -m bash -c 'mkdir -p $HOME/mod; mount -t tmpfs -o ro none $HOME/mod; exec go mod download'", files: only1},
	{name: "nobody", label: "permission-denied", script: "mkdir -p $HOME/mod/cache; chmod 555 $HOME/mod/cache; setpriv --bounding-set=-dac_override,-dac_read_search go mod download", files: only1},
	{name: "go-sum-readonly", label: "permission-denied", script: "unshare -m bash -c 'mount --bind -o ro $WORKDIR $WORKDIR; cd $WORKDIR; exec go mod tidy'", env: "WORKDIR=$WORK", newest: true},
	{name: "long", label: "path-too-long", script: "GOMODCACHE=/tmp/$(printf 'n%.0s' {1..300}) go mod download", files: only1},
	{name: "corrupt-zip", label: "cache-corrupt", module: queue, script: "go mod download; f=$HOME/mod/cache/download/github.com/initrode/queue/@v/v1.2.0.zip; chmod u+w $f; printf 'PK\\003\\004 half' >$f; rm -rf $HOME/mod/github.com; go build ./...", files: only1},
	{name: "corrupt-lock", label: "cache-corrupt", module: queue, script: "mkdir -p $HOME/mod/cache/download/github.com/initrode/queue/@v; mkdir $HOME/mod/cache/download/github.com/initrode/queue/@v/v1.2.0.lock; go mod download", files: only1},
	{name: "corrupt-file", label: "cache-corrupt", script: "mkdir -p $HOME/mod/cache/download; touch $HOME/mod/cache/download/github.com; go build ./...", files: only1},
	{name: "files", label: "resource-limit", script: "ulimit -n 9; go mod download"},
	{name: "memory", label: "resource-limit", script: "ulimit -v 300000; go mod download"},
	{name: "killed", label: "resource-limit", proxy: "/hang", script: "go mod download & sleep 2; kill -9 $!; wait $!; echo \"exit code $?\"", note: "the shell says Killed"},
	{name: "sigterm", label: "interrupted", proxy: "/hang", script: "timeout -v 2 go mod download; echo \"exit code $?\""},
	{name: "sigint", label: "interrupted", proxy: "/stall@zip", script: "timeout -v -s INT 2 go mod download -x; echo \"exit code $?\""},

	// several at once: the first one is the root
	{name: "two", module: "github.com/globex/Cache/v2", label: "proxy-server-error", proxy: "/503@zip", script: "go mod download; go build ./...", host: "{default}"},
	{name: "retried-in-vain", module: queue, label: "proxy-server-error", proxy: "/502", host: "{default}", script: "for i in 1 2 3; do go mod download && break; echo \"attempt $i failed, trying again\"; done; exit 1", files: only1},
	{name: "build-after", label: "connect-refused", module: queue, proxy: "$REFUSED", host: "{default}", script: "go mod download || true\ngo build ./...", files: only1},

	// nothing for us
	{name: "retried", label: "none", proxy: "/503x1", script: "for i in 1 2 3; do go mod download && break; echo \"attempt $i failed, retrying\"; done; go build ./... && echo build ok", files: only1},
	{name: "fallback", label: "none", proxy: "$PLAIN/500|$PLAIN", script: "go mod download -x && go build ./... && echo done", files: only1, note: "the first proxy of the list fails, the second does not"},
	{name: "good", label: "none", script: "go build -v ./... && go vet ./... && go mod verify"},
	{name: "good-x", label: "none", script: "go mod download -x"},
	{name: "compile", label: "none", script: "go build ./...", files: "-- main.go --\npackage main\n\nimport \"github.com/initrode/queue\"\n\nfunc main() { queue.Undo(); var err error = nil.Refused }\n"},
	{name: "vet", label: "none", script: "go vet ./...", files: "-- main.go --\npackage main\n\nimport \"fmt\"\n\nfunc main() { fmt.Printf(\"dial tcp: %d: connection refused\\n\", \"x\") }\n"},
	{name: "test-refused", label: "none", script: "go test ./...", files: tests("\t\"net\"\n\t\"testing\"\n)\n\nfunc TestDB(t *testing.T) {\n\tif _, err := net.Dial(\"tcp\", \"127.0.0.1:1\"); err != nil {\n\t\tt.Fatal(\"open database:\", err)\n\t}\n}\n")},
	{name: "test-http", label: "none", script: "go test -v ./...", files: tests("\t\"net/http\"\n\t\"testing\"\n)\n\nfunc TestFetch(t *testing.T) {\n\t_, err := http.Get(\"https://api.invalid/v1/users\")\n\tif err != nil {\n\t\tt.Error(err)\n\t}\n}\n")},
	{name: "test-wording", label: "none", script: "go test ./...", files: tests("\t\"errors\"\n\t\"testing\"\n)\n\nfunc TestProxy(t *testing.T) {\n\tt.Fatal(errors.New(\"go: github.com/a/b@v1.0.0: reading https://goproxy.example/github.com/a/b/@v/v1.0.0.mod: 503 Service Unavailable\"))\n}\n"), note: "a test that prints go's own wording"},
	{name: "test-panic", label: "none", script: "go test -json ./...", files: tests("\t\"net/http\"\n\t\"testing\"\n)\n\nfunc TestFetch(t *testing.T) {\n\tresp, err := http.Get(\"http://127.0.0.1:1/\")\n\tif err != nil {\n\t\tpanic(err)\n\t}\n\t_ = resp\n}\n")},
	{name: "program", label: "none", script: "go run .", files: "-- main.go --\npackage main\n\nimport (\n\t\"log\"\n\t\"net/http\"\n)\n\nfunc main() {\n\t_, err := http.Get(\"http://127.0.0.1:1/health\")\n\tlog.Fatal(err)\n}\n"},
	{name: "clone", label: "none", script: "git clone -q https://git.hooli.invalid/app.git; curl -sS http://127.0.0.1:1/x; go build ./... && echo build ok", note: "git and curl of the job itself"},
}
