package modproxy

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Netrc holds the logins of a .netrc file, by machine. The go command sends them
// to https module proxies; behind the loopback nobody but us can.
type Netrc map[string]*url.Userinfo

// LoadNetrc reads the logins that go would send to module proxies under a GOAUTH:
// none when that leaves netrc out, and those of the file when it is empty, as before
// go 1.24. A file that is not there or cannot be read has none.
func LoadNetrc(getenv func(string) string, goos, goauth string) Netrc {
	if goauth != "" && !slices.ContainsFunc(strings.Split(goauth, ";"), func(w string) bool { return strings.TrimSpace(w) == "netrc" }) {
		return nil
	}
	data, err := os.ReadFile(netrcFile(getenv, goos))
	if err != nil {
		return nil
	}
	return ParseNetrc(string(data))
}

// netrcFile follows src/cmd/go/internal/auth/netrc.go, netrcPath.
func netrcFile(getenv func(string) string, goos string) string {
	if f := getenv("NETRC"); f != "" {
		return f
	}
	if goos != "windows" {
		return filepath.Join(getenv("HOME"), ".netrc")
	}
	legacy := filepath.Join(getenv("USERPROFILE"), "_netrc")
	if _, err := os.Stat(legacy); err == nil {
		return legacy
	}
	return filepath.Join(getenv("USERPROFILE"), ".netrc")
}

// ParseNetrc reads a .netrc file as cmd/go does (src/cmd/go/internal/auth/netrc.go):
// a default entry and all that follows it count for nothing, macros are skipped.
func ParseNetrc(data string) Netrc {
	n := Netrc{}
	var machine, login, password string
	inMacro := false
	for line := range strings.Lines(data) {
		if inMacro {
			inMacro = strings.TrimSpace(line) != ""
			continue
		}
		f := strings.Fields(line)
		for i := 0; i < len(f); i += 2 {
			if f[i] == "default" {
				return n
			}
			if f[i] == "macdef" {
				inMacro = true
				break
			}
			if i+1 == len(f) {
				break
			}
			switch f[i] {
			case "machine":
				machine, login, password = f[i+1], "", ""
			case "login":
				login = f[i+1]
			case "password":
				password = f[i+1]
			}
			if machine != "" && login != "" && password != "" {
				if _, ok := n[machine]; !ok {
					n[machine] = url.UserPassword(login, password)
				}
				machine = ""
			}
		}
	}
	return n
}

// login returns the credentials for a URL: none over plain http, and none when
// the URL has its own. The host must match with its port, as in cmd/go.
func (n Netrc) login(u *url.URL) *url.Userinfo {
	if u.Scheme != "https" || u.User != nil {
		return nil
	}
	return n[u.Host]
}
