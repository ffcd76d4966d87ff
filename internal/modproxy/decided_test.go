package modproxy

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestDecided: when a race ends, by what comes when.
func TestDecided(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for name, tt := range map[string]struct {
		finish []time.Duration // of candidates, each with its .mod at half the time
		proven []time.Duration // of .mod files alone
		all    time.Duration   // when nobody is left
		want   time.Duration
	}{
		"a second one is there already":      {finish: []time.Duration{100 * ms}, proven: []time.Duration{80 * ms}, all: time.Hour, want: 140 * ms},
		"a second one proves itself later":   {finish: []time.Duration{200 * ms}, proven: []time.Duration{350 * ms}, all: time.Hour, want: 350 * ms},
		"a second one finishes within noise": {finish: []time.Duration{200 * ms, 210 * ms}, all: time.Hour, want: 265 * ms},
		"no second one":                      {finish: []time.Duration{200 * ms}, all: time.Hour, want: 465 * ms},
		"no second one, a quick leader":      {finish: []time.Duration{20 * ms}, all: time.Hour, want: 140 * ms},
		"no second one, a slow leader":       {finish: []time.Duration{1000 * ms}, all: time.Hour, want: 1665 * ms},
		"nobody is left":                     {finish: []time.Duration{200 * ms}, all: 220 * ms, want: 220 * ms},
		"nobody is left within the grace":    {finish: []time.Duration{200 * ms}, all: 300 * ms, want: 300 * ms},
		"nobody finishes":                    {proven: []time.Duration{10 * ms, 20 * ms, 30 * ms}, all: 2000 * ms, want: 2000 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				finish, proven, all := make(chan time.Duration, 9), make(chan struct{}, 9), make(chan struct{})
				for _, d := range tt.finish {
					time.AfterFunc(d, func() { finish <- d })
					time.AfterFunc(d/2, func() { proven <- struct{}{} })
				}
				for _, d := range tt.proven {
					time.AfterFunc(d, func() { proven <- struct{}{} })
				}
				time.AfterFunc(tt.all, func() { close(all) })
				decided(start, finish, proven, all)
				if took := time.Since(start); took != tt.want {
					t.Errorf("decided after %v, want %v", took, tt.want)
				}
			})
		})
	}
}
