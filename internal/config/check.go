package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/mod/sumdb/note"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/forward"
	"github.com/goproxy-setup/goproxy-setup/internal/modproxy"
	"github.com/goproxy-setup/goproxy-setup/internal/tunnel"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// An Error is a setting that cannot be used. The run ends with exit code 2.
type Error struct {
	Setting string // "proxies"
	Source  string // "flag -proxies", "GOPROXY_SETUP_PROXIES", "input proxies"
	Value   string // redacted
	Reason  string
	Hint    string // what to do
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

// checkGlobs refuses what x/mod's MatchPrefixPatterns would silently never match: such
// a pattern keeps nothing private.
func checkGlobs(v string) error {
	for _, g := range strings.Split(v, ",") {
		switch _, err := path.Match(g, "x"); {
		case g == "":
			return reject("remove the extra comma", "has an empty pattern")
		case strings.ContainsAny(g, ":@"):
			return reject("write HOST/PATH as in an import, git.corp.example/team", "has an address where a module path pattern belongs")
		case strings.ContainsFunc(g, unicode.IsSpace):
			return reject("write a,b without blanks and lines", "has white space in %q, with which it never matches", g)
		case err != nil:
			return reject("write a pattern as for path.Match: *, ?, [a-z]", "has the malformed pattern %q", g)
		}
	}
	return nil
}

// checkSumDB follows src/cmd/go/internal/modfetch/sumdb.go, dbDial.
func checkSumDB(v string) error {
	if v == "off" || v == modproxy.Alias {
		return nil // off is the user's own word; we never write it
	}
	name, address, hasAddress := strings.Cut(strings.Join(strings.Fields(v), " "), " ")
	switch {
	case strings.Contains(address, " "):
		return reject("write NAME, NAME+HASH+KEY, or one of them and a URL", "has more than a name and a URL")
	case name == modproxy.Alias:
		return reject("write "+modproxy.SumGolang+" before the URL", "has a URL behind the alias, which has its own")
	case name != modproxy.SumGolang && !strings.Contains(name, "+"):
		return reject("write the verifier key NAME+HASH+KEY; go knows only "+modproxy.SumGolang+" by name", "names a checksum database whose key go does not know")
	}
	if name != modproxy.SumGolang {
		if _, err := note.NewVerifier(name); err != nil {
			return reject("copy the whole key, three parts with plus signs between them", "has a bad verifier key: %v", err)
		}
	}
	if hasAddress {
		if e, err := modproxy.ParseEntry(address); err != nil || !e.Remote() || !strings.Contains(address, "://") {
			return reject("write https://host/path", "has a second part that is no http or https URL")
		}
	}
	return nil
}

func checkForwardProxy(v string) error {
	if _, err := forward.ParseSetting(v); err != nil {
		return reject("write auto, env, none, http://HOST:PORT or pac+http://HOST/FILE, with user and password percent-encoded", "%v", err)
	}
	return nil
}

// checkFolder wants an absolute path, of this system or of Windows: a relative one
// would be another folder in each step, and go refuses it.
func checkFolder(v string) error {
	switch drive := len(v) > 2 && v[1] == ':' && (v[2] == '\\' || v[2] == '/'); {
	case strings.HasPrefix(v, "~"):
		return reject("write the whole path; no shell reads this", "begins with ~, which is no folder")
	case strings.ContainsFunc(v, unicode.IsControl):
		return reject("", "has a control character")
	case !path.IsAbs(v) && !drive:
		return reject(`write an absolute path, /mnt/cache or D:\cache`, "is no absolute path")
	}
	return nil
}

func checkCAFiles(v string) error {
	_, err := tunnel.Roots(CAFiles(v)...)
	var ce *tunnel.CAFileError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ce) && errors.Is(ce.Err, fs.ErrNotExist):
		return reject("ask whoever runs the firewall for its CA certificate, and write it to a file before this step", "names a file that does not exist: %s", redact(ce.File))
	}
	return reject("write a file with -----BEGIN CERTIFICATE-----; openssl x509 -inform der -in CA.cer -out CA.pem converts one", "names a file that cannot be used: %s", strings.ReplaceAll(err.Error(), ce.File, redact(ce.File)))
}

// CAFiles are the files that a value of the setting ca-file names.
func CAFiles(v string) (files []string) {
	for f := range strings.SplitSeq(v, ",") {
		if f = strings.TrimSpace(f); f != "" {
			files = append(files, f)
		}
	}
	return files
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
	if _, ok := ci.ShellNamed(v); ok {
		return nil
	}
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
		if strings.TrimSpace(one) == "" {
			continue
		}
		name, file, given := strings.Cut(one, "=")
		name, file = strings.TrimSpace(name), strings.TrimSpace(file)
		i := slices.IndexFunc(report.Formats, func(f report.Format) bool { return f.Name == name })
		switch {
		case i < 0:
			var names []string
			for _, f := range report.Formats {
				names = append(names, f.Name)
			}
			return nil, reject("write FORMAT=PATH with FORMAT one of "+strings.Join(names, ", "), "has the unknown format %q", redact(name))
		case given && file == "":
			return nil, reject("write "+name+"=PATH", "has no path for %q", name)
		case !given:
			file = report.Formats[i].File
		}
		ts = append(ts, Target{report.Formats[i], file})
	}
	return ts, nil
}
