package report

// A Class names the root cause of a failure, the one a CI user must act on.
type Class string

const (
	DNSFailure          Class = "dns-failure"
	ConnectRefused      Class = "connect-refused"
	ConnectTimeout      Class = "connect-timeout"
	NetworkUnreachable  Class = "network-unreachable"
	FirewallBlocked     Class = "firewall-blocked"
	ConnectionReset     Class = "connection-reset"
	ResponseTimeout     Class = "response-timeout"
	TLSUntrusted        Class = "tls-untrusted"
	TLSInvalid          Class = "tls-invalid"
	TLSHandshake        Class = "tls-handshake"
	ForwardProxyAuth    Class = "forward-proxy-auth"
	ForwardProxyFailure Class = "forward-proxy-failure"
	ProxyServerError    Class = "proxy-server-error"
	ProxyRateLimited    Class = "proxy-rate-limited"
	ProxyAuth           Class = "proxy-auth"
	ProxyBadResponse    Class = "proxy-bad-response"
	ModuleNotFound      Class = "module-not-found"
	VersionNotFound     Class = "version-not-found"
	PrivateModule       Class = "private-module"
	VCSAuth             Class = "vcs-auth"
	VCSMissing          Class = "vcs-missing"
	ChecksumMismatch    Class = "checksum-mismatch"
	SumDBUnreachable    Class = "sumdb-unreachable"
	GoSumMissing        Class = "go-sum-missing"
	GoModInvalid        Class = "go-mod-invalid"
	Toolchain           Class = "toolchain"
	ConfigInvalid       Class = "config-invalid"
	DiskFull            Class = "disk-full"
	FileLocked          Class = "file-locked"
	PermissionDenied    Class = "permission-denied"
	PathTooLong         Class = "path-too-long"
	CacheCorrupt        Class = "cache-corrupt"
	ResourceLimit       Class = "resource-limit"
	Interrupted         Class = "interrupted"
	Unknown             Class = "unknown"
)

// Info is what the table of classes says of one class.
type Info struct {
	Class   Class
	Meaning Text
	Actor   Actor  // who must act
	Retry   bool   // the same request may succeed later
	Other   bool   // another candidate may succeed
	Advice  Text   // what to do next, one or two sentences
	Windows string // page that explains the Windows wording, empty when there is none
}

// An Actor is who has to do something about a failure.
type Actor string

const (
	ActorNetwork       Actor = "network"       // whoever runs DNS, routes, firewall, forward proxy
	ActorModuleProxy   Actor = "module proxy"  // whoever runs the GOPROXY
	ActorCredentials   Actor = "credentials"   // whoever owns tokens, keys and rights
	ActorConfiguration Actor = "configuration" // whoever edits this job, go.mod or go.sum
	ActorMachine       Actor = "this machine"  // whoever runs the runner
	ActorAuthor        Actor = "module author" // whoever publishes the module
)

// Name returns how the actor is called in every language the reports speak.
func (a Actor) Name() Text {
	zh := map[Actor]string{
		ActorNetwork:       "网络",
		ActorModuleProxy:   "模块代理",
		ActorCredentials:   "凭据",
		ActorConfiguration: "配置",
		ActorMachine:       "本机",
		ActorAuthor:        "模块作者",
	}
	return Text{EN: string(a), ZH: zh[a]}
}

// Info returns the row of the table for c, the row of Unknown for a class that is not in it.
func (c Class) Info() Info {
	for _, i := range Classes {
		if i.Class == c {
			return i
		}
	}
	return Classes[len(Classes)-1]
}

// Pages that explain a Windows error by its number; FormatMessage prints the
// sentence, often in the language of the system.
const (
	winsockPage = "https://learn.microsoft.com/windows/win32/winsock/windows-sockets-error-codes-2"
	systemPage  = "https://learn.microsoft.com/windows/win32/debug/system-error-codes--0-499-"
	longPath    = "https://learn.microsoft.com/windows/win32/fileio/maximum-file-path-limitation"
	schannel    = "https://learn.microsoft.com/windows/win32/com/com-error-codes-4"
)

