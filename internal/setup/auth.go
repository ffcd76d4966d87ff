package setup

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
)

// netrc reads the logins that go would send to module proxies. A file that is
// not there or cannot be read has none, as for go.
func netrc(getenv func(string) string, goos, goauth string) modproxy.Netrc {
	if goauth != "" && !hasWord(goauth, "netrc") { // empty: a go before 1.24, which had only this
		return nil
	}
	data, err := os.ReadFile(netrcFile(getenv, goos))
	if err != nil {
		return nil
	}
	return modproxy.ParseNetrc(string(data))
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

// oddAuth returns the part of GOAUTH that we do not do, empty for none.
func oddAuth(goauth string) string {
	for _, w := range strings.Split(goauth, ";") {
		switch w = strings.TrimSpace(w); {
		case w == "", w == "netrc", w == "off", strings.HasPrefix(w, "git "):
		default:
			return w
		}
	}
	return ""
}

func hasWord(list, word string) bool {
	for _, w := range strings.Split(list, ";") {
		if strings.TrimSpace(w) == word {
			return true
		}
	}
	return false
}
