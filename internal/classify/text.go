package classify

import "github.com/goproxy-setup/goproxy-setup/report"

// fromText is for causes that have no exported type: http2, redirects.
func fromText(err error, _ string) report.Class { return "" }
