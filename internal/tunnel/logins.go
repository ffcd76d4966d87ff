package tunnel

import "net/url"

// Logins are the variables that name a proxy with user and password, though another
// setting, or a script, may be what answers. See Options.
func Logins(getenv func(string) string) (list []*url.URL) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		if u, err := url.Parse(getenv(name)); err == nil && u.User != nil {
			list = append(list, u)
		}
	}
	return list
}
