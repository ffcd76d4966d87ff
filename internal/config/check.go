package config

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// An Error is a setting that cannot be used. The run ends with exit code 2.
type Error struct {
	Setting string // "proxies"
	Source  string // "flag -proxies", "GOPROXY_SETUP_PROXIES", "input proxies"
	Value   string // redacted
	Reason  string
	Hint    string // what to do, may be empty
}

func (e *Error) Error() string {
	return fmt.Sprintf("setting %q (%s): %q %s", e.Setting, e.Source, e.Value, e.Reason)
}

// hinted is a reason with a hint, before the setting is known.
type hinted struct{ reason, hint string }

func (e *hinted) Error() string { return e.reason }

func reject(hint, format string, a ...any) error {
	return &hinted{fmt.Sprintf(format, a...), hint}
}

func checkProxies(v string) error {
	// The address of "default" does not matter for the grammar.
	_, err := modproxy.ParseField(v, modproxy.Placeholder)
	var le *modproxy.ListError
	if errors.As(err, &le) {
		return reject(le.Hint, "is no list of module proxies: %s", le)
	}
	return err
}

// checkGlobs refuses what x/mod's MatchPrefixPatterns would silently never match.
func checkGlobs(v string) error {
	for _, g := range strings.Split(v, ",") {
		switch _, err := path.Match(g, "x"); {
		case g == "":
			return reject("remove the extra comma", "has an empty pattern")
		case strings.TrimSpace(g) != g:
			return reject("write a,b without blanks", "has blanks around %q, with which it never matches", strings.TrimSpace(g))
		case err != nil:
			return reject("write a pattern as for path.Match: *, ?, [a-z]", "has the malformed pattern %q", g)
		case strings.Contains(g, "://"):
			return reject("write "+g[strings.Index(g, "://")+3:], "has a URL where a module path pattern belongs: %q", g)
		}
	}
	return nil
}

// checkSumDB follows src/cmd/go/internal/modfetch/sumdb.go, dbDial.
func checkSumDB(v string) error {
	if v == "off" {
		return nil // the user's own word; we never write it
	}
	f := strings.Fields(v)
	if len(f) > 2 {
		return reject("write NAME, NAME+HASH+KEY, or one of them and a URL", "has more than a name and a URL")
	}
	if name := f[0]; name != modproxy.SumGolang && name != modproxy.Alias {
		if !strings.Contains(name, "+") {
			return reject("write the verifier key NAME+HASH+KEY; go knows only "+modproxy.SumGolang+" by name", "names a checksum database whose key go does not know")
		}
		if _, err := note.NewVerifier(name); err != nil {
			return reject("copy the whole key, three parts with plus signs between them", "has a bad verifier key: %v", err)
		}
	}
	if len(f) == 2 {
		if e, err := modproxy.ParseEntry(f[1]); err != nil || !e.Remote() {
			return reject("write https://host/path", "has a second part that is no http or https URL")
		}
	}
	return nil
}

func checkDuration(v string) error {
	d, err := time.ParseDuration(v)
	switch {
	case err != nil:
		return reject("write 90s, 5m or 1h30m", "is no duration")
	case d <= 0:
		return reject("write 90s, 5m or 1h30m", "is not positive")
	}
	return nil
}

func checkCount(v string) error {
	if n, err := strconv.Atoi(v); err != nil || n < 1 || n > 1000 {
		return reject("", "is no whole number from 1 to 1000")
	}
	return nil
}

func checkInFlight(v string) error {
	if n, err := strconv.Atoi(v); err != nil || n < 0 || n > 1024 {
		return reject("", "is no whole number from 0 to 1024")
	}
	return nil
}

func checkBool(v string) error {
	if v != "true" && v != "false" {
		return reject("", "is neither true nor false")
	}
	return nil
}

func checkOneOf(words ...string) func(string) error {
	return func(v string) error {
		if !slices.Contains(words, v) {
			return reject("", "is not one of %s", strings.Join(words, ", "))
		}
		return nil
	}
}

func checkShell(v string) error {
	var names []string
	for _, s := range ci.Shells {
		names = append(names, s.Name)
	}
	return checkOneOf(names...)(v)
}

func checkReports(v string) error {
	_, err := parseReports(v)
	return err
}

func parseReports(v string) ([]Target, error) {
	var ts []Target
	for _, one := range strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == '\n' }) {
		name, file, given := strings.Cut(strings.TrimSpace(one), "=")
		i := slices.IndexFunc(report.Formats, func(f report.Format) bool { return f.Name == name })
		switch {
		case i < 0:
			var names []string
			for _, f := range report.Formats {
				names = append(names, f.Name)
			}
			return nil, reject("write FORMAT=PATH with FORMAT one of "+strings.Join(names, ", "), "has the unknown format %q", name)
		case given && file == "":
			return nil, reject("write "+name+"=PATH", "has no path for %q", name)
		case !given:
			file = report.Formats[i].File
		}
		ts = append(ts, Target{report.Formats[i], file})
	}
	return ts, nil
}
