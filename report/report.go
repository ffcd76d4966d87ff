// Package report is the result of a run as plain data, the table of failure
// classes, and one small writer per format.
//
// The types below are the contract between the steps of a run and everything
// that shows it: a step fills them in, a format reads them. The JSON form is
// stable under the name in Schema. Nothing here talks to a network, a CI system
// or the go command, so a saved report can be rendered again anywhere.
//
// Every string in a Report has already lost its secrets: values are redacted by
// whoever reads them from the world, never by a format.
package report

import (
	"fmt"
	"time"
)

// Schema names the JSON form of Report. It changes only when a reader of the
// old form would misunderstand the new one.
const Schema = "goproxy-setup/report/v1"

// An Outcome says how a run ended.
type Outcome string

const (
	// OK: everything asked for was done.
	OK Outcome = "ok"
	// Degraded: everything asked for was done, but something needed a second
	// way: an integrity event, a candidate that dropped out, a quarantine.
	Degraded Outcome = "degraded"
	// Failed: the run ends with exit code 1 and Why says the reason.
	Failed Outcome = "failed"
)

// A Report is what one run found, decided, did and failed to do.
type Report struct {
	Schema       string        `json:"schema"` // always Schema
	Tool         Tool          `json:"tool"`
	Command      string        `json:"command"` // subcommand that made it: setup, download, run, …
	Started      time.Time     `json:"started"`
	DurationMS   int64         `json:"duration_ms"`
	Outcome      Outcome       `json:"outcome"`
	Why          string        `json:"why,omitempty"` // one sentence when Outcome is not OK
	Runner       Runner        `json:"runner"`
	Settings     []Setting     `json:"settings,omitempty"`
	Go           Go            `json:"go"`
	Modules      []Module      `json:"modules,omitempty"` // the main modules found
	ForwardProxy *ForwardProxy `json:"forward_proxy,omitempty"`
	Probes       []Probe       `json:"probes,omitempty"`
	Selection    *Selection    `json:"selection,omitempty"`
	Exports      []Export      `json:"exports,omitempty"`
	Download     *Download     `json:"download,omitempty"`
	Attempts     []Attempt     `json:"attempts,omitempty"`
	Failures     []Failure     `json:"failures,omitempty"`
	Notes        []string      `json:"notes,omitempty"` // advice that is not tied to a failure, a sentence each
}

// A Tool is this program.
type Tool struct {
	Version string `json:"version"`
}

// A Runner is the machine and the CI system that runs the job.
type Runner struct {
	OS         string `json:"os"`   // as GOOS
	Arch       string `json:"arch"` // as GOARCH
	CI         string `json:"ci"`   // name of the CI system, "shell" when there is none
	CIVersion  string `json:"ci_version,omitempty"`
	SelfHosted bool   `json:"self_hosted"`
	Container  bool   `json:"container"`
}

// A Setting is one effective setting and where its value came from.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`  // redacted
	Source string `json:"source"` // "flag -proxies", "GOPROXY_SETUP_PROXIES", "input proxies", "default"
}

// Go is the go command as this job sees it, before anything was exported.
type Go struct {
	Version     string            `json:"version"` // "go1.26.8"
	GOPROXY     string            `json:"goproxy"` // redacted, like all values here
	GOSUMDB     string            `json:"gosumdb"`
	GOPRIVATE   string            `json:"goprivate,omitempty"`
	GONOPROXY   string            `json:"gonoproxy,omitempty"`
	GONOSUMDB   string            `json:"gonosumdb,omitempty"`
	GOFLAGS     string            `json:"goflags,omitempty"`
	GOTOOLCHAIN string            `json:"gotoolchain,omitempty"`
	GOMODCACHE  string            `json:"modcache,omitempty"`
	Layers      map[string]string `json:"layers,omitempty"` // variable → "environment", "GOENV file", "go.env", "built in"
}

// A Module is a main module of the job.
type Module struct {
	Path      string `json:"path"`      // module path from go.mod
	Dir       string `json:"dir"`       // relative to the working directory
	Workspace bool   `json:"workspace"` // a member of the go.work in effect
	Vendor    bool   `json:"vendor"`    // has a vendor directory
	Requires  int    `json:"requires"`  // require lines in go.mod
}

// A ForwardProxy is the network's own HTTP proxy, on the way to module proxies.
type ForwardProxy struct {
	Source string         `json:"source"` // "HTTPS_PROXY", "forward-proxy", "HKCU Internet Settings", …
	Proxy  string         `json:"proxy"`  // redacted; with a script, the way to the selected module proxy
	PAC    string         `json:"pac,omitempty"`
	Layers []ForwardLayer `json:"layers,omitempty"` // every place that was looked at, in order
}

// A ForwardLayer is one place that may name a forward proxy.
type ForwardLayer struct {
	Name  string `json:"name"`           // "environment", "HKCU Internet Settings"
	State string `json:"state"`          // "answers", "empty", "hidden", "unusable" or "ignored"
	Says  string `json:"says,omitempty"` // redacted
}

