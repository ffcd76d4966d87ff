package proxytest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A fault is one segment of a base URL, parsed.
type fault struct {
	text  string
	count int      // fires so often for each file; 0 is always
	rate  float64  // share of the answers it fires on
	kinds []string // files it is about; empty is all
	do    action
}

// An action changes or makes an answer. It calls next to let the rest of the
// stack and the file itself have their turn.
type action func(x *exchange, next func())

// on reports whether the fault is about a file.
func (f fault) on(file file) bool {
	return len(f.kinds) == 0 || slices.ContainsFunc(f.kinds, file.is)
}

// segment is NAME[=ARG][xCOUNT][~RATE][@KIND…].
var segment = regexp.MustCompile(`^([a-z]+?|[0-9]{3})(?:=([^~@]*?))?(?:x([0-9]+))?(?:~([0-9.]+))?((?:@[a-z]+)*)$`)

// isFault tells a fault from the first element of a module path, which has a
// dot and none of the marks of a fault.
func isFault(s string) bool {
	return s != "sumdb" && (strings.ContainsAny(s, "=~@") || !strings.Contains(s, "."))
}

// split cuts a URL path into the faults of its base and the rest.
func split(path string) (base []string, rest string) {
	rest = strings.TrimPrefix(path, "/")
	for rest != "" {
		seg, after, _ := strings.Cut(rest, "/")
		if !isFault(seg) {
			break
		}
		base, rest = append(base, seg), after
	}
	return base, rest
}

// join is the inverse of split for the base: "/503x2/cut@zip".
func join(base []string) string {
	s := ""
	for _, seg := range base {
		s += "/" + seg
	}
	return s
}

func texts(stack []fault) string {
	s := ""
	for _, f := range stack {
		s += "/" + f.text
	}
	return s
}

func parseAll(base []string) ([]fault, error) {
	var stack []fault
	for _, seg := range base {
		f, err := parse(seg)
		if err != nil {
			return nil, fmt.Errorf("fault %q: %w", seg, err)
		}
		stack = append(stack, f)
	}
	return stack, nil
}

func parse(seg string) (f fault, err error) {
	m := segment.FindStringSubmatch(seg)
	if m == nil {
		return f, fmt.Errorf("not of the form NAME[=ARG][xCOUNT][~RATE][@KIND]")
	}
	f = fault{text: seg, rate: 1}
	if m[3] != "" {
		if f.count, err = strconv.Atoi(m[3]); err != nil || f.count == 0 {
			return f, fmt.Errorf("bad count %q", m[3])
		}
	}
	if m[4] != "" {
		if f.rate, err = strconv.ParseFloat(m[4], 64); err != nil || f.rate > 1 {
			return f, fmt.Errorf("rate %q is not a share between 0 and 1", m[4])
		}
	}
	kind, err := lookup(m[1])
	if err != nil {
		return f, err
	}
	if f.kinds, err = parseKinds(m[5]); err != nil {
		return f, err
	}
	if len(f.kinds) == 0 {
		f.kinds = kind.about
	}
	f.do, err = kind.make(m[2])
	return f, err
}

func parseKinds(s string) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	list := strings.Split(s[1:], "@")
	for _, k := range list {
		if !slices.Contains(kinds, k) {
			return nil, fmt.Errorf("unknown kind %q, know %s", k, strings.Join(kinds, ", "))
		}
	}
	return list, nil
}
