package report

import (
	"cmp"
	"math"
	"path"
	"slices"
	"strings"
)

// How much of a long download is drawn.
const (
	waterfallRows  = 40   // modules with a bar of their own
	waterfallRest  = 2000 // modules in the folded list
	waterfallWidth = 1000 // units across a bar; a page scales it
	maxLanes       = 4    // attempts of one module that are drawn beside each other
)

// A waterfall is the download over time, a line a module, as a browser shows the
// requests of a page.
type waterfall struct {
	Ticks   []tick
	Load    *load // only for more than waterfallRows
	Rows    []moduleLine
	Rest    []moduleLine // those without a bar
	More    int          // modules in neither
	Modules int
}

// A tick is a mark on the time axis; At is in units of waterfallWidth.
type tick struct {
	At   float64
	Time float64 // ms since the first request
}

// percent is where the tick stands, for a page.
func (t tick) percent() float64 { return t.At * 100 / waterfallWidth }

// A bar is one attempt, in units of waterfallWidth and of the height of its line.
type bar struct {
	X, Y, W, H float64
	Kind       string // info, mod, zip, other; bad for an attempt that failed
	Mark       string // hedge, resume, ahead or ""
	Attempt    *Attempt
}

// A moduleLine is a version of a module and all its attempts.
type moduleLine struct {
	Module, Version string
	Start, Took     float64 // ms since the first request; ms
	Bytes           int64
	Bars            []bar
	Attempts        []Attempt
	Trouble         trouble
}

// Trouble counts what a plain go command would not have got over.
type trouble struct {
	Retries, Failovers, Hedges, Resumes int
	Failed                              int // files that never came
}

// weight orders modules by how much there is to look at.
func (t trouble) weight() int { return t.Retries + t.Failovers + t.Hedges + t.Resumes + 10*t.Failed }

// newWaterfall arranges attempts by module. It shows the modules with trouble and
// the slowest in full, the others in a list.
func newWaterfall(attempts []Attempt) *waterfall {
	if len(attempts) == 0 {
		return nil
	}
	all := moduleLines(attempts)
	end := 1.0
	for _, l := range all {
		end = max(end, l.Start+l.Took)
	}
	w := &waterfall{Ticks: ticks(end), Modules: len(all)}
	if len(all) > waterfallRows {
		w.Load = newLoad(all, end)
	}
	chosen := slices.Clone(all)
	slices.SortStableFunc(chosen, func(a, b moduleLine) int {
		return cmp.Or(b.Trouble.weight()-a.Trouble.weight(), cmp.Compare(b.Took, a.Took))
	})
	w.Rows = chosen[:min(len(chosen), waterfallRows)]
	w.Rest = chosen[len(w.Rows):min(len(chosen), waterfallRows+waterfallRest)]
	w.More = len(chosen) - len(w.Rows) - len(w.Rest)
	for _, part := range [][]moduleLine{w.Rows, w.Rest} {
		slices.SortStableFunc(part, byStart)
	}
	for i := range w.Rows {
		w.Rows[i].draw(end)
	}
	return w
}

func byStart(a, b moduleLine) int { return cmp.Compare(a.Start, b.Start) }

// moduleLines groups attempts, in the order in which the modules began. Times
// count from the first request.
func moduleLines(attempts []Attempt) []moduleLine {
	first := math.MaxFloat64
	for _, a := range attempts {
		first = min(first, moment(a.StartMS))
	}
	at := map[string]int{}
	var all []moduleLine
	for _, a := range attempts {
		a.StartMS, a.DurationMS = moment(a.StartMS)-first, moment(a.DurationMS)
		module, version, _ := splitFile(a.Path)
		key := module + "@" + version
		i, ok := at[key]
		if !ok {
			i = len(all)
			at[key] = i
			all = append(all, moduleLine{Module: module, Version: version, Start: a.StartMS})
		}
		l := &all[i]
		l.Attempts = append(l.Attempts, a)
		end := max(l.Start+l.Took, a.StartMS+a.DurationMS)
		l.Start = min(l.Start, a.StartMS)
		l.Took = end - l.Start
		l.Bytes += max(a.Bytes, 0)
	}
	for i := range all {
		all[i].Trouble = troubleOf(all[i].Attempts)
	}
	slices.SortStableFunc(all, byStart)
	return all
}

// moment makes a time of a saved report fit to draw: at least 0, at most 30 days.
func moment(ms float64) float64 {
	if !(ms > 0) {
		return 0
	}
	return min(ms, 30*24*3_600_000)
}

// splitFile takes the path of a module file apart. Paths of the checksum database
// and the like are their own module.
func splitFile(file string) (module, version, kind string) {
	module, rest, ok := strings.Cut(file, "/@v/")
	if !ok {
		return line(file, 300), "", "other"
	}
	switch ext := path.Ext(rest); ext {
	case ".info", ".mod", ".zip":
		return line(module, 300), line(strings.TrimSuffix(rest, ext), 100), ext[1:]
	}
	return line(module, 300), line(rest, 100), "other"
}

