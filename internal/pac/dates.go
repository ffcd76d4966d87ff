//go:build !windows

package pac

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dop251/goja"
)

// dated makes a function of a script from one of the time and its arguments. A last
// argument GMT means that zone instead of the local one.
func (e *engine) dated(f func(t time.Time, args []string) bool) func(goja.FunctionCall) goja.Value {
	return func(call goja.FunctionCall) goja.Value {
		var args []string
		for _, a := range call.Arguments {
			args = append(args, strings.ToUpper(a.String()))
		}
		t := e.o.Now()
		if n := len(args) - 1; n >= 0 && args[n] == "GMT" {
			t, args = t.UTC(), args[:n]
		}
		return e.rt.ToValue(f(t, args))
	}
}

// within reports whether n is in a range that may run over the end: FRI to MON.
func within(n, from, to int) bool {
	if from <= to {
		return from <= n && n <= to
	}
	return n >= from || n <= to
}

var (
	weekdays = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
	months   = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
)

// weekdayRange is true on a day, or from one day through another.
func weekdayRange(t time.Time, args []string) bool {
	if len(args) != 1 && len(args) != 2 {
		return false
	}
	from, to := slices.Index(weekdays, args[0]), slices.Index(weekdays, args[len(args)-1])
	return from >= 0 && to >= 0 && within(int(t.Weekday()), from, to)
}

// dateRange takes a day, a month or a year, or from one through another of the same
// form, in the order day, month, year: (15, "JUN", 20, "AUG").
func dateRange(t time.Time, args []string) bool {
	if len(args) == 0 || len(args) > 1 && len(args)%2 != 0 {
		return false
	}
	half := max(1, len(args)/2)
	from, form1 := date(args[:half])
	to, form2 := date(args[len(args)-half:])
	if form1 == "" || form1 != form2 {
		return false
	}
	n := 0
	for _, unit := range form1 {
		n = n*weight(unit) + map[rune]int{'Y': t.Year(), 'M': int(t.Month()), 'D': t.Day()}[unit]
	}
	return within(n, from, to)
}

// date is a number that orders dates of one form, and the form: some of YMD.
func date(args []string) (n int, form string) {
	parts := map[rune]int{}
	for _, a := range args {
		unit, value := unit(a)
		if _, twice := parts[unit]; twice || unit == 0 {
			return 0, ""
		}
		parts[unit] = value
	}
	for _, unit := range "YMD" {
		if v, ok := parts[unit]; ok {
			n, form = n*weight(unit)+v, form+string(unit)
		}
	}
	return n, form
}

func weight(unit rune) int { return map[rune]int{'Y': 1, 'M': 13, 'D': 32}[unit] }

// unit tells a day from a month and a year; 0 is none of them.
func unit(s string) (rune, int) {
	if m := slices.Index(months, s); m >= 0 {
		return 'M', m + 1
	}
	n, err := strconv.Atoi(s)
	switch {
	case err != nil || n < 1:
		return 0, 0
	case n <= 31:
		return 'D', n
	}
	return 'Y', n
}

// timeRange takes an hour, or from one through another hour, hour and minute, or
// hour, minute and second. What is not written of the end is its last: (9, 17) ends
// with the 17th hour, as in Mozilla's own.
func timeRange(t time.Time, args []string) bool {
	if len(args) != 1 && len(args) != 2 && len(args) != 4 && len(args) != 6 {
		return false
	}
	half := max(1, len(args)/2)
	from, ok1 := clock(args[:half], 0)
	to, ok2 := clock(args[len(args)-half:], 59)
	return ok1 && ok2 && within((t.Hour()*60+t.Minute())*60+t.Second(), from, to)
}

func clock(args []string, rest int) (seconds int, ok bool) {
	for i := range 3 {
		n := rest
		if i < len(args) {
			var err error
			if n, err = strconv.Atoi(args[i]); err != nil {
				return 0, false
			}
		}
		seconds = seconds*60 + n
	}
	return seconds, true
}
