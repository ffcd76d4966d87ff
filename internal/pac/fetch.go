//go:build !windows

package pac

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// maxScript is what WinHTTP takes, too ("WinHTTP AutoProxy Support").
const maxScript = 1 << 20

// fetch gets a script from http, https or file.
func fetch(ctx context.Context, location string, o Options) (text string, err error) {
	ctx, cancel := context.WithTimeout(ctx, o.Budget)
	defer cancel()
	u, err := url.Parse(location)
	if err != nil {
		return "", &FetchError{Location: "(unreadable)", Reason: "is not a URL"} // the cause would quote a password
	}
	fail := func(reason string, err error) (string, error) {
		return "", &FetchError{Location: u.Redacted(), Reason: reason, Err: err}
	}
	var body io.ReadCloser
	contentType := ""
	switch u.Scheme {
	case "http", "https":
		resp, err := get(ctx, u, o.Client)
		if err != nil {
			return fail("", cause(err))
		}
		body, contentType = resp.Body, resp.Header.Get("Content-Type")
		if resp.StatusCode != http.StatusOK {
			body.Close()
			return fail("answered "+printable(resp.Status), nil)
		}
	case "file":
		if body, err = os.Open(filepath.FromSlash(u.Path)); err != nil {
			return fail("", err)
		}
	default:
		return fail(fmt.Sprintf("has scheme %q, not http, https or file", u.Scheme), nil)
	}
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, maxScript+1))
	switch {
	case err != nil:
		return fail("", err)
	case len(data) > maxScript:
		return fail("is larger than 1 MB", nil)
	}
	return decode(data, contentType), nil
}

func get(ctx context.Context, u *url.URL, client *http.Client) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/x-ns-proxy-autoconfig, */*;q=0.5")
	return client.Do(req)
}

// cause leaves out what net/http puts around an error: the URL, whose query may be
// secret.
func cause(err error) error {
	if of, ok := err.(*url.Error); ok {
		return of.Err
	}
	return err
}

// Open fetches a script from a location with scheme http, https or file, and
// loads it. Nothing of a URL is asked yet.
func Open(ctx context.Context, location string, o Options) (Finder, error) {
	o = o.filled()
	text, err := fetch(ctx, location, o)
	if err != nil {
		return nil, err
	}
	name := location
	if u, err := url.Parse(location); err == nil {
		name = u.Redacted()
	}
	return load(ctx, name, text, o)
}

// Detect asks for http://wpad.DOMAIN/wpad.dat in the machine's own search domains,
// and in no domain above them: who owns wpad.example's parent would own all
// traffic (CERT VU#598349). The error is of type *DetectError when there is none.
func Detect(ctx context.Context, o Options) (f Finder, location string, err error) {
	o = o.filled()
	none := &DetectError{}
	for _, domain := range o.SearchDomains {
		location := "http://wpad." + strings.Trim(domain, ".") + "/wpad.dat"
		f, err := Open(ctx, location, o)
		if err == nil {
			return f, location, nil
		}
		none.Tried, none.Err = append(none.Tried, location), err
	}
	return nil, "", none
}

// searchDomains reads what the resolver appends to short names (resolv.conf(5)):
// the last of the lines search and domain counts. A domain of one label is none
// that anybody here owns.
func searchDomains(resolvConf string) (list []string) {
	for line := range strings.Lines(resolvConf) {
		if f := strings.Fields(line); len(f) > 1 && (f[0] == "search" || f[0] == "domain") {
			list = f[1:]
		}
	}
	var owned []string
	for _, d := range list {
		if hostName(d) && strings.Contains(strings.Trim(d, "."), ".") {
			owned = append(owned, strings.Trim(d, "."))
		}
	}
	return owned
}

// filled has every option set.
func (o Options) filled() Options {
	if o.SearchDomains == nil {
		conf, _ := os.ReadFile("/etc/resolv.conf") // without it nothing is detected
		o.SearchDomains = searchDomains(string(conf))
	}
	if o.Client == nil {
		o.Client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	}
	if o.LookupHost == nil {
		o.LookupHost = lookupHost
	}
	if o.Addresses == nil {
		o.Addresses = addresses
	}
	if o.Now == nil {
		o.Now = now
	}
	o.Budget, o.Memory = cmp.Or(o.Budget, defaultBudget), cmp.Or(o.Memory, maxMemory)
	return o
}
