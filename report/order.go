package report

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// ranked returns the candidates in the order in which they are shown: the
// selected ones, the other reachable ones, the rest; each as they came.
func ranked(probes []Probe) []Probe {
	key := func(p Probe) int {
		switch {
		case p.Selected:
			return 0
		case p.Reachable:
			return 1
		}
		return 2
	}
	out := slices.Clone(probes)
	slices.SortStableFunc(out, func(a, b Probe) int { return key(a) - key(b) })
	return out
}

// label is how a candidate is called: its name, and its address when the name
// does not tell it.
func (p Probe) label() string {
	name, at := line(p.Name, 80), site(p.URL)
	switch {
	case name == "" || site(name) == at:
		return at
	case at == "":
		return name
	}
	return name + " (" + at + ")"
}

// times is how many modules or files a failure cost, at least one.
func (f Failure) times() int { return max(f.Count, 1) }

// subject is the module that failed, with its version if there is one.
func (f Failure) subject() string {
	if f.Module == "" || f.Version == "" {
		return line(f.Module, 200)
	}
	return line(f.Module, 200) + "@" + line(f.Version, 100)
}

// slug is the class on one line; a saved report may hold any text there.
func (c Class) slug() string { return cmp.Or(line(string(c), 60), string(Unknown)) }

// meaning is what the table of classes says of c, "" for Unknown: there only the
// evidence says more.
func (v voice) meaning(c Class) string {
	if c == Unknown || c == "" {
		return ""
	}
	i := c.Info()
	if i.Class != c {
		return ""
	}
	return i.Meaning.In(string(v))
}

// tried sums up attempts by where they went and how they ended:
// "goproxy.cn 502 x3". ms is the time from the start of the first to the end of
// the last: several run at once, so their sum would be longer than the wait.
func (r *Report) tried(f Failure) (groups []string, n int, ms float64) {
	first, last := math.Inf(1), 0.0
	counts := map[string]int{}
	for _, i := range f.Attempts {
		if i < 0 || i >= len(r.Attempts) {
			continue
		}
		a := r.Attempts[i]
		key := hostOf(a.Upstream) + " " + a.end()
		if counts[key] == 0 {
			groups = append(groups, key)
		}
		counts[key]++
		n++
		start := moment(a.StartMS)
		first, last = min(first, start), max(last, start+moment(a.DurationMS))
	}
	for i, g := range groups {
		if counts[g] > 1 {
			groups[i] = g + " x" + itoa(counts[g])
		}
	}
	return groups, n, max(last-first, 0)
}

// end says in a word how an attempt ended: its status, or the class of what
// went wrong without one.
func (a Attempt) end() string {
	switch {
	case a.Status != 0:
		return itoa(a.Status)
	case a.Class != "":
		return a.Class.slug()
	}
	return "-"
}

// A failureGroup is all failures of one class.
type failureGroup struct {
	class    Class
	failures []Failure
	count    int // modules or files
}

// grouped returns the failures by class, the class to look at first at first:
// integrity before all else, what says least at the end, then by cost.
func grouped(failures []Failure) []failureGroup {
	var out []failureGroup
	at := map[Class]int{}
	for _, f := range failures {
		i, ok := at[f.Class]
		if !ok {
			i = len(out)
			at[f.Class] = i
			out = append(out, failureGroup{class: f.Class})
		}
		out[i].failures = append(out[i].failures, f)
		out[i].count += f.times()
	}
	slices.SortStableFunc(out, func(a, b failureGroup) int {
		return cmp.Or(urgency(a.class)-urgency(b.class), b.count-a.count)
	})
	return out
}

// leading divides failures into those to show in full, the first of each class
// and at most n, and the rest.
func leading(failures []Failure, n int) (full, rest []Failure) {
	seen := map[Class]bool{}
	for _, f := range failures {
		if seen[f.Class] || len(full) == n {
			rest = append(rest, f)
			continue
		}
		seen[f.Class] = true
		full = append(full, f)
	}
	return full, rest
}

func urgency(c Class) int {
	switch c {
	case ChecksumMismatch:
		return 0
	case Interrupted:
		return 2
	case Unknown, "":
		return 3
	}
	return 1
}

// distinct returns the values that are not empty, each once, in order.
func distinct(values []string) []string {
	var out []string
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// worst returns up to limit attempts: the failed ones in order, then the slowest.
func worst(attempts []Attempt, limit int) []Attempt {
	bad := func(a Attempt) int {
		if a.Class != "" {
			return 0
		}
		return 1
	}
	out := slices.Clone(attempts)
	slices.SortStableFunc(out, func(a, b Attempt) int {
		if c := bad(a) - bad(b); c != 0 || bad(a) == 0 {
			return c
		}
		return cmp.Compare(b.DurationMS, a.DurationMS)
	})
	return out[:min(len(out), limit)]
}
