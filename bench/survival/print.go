package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/goproxy-setup/goproxy-setup/bench/lab"
)

// print writes a row for each cell, and two columns for each client: runs that
// succeeded, and time beside its own time without faults. Of runs that failed there
// stand the class that the report gives, and the longest time.
func print(w io.Writer, o options, rows []Row) {
	columns := []string{"fault", "rate", "upstreams", "command"}
	for _, c := range o.clients {
		columns = append(columns, c, "time")
	}
	t := lab.NewTable(w, columns...)
	for _, r := range rows {
		cells := []string{r.Fault, percent(faultNamed(r.Fault).share(r.Rate)), fmt.Sprint(r.Upstreams), commands[r.Command]}
		for _, c := range o.clients {
			t := r.Clients[c]
			good := fmt.Sprintf("%d/%d", t.Good, t.Runs)
			if t.Hung > 0 {
				good += fmt.Sprintf(", %d hung", t.Hung)
			}
			for _, class := range slices.Sorted(maps.Keys(t.Classes)) {
				good += fmt.Sprintf(", %d %s", t.Classes[class], class)
			}
			if len(t.Classes) > 0 {
				good += fmt.Sprintf(" in %s s at most", lab.Seconds(t.Slowest))
			}
			cells = append(cells, good, lab.Seconds(t.Time)+" s, "+lab.Ratio(t.Time, t.Base))
		}
		t.Row(cells...)
	}
}

func percent(share float64) string {
	if share == 1 {
		return "all"
	}
	return fmt.Sprintf("%g %%", 100*share)
}
