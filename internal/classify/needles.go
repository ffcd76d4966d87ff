package classify

import (
	"regexp"
	"strings"
)

// needles are literals of which one is in every text that a form matches.
type needles []string

// before returns the form with a cheap search before it.
func (n needles) before(form string) screened {
	return screened{n, regexp.MustCompile(form)}
}

type screened struct {
	needles needles
	form    *regexp.Regexp
}

func (s screened) MatchString(text string) bool {
	for _, n := range s.needles {
		if strings.Contains(text, n) {
			return s.form.MatchString(text)
		}
	}
	return false
}