// A Probe is what measuring one candidate gave.
type Probe struct {
	Name          string   `json:"name"` // how the candidate is called in the settings: "default", "goproxy.cn"
	URL           string   `json:"url"`  // redacted
	Reachable     bool     `json:"reachable"`
	Selected      bool     `json:"selected"`
	LatencyMS     float64  `json:"latency_ms"` // first byte of the hash-checked .mod, redirects included
	Phases        Phases   `json:"phases"`
	TotalMS       float64  `json:"total_ms"` // until .mod and zip sample were in; what the race is decided by
	ThroughputBPS int64    `json:"throughput_bps,omitempty"`
	ZipHost       string   `json:"zip_host,omitempty"` // host that really serves zips, when it is another one
	SumDB         string   `json:"sumdb"`              // "yes", "no", or "unknown" when it did not answer in time
	NotFound      string   `json:"not_found"`          // "honest", "wrong", or "unknown": its answer for a version that does not exist
	Class         Class    `json:"class,omitempty"`    // why it is not reachable
	Evidence      string   `json:"evidence,omitempty"`
	Hops          []string `json:"hops,omitempty"` // hosts of the redirects, in order
}

// Phases are the times of the first request to a candidate, in milliseconds.
type Phases struct {
	DNSMS       float64 `json:"dns_ms"`
	ConnectMS   float64 `json:"connect_ms"`
	TLSMS       float64 `json:"tls_ms"`
	FirstByteMS float64 `json:"first_byte_ms"` // from request written to first byte
}

// A Selection is what later steps should use, and why.
type Selection struct {
	GOPROXY   string `json:"goproxy"` // redacted
	GOSUMDB   string `json:"gosumdb,omitempty"`
	GOPRIVATE string `json:"goprivate,omitempty"`
	Selected  string `json:"selected"` // URL of the winner, redacted
	Why       string `json:"why"`      // one sentence
}

// An Export is one variable handed to later steps.
type Export struct {
	Name  string `json:"name"`
	Value string `json:"value"` // redacted
	To    string `json:"to"`    // "GITHUB_ENV", "goproxy.env", "stdout"
}

// A Download sums up what the loopback did for go.
type Download struct {
	Modules    int   `json:"modules"` // module zips handed to go
	Fetched    int   `json:"fetched"` // files handed to go, of all kinds
	Bytes      int64 `json:"bytes"`   // bytes received from upstreams
	DurationMS int64 `json:"duration_ms"`
	Attempts   int   `json:"attempts"`  // requests to upstreams
	Retries    int   `json:"retries"`   // attempts after the first on the same upstream
	Failovers  int   `json:"failovers"` // attempts that moved to another upstream
	Resumes    int   `json:"resumes"`   // bodies continued by Range
	Hedges     int   `json:"hedges"`    // second requests started because the first was late
	Saved      int   `json:"saved"`     // requests that would have failed a plain go command and did not
	Integrity  int   `json:"integrity"` // answers that did not match go.sum
	// What was fetched before go asked and that it then did not ask for.
	Unused      int   `json:"unused"`
	UnusedBytes int64 `json:"unused_bytes"`
}

// An Attempt is one request to one upstream.
type Attempt struct {
	Path       string  `json:"path"`     // below the upstream, unescaped: "example.com/m/@v/v1.0.0.zip"
	Upstream   string  `json:"upstream"` // redacted
	N          int     `json:"n"`        // 1 for the first attempt of this file
	StartMS    float64 `json:"start_ms"` // since Report.Started
	DurationMS float64 `json:"duration_ms"`
	Status     int     `json:"status,omitempty"` // 0 when there was no answer
	Bytes      int64   `json:"bytes"`
	Ahead      bool    `json:"ahead,omitempty"`  // fetched before go asked
	Hedge      bool    `json:"hedge,omitempty"`  // started because another attempt was late
	Resume     bool    `json:"resume,omitempty"` // asked for the rest of a cut body
	Part       bool    `json:"part,omitempty"`   // one of the parts in which a slow body was finished
	Class      Class   `json:"class,omitempty"`  // empty when it went well
	Error      string  `json:"error,omitempty"`
}

// A Failure is one thing that ended badly, by its root cause.
type Failure struct {
	Class    Class    `json:"class"`
	Module   string   `json:"module,omitempty"`
	Version  string   `json:"version,omitempty"`
	Host     string   `json:"host,omitempty"`
	Retry    bool     `json:"retry"`              // the same may work later
	Count    int      `json:"count,omitempty"`    // how many modules or files failed this way, when more than one
	Evidence []string `json:"evidence"`           // the lines that prove it, redacted
	Attempts []int    `json:"attempts,omitempty"` // indexes into Report.Attempts
	Advice   Text     `json:"advice"`
	Fix      string   `json:"fix,omitempty"` // ready to paste, may have several lines
}

// Text is one sentence in every language the reports speak.
type Text struct {
	EN string `json:"en"`
	ZH string `json:"zh"`
}

// In returns the text in a language, "zh" or anything else for English.
func (t Text) In(lang string) string {
	if lang == "zh" && t.ZH != "" {
		return t.ZH
	}
	return t.EN
}

// Say makes a sentence in every language from formats with the same arguments.
func Say(en, zh string, args ...any) Text {
	return Text{EN: fmt.Sprintf(en, args...), ZH: fmt.Sprintf(zh, args...)}
}

// Add appends a failure, or counts it with an equal one: same class, host and
// module. One outage of one host is one failure, however many files it cost.
func (r *Report) Add(f Failure) {
	for i := range r.Failures {
		g := &r.Failures[i]
		if g.Class == f.Class && g.Host == f.Host && (g.Module == f.Module || f.Host != "") {
			g.Count = max(g.Count, 1) + max(f.Count, 1)
			g.Attempts = append(g.Attempts, f.Attempts...)
			return
		}
	}
	r.Failures = append(r.Failures, f)
}
