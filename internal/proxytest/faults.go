package proxytest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A faultKind is a row of the table of faults.
type faultKind struct {
	about []string // kinds of files when the segment names none; empty is all
	make  func(arg string) (action, error)
}

// lookup finds a fault by its name. A number is the status it answers.
func lookup(name string) (faultKind, error) {
	if code, err := strconv.Atoi(name); err == nil {
		if code < 400 || code > 599 {
			return faultKind{}, fmt.Errorf("status %d is not an error", code)
		}
		return bare(func(x *exchange, _ func()) { status(x, code) }), nil
	}
	k, ok := faultKinds()[name]
	if !ok {
		return k, errors.New("unknown fault")
	}
	return k, nil
}

func faultKinds() map[string]faultKind {
	zips, infos, modules := []string{"zip"}, []string{"info", "latest"}, []string{"zip", "mod"}
	return map[string]faultKind{
		// No answer, or only a part of it.
		"hang":       bare(func(x *exchange, _ func()) { x.hang() }),
		"eof":        bare(func(x *exchange, _ func()) { x.drop() }),
		"reset":      {make: resetAt},
		"cut":        {make: limited(func(*exchange) { panic(http.ErrAbortHandler) })},
		"stall":      {make: limited((*exchange).hang)},
		"slow":       {make: slow},
		"slowloris":  {make: slowloris},
		"slowheader": bare(func(x *exchange, _ func()) { slowHeader(x) }),
		"delay":      {make: delay},

		// Another answer.
		"html":     bare(func(x *exchange, _ func()) { page(x) }),
		"login":    bare(func(x *exchange, _ func()) { http.Redirect(x.w, x.r, "/-/login", http.StatusFound) }),
		"redirect": {about: zips, make: redirect},
		"nosumdb":  about([]string{"sumdb"}, func(x *exchange, _ func()) { status(x, http.StatusNotFound) }),
		"auth":     {make: auth},
		"busy":     {make: busy},

		// Other content.
		"wrong":        about(modules, func(x *exchange, next func()) { x.file = x.file.alter(wrong(x.file)); next() }),
		"badzip":       about(zips, content(badZip)),
		"badjson":      about(infos, content(badJSON)),
		"wrongversion": about(infos, content(otherVersion)),
		"emptybody":    bare(content(func([]byte) ([]byte, error) { return nil, nil })),
		"truncated":    {make: truncated},

		// Another form of the answer.
		"after":    {make: text(func(x *exchange, s string) { x.retryAfter = s })},
		"text":     {make: text(func(x *exchange, s string) { x.text = strings.ReplaceAll(s, "_", " ") })},
		"seed":     {make: text(func(x *exchange, s string) { x.seed = s })},
		"etag":     {make: text(func(x *exchange, s string) { x.etag = func(string) string { return strconv.Quote(s) } })},
		"noetag":   bare(func(x *exchange, next func()) { x.etag = func(string) string { return "" }; next() }),
		"weaketag": bare(func(x *exchange, next func()) { x.etag = func(s string) string { return "W/" + s }; next() }),
		"nodate":   bare(func(x *exchange, next func()) { x.noDate = true; next() }),
		"norange":  bare(func(x *exchange, next func()) { x.noRange = true; next() }),
		"badrange": bare(func(x *exchange, next func()) { badRange(x); next() }),
		"nolength": bare(func(x *exchange, next func()) { x.w = &lengthless{x.w}; next() }),
		"goaway":   bare(func(x *exchange, next func()) { x.w.Header().Set("Connection", "close"); next() }),
	}
}

// bare is a fault without an argument.
func bare(do action) faultKind { return about(nil, do) }

func about(kinds []string, do action) faultKind {
	return faultKind{kinds, func(arg string) (action, error) {
		if arg != "" {
			return nil, errors.New("takes no argument")
		}
		return do, nil
	}}
}

// text is a fault that notes its argument in the exchange.
func text(note func(x *exchange, arg string)) func(string) (action, error) {
	return func(arg string) (action, error) {
		if arg == "" {
			return nil, errors.New("needs an argument")
		}
		return func(x *exchange, next func()) { note(x, arg); next() }, nil
	}
}

// status answers with an error the way module proxies do: text/plain, which
// the go command shows.
func status(x *exchange, code int) {
	if x.retryAfter != "" {
		x.w.Header().Set("Retry-After", retryAfter(x.retryAfter))
	}
	if code == http.StatusUnauthorized {
		x.w.Header().Set("WWW-Authenticate", `Basic realm="proxytest"`)
	}
	msg := x.text
	if msg == "" {
		msg = http.StatusText(code)
	}
	http.Error(x.w, msg, code)
}

// retryAfter turns a duration with a unit into the date form of the header.
func retryAfter(s string) string {
	if d, err := time.ParseDuration(s); err == nil && s != "0" {
		return time.Now().Add(d).UTC().Format(http.TimeFormat)
	}
	return s
}

// page is what a captive portal or a login form sends.
func page(x *exchange) {
	x.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(x.w, "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in to use this network.</body></html>\n")
}

// redirect sends the client to the storage host with what is right of it in
// the stack: to a link that is good once, to plain HTTP, or round and round.
func redirect(arg string) (action, error) {
	switch arg {
	case "", "once", "loop", "insecure":
	default:
		return nil, errors.New("argument is not once, loop or insecure")
	}
	return func(x *exchange, _ func()) {
		to := x.s.StorageURL + (&url.URL{Path: x.after + "/" + x.file.path}).EscapedPath()
		switch arg {
		case "once":
			to += "?sig=" + x.s.links.issue()
		case "loop":
			to = x.r.URL.EscapedPath()
		case "insecure":
			to = strings.Replace(to, "https:", "http:", 1)
		}
		http.Redirect(x.w, x.r, to, http.StatusFound)
	}, nil
}

// auth asks for Basic credentials.
func auth(arg string) (action, error) {
	user, password, ok := strings.Cut(arg, ":")
	if !ok {
		return nil, errors.New("argument is not user:password")
	}
	return func(x *exchange, next func()) {
		if u, p, _ := x.r.BasicAuth(); u != user || p != password {
			status(x, http.StatusUnauthorized)
			return
		}
		next()
	}, nil
}

// busy answers 429 while more than so many answers are open.
func busy(arg string) (action, error) {
	most, err := strconv.Atoi(arg)
	if err != nil {
		return nil, err
	}
	return func(x *exchange, next func()) {
		key := x.key
		defer x.s.hits.enter(key, -1)
		if x.s.hits.enter(key, 1) > most {
			status(x, http.StatusTooManyRequests)
			return
		}
		next()
	}, nil
}

// resetAt resets before the header, or inside of the body if it has an argument.
func resetAt(arg string) (action, error) {
	if arg == "" {
		return func(x *exchange, _ func()) { x.reset() }, nil
	}
	return limited((*exchange).reset)(arg)
}

func delay(arg string) (action, error) {
	d, err := time.ParseDuration(arg)
	return func(x *exchange, next func()) { x.sleep(d); next() }, err
}
