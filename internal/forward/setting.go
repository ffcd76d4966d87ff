package forward

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// The words of the setting.
const (
	Auto = "auto" // as the programs of this machine do; what an empty setting is
	Env  = "env"  // variables only
	None = "none" // direct connections only
)

// A Setting is the user's own word on the forward proxy.
type Setting struct {
	Word string   // Auto, Env or None; empty when one of the others is there
	URL  *url.URL // of a proxy
	PAC  string   // address of a script
}

// pacPrefix makes the address of a proxy that of a script.
const pacPrefix = "pac+"

// ParseSetting reads auto, env, none, the URL of a proxy, or pac+ and the URL of a
// script. An error says nothing of the value, which may hold a password.
func ParseSetting(v string) (Setting, error) {
	switch v {
	case "":
		return Setting{Word: Auto}, nil
	case Auto, Env, None:
		return Setting{Word: v}, nil
	}
	if location, ok := strings.CutPrefix(v, pacPrefix); ok {
		u, err := url.Parse(location)
		switch {
		case err != nil, u.Scheme == "file" && u.Path == "", u.Scheme != "file" && u.Hostname() == "":
			return Setting{}, errors.New("is not the URL of a PAC script")
		case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "file":
			return Setting{}, fmt.Errorf("has scheme %q, not http, https or file", u.Scheme)
		}
		return Setting{PAC: location}, nil
	}
	if !strings.ContainsAny(v, ".:/") {
		return Setting{}, errors.New("is not auto, env, none or a URL")
	}
	u, err := parse(v)
	if err != nil {
		return Setting{}, err
	}
	if strings.Trim(u.Path, "/") != "" {
		return Setting{}, errors.New("has a path, which no proxy has; write pac+http://… for a PAC script")
	}
	return Setting{URL: u}, nil
}
