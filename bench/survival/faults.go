package main

import (
	"fmt"
	"strings"
)

// A fault is a row of the matrix.
type fault struct {
	name string
	// segments are what stands in the URL of each upstream, in the language of
	// internal/proxytest; %g is the rate.
	segments string
	scheme   string  // "https" unless it says "http"
	rarer    float64 // divides the rate, unless it is 0
	first    kind    // what the first upstream is instead, whatever the rate
}

// A kind of upstream that fails as a whole.
type kind int

const (
	good kind = iota
	refused
	blackHole
	mute
	badCert
	slow
	noName
)

var faults = []fault{
	{name: "none"},
	{name: "reset", segments: "reset~%g", scheme: "http"},
	{name: "h2reset", segments: "reset~%g"},
	{name: "bodyreset", segments: "reset=0.5~%g"},
	{name: "cut", segments: "cut~%g@zip"},
	{name: "stall", segments: "hang~%g", rarer: 10},
	{name: "bodystall", segments: "stall~%g", rarer: 10},
	{name: "503", segments: "503~%g"},
	{name: "429", segments: "after=1/429~%g"},
	{name: "html", segments: "html~%g"},
	{name: "wrong", segments: "wrong~%g"},
	{name: "truncated", segments: "truncated~%g"},
	{name: "goaway", segments: "goaway~%g"},
	{name: "eof", segments: "eof~%g"},
	{name: "slowloris", segments: "slowloris~%g", rarer: 10},
	{name: "slow", first: slow},
	{name: "refused", first: refused},
	{name: "blackhole", first: blackHole},
	{name: "mute", first: mute},
	{name: "tls", first: badCert},
	{name: "dns", first: noName},
}

func faultNames() (names []string) {
	for _, f := range faults {
		names = append(names, f.name)
	}
	return names
}

func faultNamed(name string) fault {
	for _, f := range faults {
		if f.name == name {
			return f
		}
	}
	return fault{name: name}
}

// path is the base of an upstream: a seed of its own and the fault.
func (f fault) path(rate float64, seed string) string {
	if f.segments == "" {
		return ""
	}
	return "/seed=" + seed + "/" + strings.Replace(f.segments, "%g", fmt.Sprint(f.share(rate)), 1)
}

// share is how many answers really fail.
func (f fault) share(rate float64) float64 {
	if f.rarer != 0 {
		return rate / f.rarer
	}
	return rate
}

// total reports whether the fault has no rate.
func (f fault) total() bool { return f.segments == "" }