// troubleOf counts what happened to the files of a module after their first try.
func troubleOf(attempts []Attempt) trouble {
	var t trouble
	last := map[string]Attempt{}
	came := map[string]bool{}
	for _, a := range attempts {
		before, again := last[a.Path]
		switch {
		case a.Hedge:
			t.Hedges++
		case a.Resume:
			t.Resumes++
		case again && before.Upstream != a.Upstream:
			t.Failovers++
		case again:
			t.Retries++
		}
		last[a.Path] = a
		came[a.Path] = came[a.Path] || a.Class == ""
	}
	for _, ok := range came {
		if !ok {
			t.Failed++
		}
	}
	return t
}

// draw makes a bar of each attempt; those that overlap stand on lanes of their own.
func (l *moduleLine) draw(end float64) {
	var lanes []float64 // where each lane is free again
	lane := make([]int, len(l.Attempts))
	order := make([]int, len(l.Attempts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(l.Attempts[a].StartMS, l.Attempts[b].StartMS) })
	for _, i := range order {
		a := l.Attempts[i]
		at := slices.IndexFunc(lanes, func(free float64) bool { return free <= a.StartMS })
		switch {
		case at < 0 && len(lanes) < maxLanes:
			at = len(lanes)
			lanes = append(lanes, 0)
		case at < 0:
			at = maxLanes - 1
		}
		lanes[at] = max(lanes[at], a.StartMS+a.DurationMS)
		lane[i] = at
	}
	const height = 14.0
	h := height / float64(max(len(lanes), 1))
	for i := range l.Attempts {
		b := newBar(&l.Attempts[i], end)
		b.Y, b.H = round1(float64(lane[i])*h+1), round1(max(h-2, 1.5))
		l.Bars = append(l.Bars, b)
	}
}

// fills are the colours of a page without its style; with it, they are those of
// page.css.
var fills = map[string]string{
	"info": "#a3b1c2", "mod": "#6e8bb0", "zip": "#2f6fd0", "other": "#8c959f", "bad": "#cf222e",
	"hedge": "#8250df", "resume": "#0f8a8a",
	"dns": "#8c959f", "connect": "#d4a72c", "tls": "#bf7bd9", "first": "#6cb6ff", "sample": "#2f6fd0",
}

// fill is the colour of a bar.
func (b bar) fill() string { return cmp.Or(fills[b.Mark], fills[b.Kind]) }

// newBar places an attempt on the time axis.
func newBar(a *Attempt, end float64) bar {
	scale := waterfallWidth / end
	_, _, kind := splitFile(a.Path)
	b := bar{X: round1(a.StartMS * scale), W: round1(max(a.DurationMS*scale, 1.5)), Kind: kind, Attempt: a}
	b.X = min(b.X, waterfallWidth-b.W)
	switch {
	case a.Class != "":
		b.Kind = "bad"
	case a.Hedge:
		b.Mark = "hedge"
	case a.Resume:
		b.Mark = "resume"
	case a.Ahead:
		b.Mark = "ahead"
	}
	return b
}

// A load is how much came in over time, and when requests failed.
type load struct {
	Bars []bar   // bytes a second, on a height of loadHeight
	Bad  []bar   // requests that failed, on a height of badHeight below
	Peak float64 // bytes a second of the highest bar
}

const (
	loadBins   = 125
	loadHeight = 90
	badHeight  = 20
)

// newLoad spreads the bytes of each attempt evenly over its time.
func newLoad(all []moduleLine, end float64) *load {
	var got, bad [loadBins]float64
	width := end / loadBins
	for _, l := range all {
		for _, a := range l.Attempts {
			from := min(int(a.StartMS/width), loadBins-1)
			to := min(int((a.StartMS+a.DurationMS)/width), loadBins-1)
			for i := from; i <= to; i++ {
				got[i] += float64(max(a.Bytes, 0)) / float64(to-from+1)
			}
			if a.Class != "" {
				bad[to]++
			}
		}
	}
	peak, worst := slices.Max(got[:]), slices.Max(bad[:])
	l := &load{Peak: peak / width * 1000}
	const w = waterfallWidth / loadBins
	for i := range loadBins {
		if h := got[i] / max(peak, 1) * loadHeight; h > 0 {
			h = max(h, 1)
			l.Bars = append(l.Bars, bar{X: float64(i * w), Y: round1(loadHeight - h), W: w - 1, H: round1(h), Kind: "zip"})
		}
		if bad[i] > 0 {
			h := 4 + bad[i]/worst*(badHeight-4)
			l.Bad = append(l.Bad, bar{X: float64(i * w), Y: loadHeight + 2, W: w - 1, H: round1(h), Kind: "bad"})
		}
	}
	return l
}

// ticks divides the time axis at round times, into at most six parts.
func ticks(end float64) []tick {
	step := math.Pow(10, math.Floor(math.Log10(end)))
	for _, f := range []float64{0.1, 0.2, 0.5, 1, 2} {
		if end/(step*f) <= 6 {
			step *= f
			break
		}
	}
	var out []tick
	for i := 0; float64(i)*step <= end && i <= 10; i++ {
		t := float64(i) * step
		out = append(out, tick{At: round1(t / end * waterfallWidth), Time: t})
	}
	return out
}

func round1(f float64) float64 { return math.Round(f*10) / 10 }
