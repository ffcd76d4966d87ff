package doctor

import (
	"cmp"
	"crypto/x509"
	"errors"
	"maps"
	"slices"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// between finds what no single host can be to blame for: one authority that nobody
// trusts and that signs for several, which is a firewall that opens TLS, and one
// certificate of another name for several, which is the login page of a network.
func between(ss []session) (fs []Finding) {
	authorities, pages := map[string][]string{}, map[string][]string{}
	for _, s := range ss {
		chain := s.state.PeerCertificates
		if s.trust == nil || len(chain) == 0 {
			continue
		}
		var unknown x509.UnknownAuthorityError
		var name x509.HostnameError
		switch {
		case errors.As(s.trust, &unknown):
			root := chain[len(chain)-1].Issuer.String()
			authorities[root] = append(authorities[root], s.host)
		case errors.As(s.trust, &name):
			of := cmp.Or(chain[0].Subject.CommonName, few(chain[0].DNSNames))
			pages[of] = append(pages[of], s.host)
		}
	}
	for _, root := range slices.Sorted(maps.Keys(authorities)) {
		if hosts := authorities[root]; len(hosts) > 1 {
			fs = append(fs, warn(report.TLSUntrusted, say("TLS is opened on its way: one authority, %q, signs for %s", "TLS 在途中被解密：同一证书机构 %q 为 %s 签发证书", root, few(hosts))).
				todo(say("ask whoever runs this network whether it is theirs; if so, give its certificate by ca-file, else trust it nowhere", "请向网络管理员确认它是否属于本网络；若是，用 ca-file 提供其证书，否则切勿信任")))
		}
	}
	for _, of := range slices.Sorted(maps.Keys(pages)) {
		if hosts := pages[of]; len(hosts) > 1 {
			fs = append(fs, warn(report.TLSInvalid, say("%q answers for %s: a login page of this network, most likely", "%q 代替 %s 应答：很可能是本网络的登录页面", of, few(hosts))).
				todo(say("open any http:// page in a browser on this machine and sign in to the network", "请在本机浏览器中打开任意 http:// 页面并登录网络")))
		}
	}
	return fs
}
