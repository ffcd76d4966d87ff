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
	Actor   Actor // who must act
	Retry   bool  // the same request may succeed later
	Other   bool  // another candidate may succeed
	Advice  Text  // what to do next, one or two sentences
}

// An Actor is who has to do something about a failure.
type Actor string

// Classes is the table of all classes, in the order of docs/classes.md.
var Classes []Info

// Info returns the row of the table for c, the row of Unknown for a class that is not in it.
func (c Class) Info() Info {
	for _, i := range Classes {
		if i.Class == c {
			return i
		}
	}
	return Info{Class: c}
}
