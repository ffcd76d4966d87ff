package classify

import (
	"strings"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// fromText is for causes that have no exported type, as those of net/http's
// HTTP/2 and redirects, and for what a child process printed.
func fromText(err error, _ string) report.Class {
	t := parse(strings.Split(err.Error(), "\n"))
	if class := t.judge(); class != report.Unknown {
		return class
	}
	return ""
}
