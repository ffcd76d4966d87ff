package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// maxSeries bounds the series of one metric. Labels are hosts and classes, so a
// real report is far below it.
const maxSeries = 100

// WriteOpenMetrics writes the figures of the run in the text form that both
// OpenMetrics and Prometheus read. All are gauges: they tell of one run and do not
// grow from one to the next, and the two forms name counters differently.
func WriteOpenMetrics(w io.Writer, r *Report, _ Options) error {
	var m metrics
	m.run(r)
	m.candidates(r)
	m.download(r)
	m.upstreams(r)
	m.failures(r)
	m.WriteString("# EOF\n")
	_, err := w.Write(m.Bytes())
	return err
}

type metrics struct{ bytes.Buffer }

// A series is the values of one metric by their labels.
type series map[string]float64

// family writes a metric; one that has no value is left out.
func (m *metrics) family(name, help string, values series) {
	if len(values) == 0 {
		return
	}
	name = "goproxy_setup_" + name
	fmt.Fprintf(m, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
	keys := slices.Sorted(maps.Keys(values))
	for _, labels := range keys[:min(len(keys), maxSeries)] {
		fmt.Fprintf(m, "%s%s %s\n", name, labels, number(values[labels]))
	}
}

// number writes a value to the microsecond, without an exponent where it is of a
// size that people read.
func number(v float64) string {
	if abs := math.Abs(v); abs < 1e15 {
		return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// labels writes pairs of label names and values.
func labels(pairs ...string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	var out []string
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, pairs[i]+`="`+escape.Replace(line(pairs[i+1], 200))+`"`)
	}
	return "{" + strings.Join(out, ",") + "}"
}

func flag01(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (m *metrics) run(r *Report) {
	m.family("run", "What ran and how it ended; always 1.", series{labels(
		"version", r.Tool.Version, "command", r.Command, "outcome", string(r.Outcome),
		"ci", r.Runner.CI, "os", r.Runner.OS, "arch", r.Runner.Arch, "go", r.Go.Version): 1})
	m.family("run_duration_seconds", "How long the run took.", series{"": float64(r.DurationMS) / 1000})
	if !r.Started.IsZero() {
		m.family("run_start_timestamp_seconds", "When the run began, since 1970.", series{"": float64(r.Started.Unix())})
	}
}

func (m *metrics) candidates(r *Report) {
	reachable, selected, total, rate, phase := series{}, series{}, series{}, series{}, series{}
	for _, p := range r.Probes {
		who := []string{"candidate", cmp.Or(line(p.Name, 200), site(p.URL)), "host", hostOf(p.URL)}
		key := labels(who...)
		reachable[key] = flag01(p.Reachable)
		selected[key] = flag01(p.Selected)
		if !p.Reachable {
			continue
		}
		total[key] = p.TotalMS / 1000
		rate[key] = float64(p.ThroughputBPS)
		for name, ms := range map[string]float64{"dns": p.Phases.DNSMS, "connect": p.Phases.ConnectMS, "tls": p.Phases.TLSMS, "first_byte": p.Phases.FirstByteMS} {
			phase[labels(append(who, "phase", name)...)] = ms / 1000
		}
	}
	m.family("candidate_reachable", "Whether a candidate gave a right answer: 1 or 0.", reachable)
	m.family("candidate_selected", "Whether a candidate was selected: 1 or 0.", selected)
	m.family("candidate_probe_seconds", "How long a candidate took to deliver the probe's files.", total)
	m.family("candidate_phase_seconds", "How long each phase of the first request took.", phase)
	m.family("candidate_throughput_bytes_per_second", "How fast a candidate delivered the sample.", rate)
}

func (m *metrics) download(r *Report) {
	d := r.Download
	if d == nil {
		return
	}
	one := func(name, help string, v float64) { m.family("download_"+name, help, series{"": v}) }
	one("modules", "Module zips handed to go.", float64(d.Modules))
	one("files", "Files of all kinds handed to go.", float64(d.Fetched))
	one("bytes", "Bytes received from upstreams.", float64(d.Bytes))
	one("duration_seconds", "How long the download took.", float64(d.DurationMS)/1000)
	one("requests", "Requests to upstreams.", float64(d.Attempts))
	one("retries", "Requests repeated on the same upstream.", float64(d.Retries))
	one("failovers", "Requests that moved to another upstream.", float64(d.Failovers))
	one("resumes", "Bodies continued where they were cut.", float64(d.Resumes))
	one("hedges", "Second requests started because the first was late.", float64(d.Hedges))
	one("unused_bytes", "Bytes of files that were fetched before go asked, and that it never asked for.", float64(d.UnusedBytes))
	one("saved", "Requests that would have failed a plain go command and did not.", float64(d.Saved))
	one("integrity_events", "Answers that did not match go.sum.", float64(d.Integrity))
}

func (m *metrics) upstreams(r *Report) {
	type end struct {
		upstream string
		class    Class
	}
	count, took, got := map[end]int{}, map[string]float64{}, map[string]float64{}
	for _, a := range r.Attempts {
		count[end{a.Upstream, a.Class}]++
		took[a.Upstream] += a.DurationMS / 1000
		got[a.Upstream] += float64(a.Bytes)
	}
	requests, seconds, size := series{}, series{}, series{}
	for e, n := range count {
		class := "none"
		if e.class != "" {
			class = e.class.slug()
		}
		requests[labels("upstream", hostOf(e.upstream), "class", class)] += float64(n)
	}
	for upstream := range took {
		key := labels("upstream", hostOf(upstream))
		seconds[key] += took[upstream]
		size[key] += got[upstream]
	}
	m.family("upstream_requests", "Requests to an upstream by how they ended; class none went well.", requests)
	m.family("upstream_request_seconds", "Time of all requests to an upstream added up.", seconds)
	m.family("upstream_bytes", "Bytes received from an upstream.", size)
}

func (m *metrics) failures(r *Report) {
	failed := series{}
	for _, f := range r.Failures {
		failed[labels("class", f.Class.slug(), "host", f.Host)] += float64(f.times())
	}
	m.family("failures", "Modules or files that failed, by root cause.", failed)
}
