package modproxy

import (
	"io"
	"net/http"
	"testing"
	"time"
)

func TestOpenings(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for name, tt := range map[string]struct {
		took    []time.Duration
		crowded bool
	}{
		"none":                     {nil, false},
		"the first of a host":      {[]time.Duration{900 * ms}, false},
		"on time":                  {[]time.Duration{110 * ms, 101 * ms, 120 * ms, 124 * ms, 105 * ms}, false},
		"late":                     {[]time.Duration{110 * ms, 101 * ms, 206 * ms, 650 * ms, 900 * ms}, true},
		"quick once more":          {[]time.Duration{101 * ms, 206 * ms, 650 * ms, 110 * ms, 120 * ms}, false},
		"one that came through":    {[]time.Duration{101 * ms, 650 * ms, 104 * ms, 700 * ms, 650 * ms}, true},
		"lost packets":             {[]time.Duration{101 * ms, 1101 * ms, 102 * ms, 104 * ms, 1101 * ms}, false},
		"a busy processor, nearby": {[]time.Duration{1 * ms, 12 * ms, 18 * ms, 15 * ms, 20 * ms}, false},
	} {
		var o openings
		for _, d := range tt.took {
			o.add("https://a.example", d)
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
		if r.client.openings.n != 1 || len(r.client.openings.quickest) != 1 {
			t.Errorf("%s: %+v, want one connection", name, &r.client.openings)
		}
	}
}