// Classes is the table of all classes, in the order of docs/classes.md. Unknown is last.
var Classes = []Info{
	{
		Class: DNSFailure, Actor: ActorNetwork, Retry: true, Other: true, Windows: winsockPage,
		Meaning: Text{"a host name did not resolve, or the resolver did not answer", "主机名无法解析，或 DNS 服务器没有应答"},
		Advice: Text{
			"Check on the runner that the host resolves (nslookup HOST). In containers look at /etc/resolv.conf, behind a forward proxy set HTTPS_PROXY so that the proxy resolves the name; if only this host fails, put another candidate first in GOPROXY.",
			"在运行器上检查能否解析该主机（nslookup 主机名）。容器中请查看 /etc/resolv.conf；若必须经公司代理上网，请设置 HTTPS_PROXY，由代理解析域名；若只有该主机失败，请在 GOPROXY 中把其他候选放在前面。",
		},
	},
	{
		Class: ConnectRefused, Actor: ActorNetwork, Retry: true, Other: true, Windows: winsockPage,
		Meaning: Text{"nothing listens on the port, or a firewall answers with a reset", "目标端口没有服务监听，或防火墙直接拒绝连接"},
		Advice: Text{
			"Check host and port in GOPROXY (or the git URL) and that the service is up (curl -v URL). If the address is 127.0.0.1, a local proxy that GOPROXY or HTTPS_PROXY names is not running.",
			"检查 GOPROXY（或 git 地址）中的主机和端口，并确认服务已启动（curl -v 地址）。若地址是 127.0.0.1，说明 GOPROXY 或 HTTPS_PROXY 指向的本地代理没有运行。",
		},
	},
	{
		Class: ConnectTimeout, Actor: ActorNetwork, Retry: true, Other: true, Windows: winsockPage,
		Meaning: Text{"a TCP connect got no answer in time", "TCP 连接在限定时间内没有任何应答"},
		Advice: Text{
			"A firewall usually drops these packets: allow HOST:443 from the runner, or set HTTPS_PROXY if the network has a forward proxy, or use a candidate that is reachable here (goproxy.cn in China).",
			"通常是防火墙丢弃了数据包：请放行运行器到该主机 443 端口的访问；若网络要求经代理上网，请设置 HTTPS_PROXY；或改用此处可达的模块代理（中国大陆可用 goproxy.cn）。",
		},
	},
	{
		Class: NetworkUnreachable, Actor: ActorNetwork, Retry: true, Other: true, Windows: winsockPage,
		Meaning: Text{"there is no route to the address, or no address of that family", "没有到达该地址的路由，或本机没有该地址族的地址"},
		Advice: Text{
			"Check routes, VPN and container network mode (ip route get ADDRESS). If the address is IPv6 and the runner has none, give the container IPv6 or make the host resolve to IPv4 only.",
			"检查路由、VPN 和容器网络模式（ip route get 地址）。若地址是 IPv6 而运行器没有 IPv6，请为容器启用 IPv6，或让该主机只解析为 IPv4。",
		},
	},
	{
		Class: FirewallBlocked, Actor: ActorMachine, Windows: winsockPage,
		Meaning: Text{"this machine itself refused to open the connection", "本机自身（防火墙、安全软件、沙箱）禁止建立连接"},
		Advice: Text{
			"Allow go and git outgoing connections in the local firewall, antivirus, seccomp profile or network policy of this runner; a retry or another module proxy does not help.",
			"请在本机防火墙、杀毒软件、seccomp 配置或网络策略中允许 go 和 git 的出站连接；重试或更换模块代理都没有用。",
		},
	},
	{
		Class: ConnectionReset, Actor: ActorNetwork, Retry: true, Other: true, Windows: winsockPage,
		Meaning: Text{"an open connection was cut before the answer was complete", "已建立的连接在应答完成之前被切断"},
		Advice: Text{
			"Run the job again; finished modules stay in the cache. If it happens often, a proxy or firewall on the way cuts transfers: use another candidate, or try GODEBUG=http2client=0 for the download step only.",
			"请重新运行，已下载完的模块会保留在缓存里。若经常出现，说明途中的代理或防火墙会切断传输：请换用其他模块代理，或仅在下载步骤中试用 GODEBUG=http2client=0。",
		},
	},
	{
		Class: ResponseTimeout, Actor: ActorNetwork, Retry: true, Other: true,
		Meaning: Text{"the connection was open, then the answer did not come in time", "连接已建立，但在限定时间内没有得到应答"},
		Advice: Text{
			"Run the job again or use another candidate. If TLS handshakes time out for every host, a firewall mishandles large ClientHello messages: try GODEBUG=tlsmlkem=0 for the download step.",
			"请重新运行或换用其他模块代理。若对所有主机的 TLS 握手都超时，多半是防火墙不能处理较大的 ClientHello：可仅在下载步骤中试用 GODEBUG=tlsmlkem=0。",
		},
	},
	{
		Class: TLSUntrusted, Actor: ActorMachine, Other: true, Windows: schannel,
		Meaning: Text{"the certificate chain ends in an authority this machine does not trust, often that of a TLS-inspecting firewall", "证书链的根证书不被本机信任，常见于会解密 TLS 的防火墙"},
		Advice: Text{
			"If the issuer is your company's, give its CA certificate to goproxy-setup by ca-file, or install it for all programs: on Linux copy it to /usr/local/share/ca-certificates and run update-ca-certificates (or set SSL_CERT_FILE); on Windows and macOS import it into the system store; for git set http.sslCAInfo. In a container image install ca-certificates.",
			"若签发者是贵公司，请用设置 ca-file 把其 CA 证书交给 goproxy-setup，或为所有程序安装：Linux 上复制到 /usr/local/share/ca-certificates 并运行 update-ca-certificates（或设置 SSL_CERT_FILE）；Windows 与 macOS 上导入系统证书库；git 需设置 http.sslCAInfo。容器镜像中请安装 ca-certificates。",
		},
	},
	{
		Class: TLSInvalid, Actor: ActorModuleProxy, Other: true, Windows: schannel,
		Meaning: Text{"the certificate is expired, not yet valid, revoked, not checkable, or for another host name", "证书已过期、尚未生效、已吊销、无法检查吊销状态，或与主机名不符"},
		Advice: Text{
			"Check the clock of the runner (date -u) and the host name in the URL; otherwise whoever runs that host must renew its certificate. For git on Windows behind an inspecting firewall see http.schannelCheckRevoke.",
			"请检查运行器的时钟（date -u）和地址中的主机名；若都没有问题，需由该主机的维护者更新证书。Windows 上 git 处于会解密 TLS 的防火墙之后时，请参考 http.schannelCheckRevoke。",
		},
	},
	{
		Class: TLSHandshake, Actor: ActorNetwork, Other: true, Windows: schannel,
		Meaning: Text{"no TLS session came about for another reason", "由于其他原因无法建立 TLS 会话"},
		Advice: Text{
			"Check scheme and port of the URL (http:// on a plain port, https:// on a TLS port) and which TLS versions and client certificates the host asks for (openssl s_client -connect HOST:443).",
			"请检查地址的协议和端口是否匹配（明文端口用 http://，TLS 端口用 https://），以及该主机要求的 TLS 版本和客户端证书（openssl s_client -connect 主机:443）。",
		},
	},
	{
		Class: ForwardProxyAuth, Actor: ActorCredentials,
		Meaning: Text{"the network's own HTTP proxy wants credentials (407)", "公司网络的 HTTP 代理要求身份验证（407）"},
		Advice: Text{
			"Put user and password into the setting forward-proxy, or into HTTPS_PROXY and HTTP_PROXY, as http://USER:PASSWORD@HOST:PORT (percent-encoded, DOMAIN%5CUSER for NTLM, from a secret), or ask for an exception. What goes through goproxy-setup signs in by Basic or NTLM, and on Windows by the account of the job; go itself speaks Basic only, and git needs a helper such as px or cntlm where it is built without NTLM.",
			"请在设置 forward-proxy 或 HTTPS_PROXY、HTTP_PROXY 中写入用户名和密码：http://用户:密码@主机:端口（特殊字符需百分号编码，NTLM 写作 域%5C用户，取自机密变量），或申请免认证。经由 goproxy-setup 的流量支持 Basic 和 NTLM，在 Windows 上还可用任务账户登录；go 自身只支持 Basic，git 同样需要 px、cntlm 之类的辅助代理。",
		},
	},
	{
		Class: ForwardProxyFailure, Actor: ActorNetwork,
		Meaning: Text{"the HTTP proxy of HTTP_PROXY or HTTPS_PROXY is unreachable, misconfigured, or refuses to connect", "HTTP_PROXY 或 HTTPS_PROXY 指定的代理不可达、配置有误，或拒绝转发"},
		Advice: Text{
			"Check HTTPS_PROXY and HTTP_PROXY of this job (scheme, host, port), and that the proxy allows CONNECT to HOST:443. If the host must be reached directly, add it to NO_PROXY, comma-separated.",
			"请检查本任务的 HTTPS_PROXY 与 HTTP_PROXY（协议、主机、端口），并确认该代理允许 CONNECT 到目标主机的 443 端口。若该主机应当直连，请把它加入 NO_PROXY（逗号分隔）。",
		},
	},
	{
		Class: ProxyServerError, Actor: ActorModuleProxy, Retry: true, Other: true,
		Meaning: Text{"the module proxy (or the origin behind it) answered 5xx, or reports a failure of its own", "模块代理（或其上游）返回 5xx，或报告了它自身的故障"},
		Advice: Text{
			"Run the job again, or put another candidate behind it in GOPROXY with | as separator: after a comma go does not go on after a 5xx.",
			"请重新运行，或在 GOPROXY 中用 | 追加其他候选：逗号之后遇到 5xx 时 go 不会继续尝试下一个。",
		},
	},
	{
		Class: ProxyRateLimited, Actor: ActorModuleProxy, Retry: true, Other: true,
		Meaning: Text{"too many requests came from this address (429)", "来自该地址的请求过多（429）"},
		Advice: Text{
			"Wait as long as Retry-After says and run again. Cache GOMODCACHE between jobs, or use a module proxy of your own: shared CI addresses use up public limits.",
			"请按 Retry-After 等待后重新运行。在任务之间缓存 GOMODCACHE，或使用自己的模块代理：CI 的共享出口地址很容易用尽公共配额。",
		},
	},
	{
		Class: ProxyAuth, Actor: ActorCredentials, Other: true,
		Meaning: Text{"the module proxy wants credentials, or refuses them or this module (401, 403)", "模块代理要求凭据，或拒绝该凭据或该模块（401、403）"},
		Advice: Text{
			"Give go the credentials of that host: a machine line in the file that NETRC names, or https://USER:TOKEN@HOST in GOPROXY from a secret. If they are there, the token has expired or lacks rights, or the proxy's policy blocks the module.",
			"请为该主机提供凭据：在 NETRC 指向的文件中加 machine 行，或在 GOPROXY 中写 https://用户:令牌@主机（取自机密变量）。若已经提供，则令牌可能过期或权限不足，或代理的策略禁止该模块。",
		},
	},
	{
		Class: ProxyBadResponse, Actor: ActorModuleProxy, Other: true,
		Meaning: Text{"the answer was something else than the module proxy protocol: a login page, HTML, a broken zip", "应答不符合模块代理协议：登录页、HTML 或损坏的 zip"},
		Advice: Text{
			"Open the URL with curl on the runner: a page means that GOPROXY misses a path or a login portal is in between. Correct GOPROXY, or use another candidate.",
			"请在运行器上用 curl 打开该地址：若得到网页，说明 GOPROXY 缺少路径，或途中有登录门户。请改正 GOPROXY 或换用其他候选。",
		},
	},
	{
		Class: ModuleNotFound, Actor: ActorConfiguration,
		Meaning: Text{"the module or package does not exist where it was asked for", "所请求的模块或包在该处不存在"},
		Advice: Text{
			"Check the spelling of the module path and whether the repository was moved, renamed or deleted. If it is private, set GOPRIVATE and give git credentials.",
			"请检查模块路径的拼写，以及仓库是否已移动、改名或删除。若是私有模块，请设置 GOPRIVATE 并为 git 提供凭据。",
		},
	},
	{
		Class: VersionNotFound, Actor: ActorConfiguration,
		Meaning: Text{"the module exists, the version does not", "模块存在，但没有该版本"},
		Advice: Text{
			"List what there is with go list -m -versions MODULE and correct the version in go.mod; a tag must have the form vX.Y.Z and must have been pushed.",
			"请用 go list -m -versions 模块 查看现有版本，并改正 go.mod 中的版本；标签必须形如 vX.Y.Z 且已经推送。",
		},
	},
	{
		Class: PrivateModule, Actor: ActorConfiguration,
		Meaning: Text{"a private module was asked from a public module proxy or checksum database", "私有模块被发往公共模块代理或校验和数据库"},
		Advice: Text{
			"Add the module's prefix to GOPRIVATE in the job's environment, then give git credentials for the host. If the module is public and was published minutes ago, wait and run again.",
			"请在任务环境的 GOPRIVATE 中加入该模块的前缀，并为 git 提供该主机的凭据。若模块是公开的且刚刚发布，请稍后重试。",
		},
	},
	{
		Class: VCSAuth, Actor: ActorCredentials,
		Meaning: Text{"git, hg or ssh was refused: no credentials, wrong ones, or an unknown host key", "git、hg 或 ssh 被拒绝：没有凭据、凭据错误，或主机密钥未知"},
		Advice: Text{
			"Give git a token for the host (git config --global url.\"https://USER:$TOKEN@HOST/\".insteadOf \"https://HOST/\") or load an ssh key and its host key (ssh-keyscan HOST >> ~/.ssh/known_hosts). Check that the token may read this repository.",
			"请为 git 提供该主机的令牌（git config --global url.\"https://用户:$TOKEN@主机/\".insteadOf \"https://主机/\"），或加载 ssh 私钥和主机密钥（ssh-keyscan 主机 >> ~/.ssh/known_hosts）。并确认令牌有权读取该仓库。",
		},
	},
	{
		Class: VCSMissing, Actor: ActorMachine,
		Meaning: Text{"the version control tool is not installed, or GOVCS does not allow it", "未安装版本控制工具，或 GOVCS 不允许使用"},
		Advice: Text{
			"Install git (or hg, svn, …) in the job's image and check that it is on PATH, or let a module proxy serve the module so that no tool is needed. If the line names GOVCS, allow the tool there.",
			"请在任务镜像中安装 git（或 hg、svn 等）并确认在 PATH 中，或改由模块代理提供该模块，从而不需要这些工具。若该行提到 GOVCS，请在其中允许该工具。",
		},
	},
	{
		Class: ChecksumMismatch, Actor: ActorAuthor,
		Meaning: Text{"the bytes do not match go.sum or the checksum database", "内容与 go.sum 或校验和数据库不一致"},
		Advice: Text{
			"Do not switch verification off. Run go clean -modcache and try again; if it stays, the tag was moved or the proxy changed the bytes: compare with another candidate and ask the author before you replace the lines in go.sum.",
			"请不要关闭校验。先运行 go clean -modcache 再试；若依旧，说明标签被移动过或代理改动了内容：请与其他候选比较并询问作者，再决定是否替换 go.sum 中的行。",
		},
	},
	{
		Class: SumDBUnreachable, Actor: ActorNetwork, Retry: true, Other: true,
		Meaning: Text{"the checksum database did not answer", "校验和数据库没有应答"},
		Advice: Text{
			"Use a module proxy that serves the database too, or set GOSUMDB=sum.golang.google.cn where sum.golang.org is blocked. A complete go.sum needs no database: commit it.",
			"请使用能同时提供校验和数据库的模块代理；若 sum.golang.org 被屏蔽，请设置 GOSUMDB=sum.golang.google.cn。完整的 go.sum 不需要访问数据库：请提交它。",
		},
	},
	{
		Class: GoSumMissing, Actor: ActorConfiguration,
		Meaning: Text{"go.sum lacks an entry", "go.sum 缺少条目"},
		Advice: Text{
			"Run go mod tidy locally and commit go.mod and go.sum together. In a Dockerfile copy go.sum before go mod download.",
			"请在本地运行 go mod tidy，并把 go.mod 与 go.sum 一起提交。Dockerfile 中请在 go mod download 之前复制 go.sum。",
		},
	},
	{
		Class: GoModInvalid, Actor: ActorConfiguration,
		Meaning: Text{"go.mod or go.work is wrong, here or in a module that is required", "go.mod 或 go.work 有误（本项目的，或所依赖模块的）"},
		Advice: Text{
			"Correct the line that is named and run go mod tidy. If a required module declares another path, require it by that path, or add a replace line.",
			"请改正所指出的行并运行 go mod tidy。若依赖的模块声明了另一路径，请按该路径引用，或添加 replace 行。",
		},
	},
	{
		Class: Toolchain, Actor: ActorConfiguration,
		Meaning: Text{"the go version that is asked for is not there", "所需的 go 版本不可用"},
		Advice: Text{
			"Install the go version that go.mod asks for (go-version-file: go.mod in setup-go, a newer golang image), or set GOTOOLCHAIN=auto and make sure that GOPROXY serves golang.org/toolchain; or lower the go line in go.mod.",
			"请安装 go.mod 要求的 go 版本（setup-go 的 go-version-file: go.mod，或更新的 golang 镜像），或设置 GOTOOLCHAIN=auto 并确认 GOPROXY 提供 golang.org/toolchain；也可以降低 go.mod 中的 go 版本。",
		},
	},
	{
		Class: ConfigInvalid, Actor: ActorConfiguration,
		Meaning: Text{"GOPROXY, GOSUMDB, GOFLAGS or another setting is wrong, or switches downloads off", "GOPROXY、GOSUMDB、GOFLAGS 等设置有误，或禁止了下载"},
		Advice: Text{
			"Look where the value comes from (go env NAME, go env -changed, the job's variables) and correct it there. A value set by go env -w stays on self-hosted runners: remove it with go env -u NAME.",
			"请查明该值的来源（go env 变量名、go env -changed、任务变量）并在那里改正。go env -w 写入的值会留在自托管运行器上：请用 go env -u 变量名 删除。",
		},
	},
	{
		Class: DiskFull, Actor: ActorMachine, Windows: systemPage,
		Meaning: Text{"there is no space or quota left", "磁盘空间或配额已用尽"},
		Advice: Text{
			"Free space (go clean -cache -modcache, old images, old workspaces) or point GOMODCACHE, GOCACHE and GOTMPDIR to a larger disk; check also inodes (df -i) and quota.",
			"请释放空间（go clean -cache -modcache、旧镜像、旧工作区），或把 GOMODCACHE、GOCACHE、GOTMPDIR 指向更大的磁盘；同时检查 inode（df -i）和配额。",
		},
	},
	{
		Class: FileLocked, Actor: ActorMachine, Retry: true, Windows: systemPage,
		Meaning: Text{"another process, often antivirus, holds the file, or the file system cannot lock", "文件被其他进程（常见为杀毒软件）占用，或文件系统不支持加锁"},
		Advice: Text{
			"Run again. Exclude GOMODCACHE from antivirus and indexing, give each job that runs at the same time its own GOMODCACHE, and keep it on a local disk rather than NFS or a share.",
			"请重试。把 GOMODCACHE 排除在杀毒和索引之外，为同时运行的任务各设一个 GOMODCACHE，并放在本地磁盘而不是 NFS 或共享目录上。",
		},
	},
	{
		Class: PermissionDenied, Actor: ActorMachine, Windows: systemPage,
		Meaning: Text{"the module cache, GOPATH or a file of the project cannot be written", "无法写入模块缓存、GOPATH 或项目文件"},
		Advice: Text{
			"Point GOMODCACHE (or GOPATH and HOME) to a folder the job's user can write, or correct its owner (chown); a container run with another user needs -e GOMODCACHE=/tmp/gomodcache or the like.",
			"请把 GOMODCACHE（或 GOPATH 与 HOME）指向任务用户可写的目录，或改正目录的所有者（chown）；以其他用户运行容器时，请加 -e GOMODCACHE=/tmp/gomodcache 之类的设置。",
		},
	},
	{
		Class: PathTooLong, Actor: ActorMachine, Windows: longPath,
		Meaning: Text{"the operating system refuses a path as too long", "路径过长，操作系统拒绝"},
		Advice: Text{
			"Set a short GOMODCACHE (C:\\gm), run git config --system core.longpaths true, and switch LongPathsEnabled on in Windows. On Linux encrypted home folders allow shorter names only: move GOMODCACHE out of them.",
			"请设置较短的 GOMODCACHE（如 C:\\gm），运行 git config --system core.longpaths true，并在 Windows 中启用 LongPathsEnabled。Linux 的加密主目录只允许较短的文件名：请把 GOMODCACHE 移到别处。",
		},
	},
	{
		Class: CacheCorrupt, Actor: ActorMachine,
		Meaning: Text{"the local module cache is damaged", "本地模块缓存已损坏"},
		Advice: Text{
			"Run go clean -modcache on the runner and drop the saved cache of the CI system (change its key), then run again.",
			"请在运行器上运行 go clean -modcache，并丢弃 CI 系统保存的缓存（更换缓存键），然后重新运行。",
		},
	},
	{
		Class: ResourceLimit, Actor: ActorMachine,
		Meaning: Text{"the process was killed, or ran out of memory, descriptors, processes or file size", "进程被杀死，或内存、描述符、进程数、文件大小达到上限"},
		Advice: Text{
			"Give the job more memory or raise the limit that is named (ulimit -n, ulimit -u, --memory); fewer things at once also help: GOFLAGS=-p=2, GOMAXPROCS=2.",
			"请给任务更多内存，或提高所指出的上限（ulimit -n、ulimit -u、--memory）；降低并发也有帮助：GOFLAGS=-p=2、GOMAXPROCS=2。",
		},
	},
	{
		Class: Interrupted, Actor: ActorConfiguration,
		Meaning: Text{"the job was cancelled or reached its own time limit", "任务被取消，或达到了自身的时间上限"},
		Advice: Text{
			"Nothing is wrong with the download itself if somebody cancelled the job. If it was a time limit, look what was slow before raising it (timeout-minutes, timeout:).",
			"若是有人取消了任务，下载本身没有问题。若是超时，请先查明哪一步慢，再提高上限（timeout-minutes、timeout:）。",
		},
	},
	{
		Class: Unknown, Actor: ActorConfiguration,
		Meaning: Text{"none of these", "不属于以上任何一类"},
		Advice: Text{
			"Read the evidence lines; run goproxy-setup doctor on the same runner, and go mod download -x to see every request.",
			"请阅读证据行；在同一运行器上运行 goproxy-setup doctor，并用 go mod download -x 查看每个请求。",
		},
	},
}
