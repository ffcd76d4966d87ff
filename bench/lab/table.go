package lab

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A Table is written as Markdown, as it grows.
type Table struct{ w io.Writer }

// NewTable writes the head of a table.
func NewTable(w io.Writer, columns ...string) *Table {
	fmt.Fprintf(w, "| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat(" --- |", len(columns)))
	return &Table{w}
}

// Row writes a row.
func (t *Table) Row(cells ...string) {
	fmt.Fprintf(t.w, "| %s |\n", strings.Join(cells, " | "))
}

// Median is the middle value, the mean of both in the middle of an even
// number, and 0 of none.
func Median(list []time.Duration) time.Duration {
	s := slices.Sorted(slices.Values(list))
	n := len(s)
	if n == 0 {
		return 0
	}
	return (s[(n-1)/2] + s[n/2]) / 2
}

// Seconds is a duration for a table; none is a dash.
func Seconds(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", d.Seconds())
}

// Ratio of two durations for a table; of none it is a dash.
func Ratio(a, b time.Duration) string {
	if a == 0 || b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2fx", a.Seconds()/b.Seconds())
}

// MB is a number of bytes for a table.
func MB(n int64) string { return fmt.Sprintf("%.1f", float64(n)/1e6) }
