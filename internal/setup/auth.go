package setup

import "strings"

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
