package classify

import (
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// A rule knows a cause by words. Words are matched in lower case. Of all rules
// that match an error the one that ends last wins, since the innermost cause
// stands last; of two that end together the longer one.
type rule struct {
	class report.Class
	in    place
	words []string
	forms []string // regular expressions, for causes with something variable inside
}

// A place is whose words a rule knows.
type place int

const (
	anyone place = iota // the operating system, which all programs quote
	goes                // the go command and its libraries
	vcs                 // git, hg, svn, ssh, curl
	weak                // wrappers that stand for a cause only if nothing better is said
)

// The wordings come from the sources of go 1.13 to 1.26 (cmd/go/internal/…,
// net, net/http, crypto/tls, crypto/x509, golang.org/x/mod), git, curl and
// OpenSSH, from the C libraries of Linux and macOS, and from Windows'
// FormatMessage in English and Chinese.
var rules = []rule{
	{report.DNSFailure, anyone, []string{
		"no such host", "server misbehaving", "no answer from dns server", "lame referral", "cannot unmarshal dns message",
		"invalid dns response", "temporary failure in name resolution", "name or service not known", "nodename nor servname",
		"no address associated with hostname", "could not resolve host", "getaddrinfow:", "temporary error during hostname resolution",
		"the requested name is valid, but no data", "non-recoverable error occurred during a database lookup", "不知道这样的主机",
		"主机名解析时", "数据库查找中出现", "请求的名称有效",
		"nonauthoritative host not found",
	}, []string{`#1100[1-4]\b`}},

	{report.ConnectRefused, anyone, []string{
		"connection refused", "actively refused it", "积极拒绝", "zielcomputer die verbindung verweigerte",
	}, []string{`#10061\b`, `(?:os|win)error \[?10061`}},
	{report.ConnectRefused, vcs, nil, []string{
		// libcurl 7.88+ says the same of all failures to connect; only the time tells them apart.
		`failed to connect to \S+ port \d+ after \d{1,3} ms: could(?:n't| not) connect`,
	}},

	{report.ConnectTimeout, anyone, []string{
		"i/o timeout", "connection timed out", "operation timed out", "did not properly respond", "has failed to respond",
		"没有正确答复", "nicht richtig reagiert", "connectex:",
	}, []string{`#10060\b`, `(?:os|win)error \[?10060`}},
	{report.ConnectTimeout, vcs, nil, []string{
		`failed to connect to \S+ port \d+ after \d{4,} ms: could(?:n't| not) connect`, `failed to connect to .*timed out`,
	}},

	{report.NetworkUnreachable, anyone, []string{
		"network is unreachable", "no route to host", "host is unreachable", "assign requested address", "network is down", "host is down",
		"unreachable network", "unreachable host", "dead network", "destination host was down", "not valid in its context",
		"address family not supported", "无法连接的网络", "无法连接的主机", "已死的网络", "请求的地址无效", "目标主机坏了",
	}, []string{`#10049\b`, `#1005[01]\b`, `#1006[45]\b`}},

	{report.FirewallBlocked, anyone, []string{
		"connect: permission denied", "socket: permission denied", "connect: operation not permitted", "socket: operation not permitted",
		"sendto: operation not permitted", "sendmsg: operation not permitted", "write: operation not permitted", "forbidden by its access permissions", "访问权限不允许", "zugriffsrechte des sockets", "connectex: access is denied",
	}, []string{`#10013\b`}},
	{report.FirewallBlocked, vcs, nil, []string{`connect to \S+ (?:\S+ )?port \d+.*: (?:permission denied|operation not permitted)`}},

	{report.ConnectionReset, anyone, []string{
		"connection reset by", "connection was reset", "broken pipe", "connection abort", "connection was aborted", "forcibly closed",
		"aborted by the software in your host machine", "强迫关闭", "软件放弃了一个已建立", "软件中止了一个已建立", "wsarecv:", "wsasend:",
		"保持活动的操作检测到", "套接字没有连接", "在那个方向已经关闭", "socket is not connected", "already been shut down", "vom remotehost geschlossen", "durch den hostcomputer abgebrochen",
		"broken due to keep-alive", "semaphore timeout period", "use of closed network connection",
	}, []string{`#1005[234]\b`}},
	{report.ConnectionReset, goes, []string{
		"stream error: ", "goaway", "client connection lost", "client connection force closed", "local error: tls: bad record mac", "remote error: tls: bad record mac",
		"server closed idle connection", "transport connection broken", "http2: ",
	}, []string{`(?m)(?:^|: |unexpected )eof\)?$`}},
	{report.ConnectionReset, vcs, []string{
		"connection closed by", "unexpected disconnect", "transfer closed with", "recv failure", "send failure", "empty reply from server",
		"ssl_error_syscall", "ssl_error_zero_return", "non-properly terminated", "error in the pull function", "error in the push function",
		"unexpected eof while reading", "http/2 stream", "http2 framing", "http/2 framing", "server closed abruptly",
		"failed to receive handshake", "chunk hex-length", "outstanding read data remaining",
	}, nil},
	{report.ConnectionReset, weak, []string{
		"early eof", "rpc failed", "hung up unexpectedly", "hung up upon initial contact", "index-pack failed", "invalid index-pack output",
	}, nil},

	{report.ResponseTimeout, anyone, []string{
		"read: connection timed out", "read: operation timed out", "deadline exceeded",
	}, []string{`wsarecv: (?:a connection attempt failed|由于连接方|ein verbindungsversuch|winapi error #10060).*`, `(?:read|write) (?:tcp|udp)\S* \S+: i/o timeout`}},
	{report.ResponseTimeout, goes, []string{
		"tls handshake timeout", "client.timeout", "while awaiting headers", "while reading body", "timeout awaiting response headers",
	}, nil},
	{report.ResponseTimeout, vcs, []string{
		"operation too slow", "banner exchange", "operation timed out after", "ssl connection timeout", "ssl connect timeout", "read timed out",
	}, nil},

	{report.TLSUntrusted, anyone, []string{
		"signed by unknown authority", "certificate is not trusted", "failed to load system roots", "unable to get local issuer certificate",
		"unable to get issuer certificate", "self signed certificate", "self-signed certificate", "server certificate verification failed",
		"certificate verify failed", "unable to verify the first certificate", "0x80090325", "0x800b0109", "sec_e_untrusted_root",
		"peer's certificate issuer", "issuer certificate is unknown", "error setting certificate", "error reading ca cert file", "e230001",
		"certificate verification failed: the certificate is not trusted",
	}, nil},
	{report.TLSInvalid, anyone, []string{
		"has expired", "not yet valid", "is expired", "certificate is valid for", "not valid for any names", "none matched", "any ip sans", "legacy common name",
		"incompatible key usage", "not authorized to sign", "no valid chains", "name constraint", "insecure algorithm",
		"negative serial", "is revoked", "was revoked", "certificate revoked", "not standards compliant", "name does not match", "does not match target host name",
		"no alternative certificate subject name", "unable to check revocation", "0x80092012", "0x80092013", "0x80090322", "0x80090328",
		"0x800b010f", "0x800b0101", "revocation_status_unknown", "revocation_offline", "hostname mismatch", "certificate subject name",
	}, []string{`x509: (?:[^:]* )?certificate\b`}},
	{report.TLSHandshake, goes, []string{
		"server gave http response to https client", "first record does not look like a tls handshake", "oversized record",
		"server selected unsupported protocol", "no supported versions", "alpn",
	}, []string{`(?:remote|local) error: tls: [a-z ]+`, `(?m): tls: [a-z ]+$`}},
	{report.TLSHandshake, vcs, []string{
		"gnutls_handshake() failed", "wrong version number", "handshake failure", "unsupported protocol", "unknown protocol",
		"tlsv1 alert", "tlsv1.3 alert", "tls alert", "no protocols available", "initializesecuritycontext failed",
		"schannel: acquirecredentialshandle", "unexpected tls packet", "ssl routines", "no matching host key type", "no matching key exchange", "no matching cipher",
	}, nil},

	{report.TLSHandshake, weak, []string{": tls: "}, nil},

	{report.ForwardProxyAuth, anyone, []string{
		"proxy authentication required", "proxy authorization required", "proxy access denied", "authenticationrequired",
		"tunnel failed, response 407", "received http code 407 from proxy", "authentication required by proxy", "proxy auth",
	}, nil},
	{report.ForwardProxyFailure, anyone, []string{
		"proxyconnect tcp:", "socks connect", "socks5:", "socks4:", "invalid proxy address", "no acceptable authentication methods", "username/password authentication failed",
		"could not resolve proxy", "unsupported proxy", "proxy: unknown scheme", "proxy connect aborted", "refusing to use http_proxy",
	}, []string{`connect tunnel failed, response (?:[1-35]\d\d|40[0-68-9]|4[1-9]\d)`, `received http code (?:[1-35]\d\d|40[0-68-9]|4[1-9]\d) from proxy`}},

	{report.ProxyBadResponse, goes, []string{
		"looking for beginning of", "unexpected end of json input", "json: cannot unmarshal", "proxy returned info for version", "stopped after 10 redirects",
		"malformed http", "content-length; truncated", "zip file too large", "not a valid zip file",
		"parsing go.mod: missing module line", "unsupported compression", "missing required location header", "failed to parse location header",
		"302 response missing", "gzip: invalid header",
	}, []string{`go\.mod:\d+(?::\d+)?: .*<(?:!doctype|html|head|script|body).*`, `redirected from secure url .*`, `invalid character .* in (?:string|literal|numeric)`, `invalid character .* after (?:top-level|object|array)`}},
	{report.ProxyBadResponse, weak, []string{"invalid response from proxy"}, nil},

	{report.ModuleNotFound, goes, []string{
		"no go-import meta tags", "did not match import path", "but does not contain package", "is not in std", "is not in goroot",
		"does not begin with hostname", "no modules on", "is not a module", "and does not contain package",
	}, []string{`reading file:\S+: (?:no such file or directory|the system cannot find.*)`}},
	{report.ModuleNotFound, vcs, []string{
		"does not appear to be a git repository", "not appear to be a git repository", "http error 404", "remote: not found", "e170000", "e160013",
	}, nil},
	{report.ModuleNotFound, weak, []string{"cannot find module providing package", "cannot find package", "cannot find module for path", "no such repository"}, []string{
		`repository \S* ?(?:'[^']*' )?not found`, `repository \S+ does not exist`,
	}},

	{report.VersionNotFound, anyone, []string{
		"unknown revision", "no matching versions for query", "invalid pseudo-version", "is not a tag)", "ambiguous revision",
		"but not at required version", "couldn't find remote ref", "could not find remote branch", "not a descendent of", "disallowed version string", "no such ref", "reference is not a tree",
		"abort: unknown branch",
	}, []string{`missing \S+ at revision`, `invalid version "[^"]*"`, `invalid version: "?\S+"? is not`}},

	{report.PrivateModule, goes, []string{"disabled by goprivate/gonoproxy", "does not match goprivate"}, nil},

	{report.VCSAuth, anyone, []string{
		"could not read username", "could not read password", "terminal prompts disabled", "authentication failed for", "permission denied (",
		"permission denied, please try again", "host key verification failed", "user interactivity has been disabled", "'git credential fill' failed", "output of goauth command",
	}, nil},
	{report.VCSAuth, vcs, []string{
		"invalid username", "access denied", "password authentication", "personal access token", "repository not found.", "don't have permission",
		"do not have permission", "not have access", "not granted", "not allowed to", "unauthorized", "authorization failed", "invalid credentials", "bad credentials",
		"too many authentication failures", "no supported authentication methods", "invalid format", "error in libcrypto", "saml sso", "sso session", "single sign-on",
		"deploy key", "revoked key", "logon failed", "http error 401", "http error 403", "e170001", "e215004", "remote host identification has changed",
		"no matching host key fingerprint", "no ed25519 host key is known", "host key is known for", "could not be authenticated", "401 unauthorized",
		"http authorization required", "http basic: ", "http 403", "no mutual signature", "no user exists for uid", "unable to get password", "token has expired", "token expired",
	}, []string{`permission to \S+ denied`}},

	{report.VCSMissing, anyone, []string{
		"govcs disallows using", "is not a git command", "unknown version control system", "unknown vcs", "ssh: not found", "exec format error", "unable to find remote helper for",
	}, []string{
		`exec: "(?:git|hg|svn|bzr|fossil|ssh)(?:\.exe)?": .*`,
		`exec /\S*/(?:git|hg|svn|bzr|fossil): no such file`,
		`(?:git|ssh|hg): (?:command )?not found`, `cannot run \S*ssh\S*: .*`,
	}},

	{report.VCSMissing, weak, []string{"unable to resolve git version"}, nil},

	{report.ChecksumMismatch, goes, []string{
		"checksum mismatch", "security error", "does not match an earlier download", "does not match the one reported",
		"has been modified (", "checksum missing from sumdb", "cannot authenticate record", "misbehaving server", "hashes do not match",
	}, nil},

	{report.SumDBUnreachable, goes, []string{"malformed record data", "malformed note", "malformed tree"}, nil},
	{report.SumDBUnreachable, weak, []string{"initializing sumdb", "no verifiable signatures"}, nil},

	{report.GoSumMissing, goes, []string{"missing go.sum entr", "updates to go.sum needed", "malformed go.sum"}, []string{`go\.sum:\d+: .*`}},

	{report.GoModInvalid, goes, []string{
		"module path must match", "malformed module path", "malformed import path", "has post-", "declares its path as", "unexpected module path",
		"updates to go.mod needed", "updates to go.work needed", "go.mod file not found", "cannot find main module", "cannot determine module path", "no module declaration",
		"missing module declaration", "no required module provides", "must not contain directives", "listed in go.work", "used for two different module paths",
		"replacement directory", "replacement module", "replaced but not required", "from implicitly required module", "excluded by go.mod", "go 1.16 would ", "constraints conflict", "in the current workspace", "appears multiple times in workspace",
		"replaced at all versions", "no go.work file", "incompatible suffix not allowed", "semantic import versioning is required", " conflicts with ", "ambiguous import", "contain main module", "outside main module",
		"outside available modules", "outside modules listed", "one of the workspace modules", "missing dot in first path element", "unknown block type", "unknown directive",
		"usage: require", "usage: replace", "invalid toolchain version", "go.mod has non-", "leading dot in path element",
		"invalid: should be", "no go.mod file", "missing go.mod", "go.work file not found", "malformed go.work",
		"conflicting replacements", "is replaced but", "import lookup disabled by -mod=readonly", "not a known dependency",
	}, []string{
		`version "(?:[^v"]|v[^\d"])[^"]*" invalid: .*`, `should be v\d`, `reading \.\.?/.*go\.mod: .*`, `\(replaced by [^@)]*\): reading \S+: open .*`, `open \S*go\.(?:mod|work): no such file.*`,
		`main module \(\S+\) does not contain package`, `requires \S+@\S+, not \S+`, `invalid go version '[^']*[^\d.'rcbeta][^']*'.*`, `invalid go version '[^.']*'.*`,
		`major version must be compatible.*`, `(?m)\S*go\.(?:mod|work):\d+(?::\d+)?: (?:unexpected|syntax error|invalid quoted|unterminated|repeated|unknown|usage|no module|multiple|duplicate|.*must be of the form)`,
	}},
	{report.GoModInvalid, weak, []string{"parsing go.mod", "parsing go.work", "error reading go.mod"}, nil},

	{report.Toolchain, goes, []string{
		"toolchain not available", "but maximum supported version is", "maximum version supported by", "invalid toolchain: ", "no releases found for go", "too many toolchain switches",
		"unknown directive: toolchain", "unknown directive: godebug", "unknown directive: tool", "unknown directive: ignore", "unknown block type: godebug",
		"unknown block type: tool", "unknown block type: ignore", "requires newer go version",
	}, []string{
		`requires go ?>= ?\d.*`, `requires go@\d.* is requested`, `cannot find "go1[^"]*" in path`, `module requires go \d`, `module that requires go \d`, `cannot compile go 1\.\d+ code`,
		`invalid go version '\d+\.\d+(?:\.\d+|rc\d+|beta\d+)'.*`,
		`package (?:` + newerStd + `) is not in (?:std|goroot)`,
	}},

	{report.ConfigInvalid, goes, []string{
		"goproxy=off", "lookup disabled by -mod", "cannot query module due to -mod", "list is not the empty string", "invalid proxy url", "proxy url with non-path",
		"invalid gosumdb", "missing gosumdb", "malformed verifier id", "database disabled by gosumdb", "parsing $goflags", "parsing %goflags%", "inconsistent vendoring",
		"module cache not found", "entry is relative", "must be absolute path", "must be an absolute path", "is not an absolute path", "using the vendor directory", "(from $goflags", "(from %goflags%", "go111module", "modules disabled by", "in govcs", "network disabled by", "goauth",
		"-insecure flag", "invalid gotoolchain", "go.mod exists but should not", "refusing to pass credentials", "in host name", "missing protocol scheme",
		"first path segment in url", "net/url: invalid", "invalid url escape", "unsupported protocol scheme", "-mod may only be set", "-modfile", "-mod=vendor",
		"gocache is not defined", "build cache is disabled", "cannot find goroot", "unknown goexperiment", "invalid gowork", "vendor/modules.txt", "cannot find the path specified", "cannot find the drive", "找不到指定的路径", "no host in request url", "disabled by goinsecure", "insecure url",
	}, []string{`parse "?\S+"?: invalid .*`, `invalid port ".*`, `invalid -mod.*`, `invalid value "[^"]*" for flag -mod.*`}},
	{report.ConfigInvalid, vcs, []string{"bad config line", "bad config variable", "bad numeric config", "transport 'file' not allowed"}, nil},

	{report.DiskFull, anyone, []string{
		"no space left on device", "not enough space on the disk", "disk quota exceeded", "磁盘空间不足", "quota exceeded", "no space left",
	}, nil},
	{report.FileLocked, anyone, []string{
		"used by another process", "正在使用此文件", "text file busy", "resource busy", "resource deadlock", "no locks available",
		"directory is not empty.", "目录不是空的", "von einem anderen prozess verwendet", "verzeichnis ist nicht leer", "utilisé par un autre processus",
		"utilizado por otro proceso", "別のプロセスが使用中", "另一个程序正在使用", "文件的一部分", "user-mapped section", "locked a portion", "sharing violation",
	}, []string{
		`winapi error #(?:32|33|145|303)\b`, `(?:rename|remove|unlinkat|removeall) .*: winapi error #5\b`,
		`(?m)(?:^|[\s:])(?:r|un)?lock \S+: .*`, `(?:rename|remove|unlinkat|removeall) .*: (?:access is denied|拒绝访问|zugriff verweigert|accès refusé|acceso denegado|アクセスが拒否).*`,
	}},
	{report.PermissionDenied, anyone, []string{
		"permission denied", "access is denied", "拒绝访问", "zugriff verweigert", "accès refusé", "acceso denegado", "アクセスが拒否", "read-only file system", "operation not permitted", "write protected", "required privilege",
		"dubious ownership", `" is not a directory`, "insufficient permission",
	}, []string{`winapi error #5\b`}},
	{report.PathTooLong, anyone, []string{
		"file name too long", "filename too long", "file name is too long", "filename or extension is too long", "文件名或扩展名太长", "path too long", "argument list too long",
	}, nil},
	{report.CacheCorrupt, anyone, []string{
		": not a directory", "file exists", "is a directory", "file already exists", "directory not empty", "exists and is not empty", "stale file handle", "stale nfs",
		"input/output error", "structure needs cleaning", "corrupted and unreadable", "missing ziphash", "unexpected ziphash", "ziphash file is missing",
		"zip: checksum error", "exists with wrong content", "not completely extracted", "does not exist locally", "contents have changed", "invalid argument",
	}, []string{
		`unzip \S+\.zip: (?:zip: .*|unexpected eof|eof|.*invalid header.*|flate: .*)`, `\S+\.ziphash: (?:no such file.*|the system cannot find.*)`,
		`/cache/\S+: (?:no such file or directory|the system cannot find the file.*)`,
	}},
	{report.CacheCorrupt, vcs, []string{
		"is corrupt", "corrupt loose object", "bad object", "packed-refs", "remote origin already exists", "not a git repository", "'origin' does not appear to be a git repository",
		"object file", "unable to read sha1", "unable to read tree", "loose object", "data stream error", "bad signature", "index file corrupt", "missing blob",
		"missing tree", "missing commit", "bad sha1 file", "cannot lock ref", "bad ref", "broken ref", "invalid sha1 pointer", "garbage at end",
	}, nil},
	{report.ResourceLimit, anyone, []string{
		"too many open files", "cannot allocate memory", "out of memory", "signal: killed", "file too large", "resource temporarily unavailable", "os thread",
		"unable to create thread", "cannot create async thread", "pthread_create", "paging file is too small", "not enough memory", "insufficient system resources",
		"only one usage of each socket", "sufficient buffer space", "通常每个套接字地址", "缓冲区空间不足", "no buffer space", "signal: file size limit", "signal: cpu time limit", "not enough storage", "malloc failed",
	}, []string{`died of signal (?:9|24|25)\b`, `signal 9\b`, `#10048\b`, `#10055\b`}},
	{report.Interrupted, anyone, []string{
		"context canceled", "signal: interrupt", "signal: terminated", "signal: hangup", "operation was canceled", "request canceled",
	}, nil},
}

// newerStd are packages of the standard library that older toolchains lack: a
// go that does not find them is too old for the module.
const newerStd = `embed|io/fs|slices|maps|cmp|iter|unique|weak|structs|log/slog|net/netip|math/rand/v2|go/version|` +
	`runtime/coverage|crypto/ecdh|crypto/hkdf|crypto/pbkdf2|crypto/sha3|crypto/mlkem|testing/synctest|testing/slogtest|encoding/json/v2|encoding/json/jsontext`

// A matcher is the rules of some places, ready to use.
type matcher struct {
	words []word
	forms []form
}

type word struct {
	text  string
	class report.Class
}

type form struct {
	re     *regexp.Regexp
	needle string // in every text that re matches
	class  report.Class
}

func match(places ...place) matcher {
	var m matcher
	for _, r := range rules {
		for _, p := range places {
			if r.in != p {
				continue
			}
			for _, w := range r.words {
				m.words = append(m.words, word{w, r.class})
			}
			for _, f := range r.forms {
				m.forms = append(m.forms, form{regexp.MustCompile(f), needle(f), r.class})
			}
		}
	}
	return m
}

var (
	goWords  = match(anyone, goes)
	vcsWords = match(anyone, vcs)
	wrappers = match(weak)
)

// needle returns the longest literal that a match of an expression must hold,
// for a search that costs a fraction of it.
func needle(expression string) string {
	tree, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return ""
	}
	return literal(tree.Simplify())
}

func literal(tree *syntax.Regexp) string {
	switch tree.Op {
	case syntax.OpLiteral:
		return string(tree.Rune)
	case syntax.OpConcat, syntax.OpCapture, syntax.OpPlus:
		longest := ""
		for _, sub := range tree.Sub {
			if l := literal(sub); len(l) > len(longest) {
				longest = l
			}
		}
		return longest
	}
	return ""
}

// find returns the class of the innermost cause in text, which is in lower
// case, and where its words begin; an empty class when no rule matches.
func (m matcher) find(text string) (class report.Class, start int) {
	end := -1
	better := func(from, to int, c report.Class) {
		if to > end || to == end && from < start {
			start, end, class = from, to, c
		}
	}
	for _, w := range m.words {
		if strings.Contains(text, w.text) {
			from := strings.LastIndex(text, w.text)
			better(from, from+len(w.text), w.class)
		}
	}
	for _, f := range m.forms {
		if !strings.Contains(text, f.needle) {
			continue
		}
		if all := f.re.FindAllStringIndex(text, -1); all != nil {
			last := all[len(all)-1]
			better(last[0], last[1], f.class)
		}
	}
	return class, start
}
