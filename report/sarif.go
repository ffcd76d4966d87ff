package report

import (
	"io"
	"net/url"
	"strings"
	"time"
)

// home is where people read about this program.
const home = "https://github.com/goproxy-setup/goproxy-setup"

// The types below are the part of SARIF 2.1.0 that we write
// (docs.oasis-open.org/sarif/sarif/v2.1.0).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Language    string            `json:"language"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string     `json:"id"`
		Short sarifText  `json:"shortDescription"`
		Help  *sarifText `json:"help,omitempty"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful bool   `json:"executionSuccessful"`
		Start      string `json:"startTimeUtc,omitempty"`
		End        string `json:"endTimeUtc,omitempty"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"` // error, warning or note
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Occurrences  int               `json:"occurrenceCount"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI  string `json:"uri"`
		Base string `json:"uriBaseId"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
)

// WriteSARIF writes the failures as SARIF 2.1.0, a rule a class. GitHub refuses
// results without a file, so a failure that none is to blame for stands at go.mod.
func WriteSARIF(w io.Writer, r *Report, o Options) error {
	v := newVoice(o.Lang)
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: "goproxy-setup", Version: line(r.Tool.Version, 40), InformationURI: home, Rules: []sarifRule{}}},
		Language:    map[voice]string{"en": "en-US", "zh": "zh-CN"}[v],
		Invocations: []sarifInvocation{invocation(r)},
		Results:     []sarifResult{},
	}
	rules := map[string]int{}
	for _, f := range r.Failures {
		id := f.Class.slug()
		at, ok := rules[id]
		if !ok {
			at = len(rules)
			rules[id] = at
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, v.rule(f.Class))
		}
		run.Results = append(run.Results, v.result(r, f, at))
	}
	return writeJSON(w, sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

func invocation(r *Report) sarifInvocation {
	i := sarifInvocation{Successful: r.Outcome != Failed}
	if !r.Started.IsZero() {
		i.Start = r.Started.UTC().Format(time.RFC3339)
		i.End = r.Started.Add(time.Duration(r.DurationMS) * time.Millisecond).UTC().Format(time.RFC3339)
	}
	return i
}

func (v voice) rule(c Class) sarifRule {
	rule := sarifRule{ID: c.slug(), Short: sarifText{c.slug()}}
	if meaning := v.meaning(c); meaning != "" {
		rule.Short.Text = meaning
		if advice := c.Info().Advice.In(string(v)); advice != "" {
			rule.Help = &sarifText{advice}
		}
	}
	return rule
}

func (v voice) result(r *Report, f Failure, rule int) sarifResult {
	text := []string{v.comma(v.headline(f), f.subject())}
	if d := v.details(f); d != "" {
		text = append(text, d)
	}
	spot := r.spot(f)
	return sarifResult{
		RuleID:    f.Class.slug(),
		RuleIndex: rule,
		Level:     map[string]string{"error": "error", "warning": "warning", "notice": "note"}[r.Outcome.level()],
		Message:   sarifText{strings.Join(text, "\n")},
		Locations: []sarifLocation{{sarifPhysical{
			sarifArtifact{(&url.URL{Path: spot.Path}).String(), "%SRCROOT%"},
			sarifRegion{spot.Lines.Begin},
		}}},
		Fingerprints: map[string]string{"goproxySetup/v1": fingerprint(identity(f))},
		Occurrences:  f.times(),
	}
}
