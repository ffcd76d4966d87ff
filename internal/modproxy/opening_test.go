package modproxy

import (
	"cmp"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOpenings(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		took    string // milliseconds, in the order in which they begin
		crowded bool
	}{
		"none":                     {"", false},
		"the first of a host":      {"900", false},
		"on time":                  {"110 101 120 124 105", false},
		"late":                     {"110 101 206 650 900 850", true},
		"one that is not there":    {"110 101 206 650 900 0", false},
		"quick once more":          {"101 206 650 800 206 110", false},
		"lost packets":             {"101 1101 1102 105 1103 101", false},
		"a busy processor, nearby": {"1 12 18 15 20", false},
	} {
		took := make(map[int]time.Duration) // by number
		var o openings
		for ms := range strings.FieldsSeq(tt.took) {
			d, err := time.ParseDuration(ms + "ms")
			if err != nil {
				t.Fatal(err)
			}
			took[o.begin()] = d
		}
		for _, i := range slices.SortedFunc(maps.Keys(took), func(i, j int) int { return cmp.Compare(took[i], took[j]) }) {
			if took[i] > 0 {
				o.end(i, "https://a.example", took[i])
			}
		}
		if o.crowded() != tt.crowded {
			t.Errorf("%s: crowded is %v", name, !tt.crowded)
		}
	}
}

// TestOpeningsOfRequests: what is noted is connections, each once.
func TestOpeningsOfRequests(t *testing.T) {
	t.Parallel()
	for name, https := range map[string]bool{"http": false, "https": true} {
		r := newRig(t, https)
		for range 3 {
			try := r.try(t, "")
			try.HTTP1 = true
			err := r.client.Do(t.Context(), try, func(resp *http.Response) error {
				_, err := io.Copy(io.Discard, resp.Body)
				return err
			}, never)
			if err != nil {
				t.Fatal(err)
			}
		}
		if r.client.openings.begun != 1 || len(r.client.openings.quickest) != 1 {
			t.Errorf("%s: %+v, want one connection", name, &r.client.openings)
		}
	}
}
