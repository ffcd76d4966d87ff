package report

import (
	"fmt"
	"math"
	"net/url"
	"strings"
)

// millis shows a time given in milliseconds, for people.
func millis(ms float64) string {
	switch {
	case !(ms > 0):
		return "0 ms"
	case ms < 10:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 999.5:
		return fmt.Sprintf("%.0f ms", ms)
	case ms < 59_950:
		return fmt.Sprintf("%.1f s", ms/1000)
	case ms < 100*3_600_000:
		s := int64(math.Round(ms / 1000))
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	}
	return "over 100 h"
}

// size shows a number of bytes in decimal units.
func size(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", max(n, 0))
	}
	f, unit := float64(n), 0
	for f >= 999.5 && unit < 4 {
		f /= 1000
		unit++
	}
	name := []string{"B", "kB", "MB", "GB", "TB"}[unit]
	if f < 9.95 {
		return fmt.Sprintf("%.1f %s", f, name)
	}
	return fmt.Sprintf("%.0f %s", f, name)
}

// rate shows bytes per second, "" when nothing was measured.
func rate(bps int64) string {
	if bps <= 0 {
		return ""
	}
	return size(bps) + "/s"
}

// site is a URL as people call the place: without scheme, credentials and the
// last slash.
func site(raw string) string {
	raw = line(raw, 200)
	if _, rest, ok := strings.Cut(raw, "://"); ok {
		raw = rest
	}
	host, rest, slash := strings.Cut(raw, "/")
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = host[at+1:]
	}
	if !slash || rest == "" {
		return host
	}
	return strings.TrimSuffix(host+"/"+rest, "/")
}

// hostOf is the host of a URL or of a bare site.
func hostOf(raw string) string {
	if u, err := url.Parse(raw); err == nil && u.Host != "" {
		return line(u.Host, 200)
	}
	host, _, _ := strings.Cut(site(raw), "/")
	return host
}
