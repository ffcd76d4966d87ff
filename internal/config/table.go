// Package config is the settings of a run: one table that says for each its
// flag, variable, input, default and help, where the value in effect came from,
// and what is wrong with it.
//
// Every setting is read and checked before anything is contacted or written, so
// that a wrong one costs nothing. The order is: flag or input, GOPROXY_SETUP_*,
// default. The go command's own variables are not settings of ours; they are
// policy that a run respects (internal/modproxy, Policy).
package config

import "strings"

// A Row is one setting. Name is the flag; the variable and the input follow
// from it, so that the three spellings never drift apart.
type Row struct {
	Name    string // flag name, and input name unless Input says another
	Input   string // input of action.yml; "-" when the action has none
	Default string
	Arg     string // what the usage text shows for the value; empty for a switch
	Help    string // one sentence
	Only    string // the subcommands that know the flag, blank-separated; all when empty
	check   func(string) error
}

// Table is every setting there is, in the order of the usage text.
var Table = []Row{
	{Name: "proxies", Arg: "LIST", check: checkProxies,
		Help: "Candidate module proxies to measure: names (default, goproxy.cn, goproxy.io, aliyun) and URLs, separated by commas or blanks, direct or off last. Empty: the GOPROXY that the job has set, else all named ones."},
	{Name: "private", Arg: "GLOBS", check: checkGlobs,
		Help: "Module path patterns that must never reach a public server, in the form of GOPRIVATE; added to what GOPRIVATE has."},
	{Name: "sumdb", Arg: "VALUE", check: checkSumDB,
		Help: "GOSUMDB for later steps. Empty: left as it is, or routed when the checksum database cannot be reached; never off by itself."},
	{Name: "timeout", Default: "10m", Arg: "DURATION", check: checkDuration,
		Help: "Time limit of the whole run."},
	{Name: "probe-timeout", Default: "2s", Arg: "DURATION", check: checkDuration,
		Help: "Time limit for measuring all candidates."},
	{Name: "attempts", Default: "16", Arg: "N", check: checkCount,
		Help: "Most requests for one file, over all module proxies; 1 is no retry."},
	{Name: "retry-for", Default: "20s", Arg: "DURATION", check: checkDuration,
		Help: "How long one file is asked for again before it counts as failed, and how long candidates are measured again while none is reachable."},
	{Name: "loopback", Default: "auto", Arg: "auto|job|step|off", check: checkOneOf("auto", "job", "step", "off"), Only: "setup action",
		Help: "How long the loopback lives: job serves later steps too, step ends with this one, off downloads without it. auto is job where the CI system ends background processes with the job (the GitHub family), else step."},
	{Name: "in-flight", Default: "256", Arg: "N", check: checkInFlight,
		Help: "Most files fetched at once before go asks for them; 0 fetches nothing ahead."},
	{Name: "download", Default: "true", Arg: "BOOL", check: checkBool, Only: "setup action",
		Help: "Download the modules of the job after setting up."},
	{Name: "cache-dir", Arg: "DIR", check: checkFolder, Only: "setup action",
		Help: "Absolute path of a folder for the caches of go, GOMODCACHE and GOCACHE, on a faster or larger drive; goproxy-setup doctor measures them. What is in the old ones, or restored into them, is not used. Empty: where they are."},
	{Name: "persist", Input: "-", Arg: "user|undo", check: checkOneOf("user", "undo"), Only: "setup",
		Help: "For a person's own machine: user writes the selection for this user (as go env -w does) and says what was there before, undo brings that back. Refused in CI. Empty: nothing outlives the job."},
	{Name: "fail", Default: "download", Arg: "download|never", check: checkOneOf("download", "never"), Only: "setup action",
		Help: "What a run that could not set up or download does: download ends with exit code 1, never warns and leaves the job to go on without us."},
	{Name: "forward-proxy", Default: "auto", Arg: "auto|env|none|URL|pac+URL", check: checkForwardProxy,
		Help: "The network's own HTTP proxy: auto finds it as the programs of this machine do (variables; on Windows the registry with its scripts too), env looks at variables only, none goes direct; or the URL of a proxy, or pac+ and the URL of a PAC script."},
	{Name: "ca-file", Arg: "FILES", check: checkCAFiles,
		Help: "Files of CA certificates in PEM form, with commas between them, that are trusted besides those of the system by this program alone, the loopback of later steps too: for a firewall that inspects TLS. Nothing is exported: git, node and others have settings of their own."},
	{Name: "report", Arg: "FORMAT=PATH", check: checkReports,
		Help: "Write a report; PATH - is stdout, a bare FORMAT its usual file name. May be repeated, or be a list with commas."},
	{Name: "C", Input: "working-directory", Arg: "DIR",
		Help: "Folder of the go.mod or go.work, or of several modules."},
	{Name: "lang", Default: "auto", Arg: "en|zh|auto", check: checkOneOf("en", "zh", "auto"),
		Help: "Language of reports."},
	{Name: "json", Default: "false", Input: "-", check: checkBool,
		Help: "Print the report as JSON on stdout."},
	{Name: "v", Input: "verbose", Default: "false", check: checkBool,
		Help: "Say more: each attempt that failed, as it happens. On the GitHub family debug logging does the same."},
	{Name: "shell", Input: "-", Arg: "NAME", Only: "env", check: checkShell,
		Help: "Form of the variables: sh, fish, powershell, cmd, dotenv or json. Empty: what the operating system's shell reads."},
}

// Variable is the name of the environment variable of the setting.
func (r Row) Variable() string {
	name := r.Name
	if r.Input != "" && r.Input != "-" {
		name = r.Input
	}
	return "GOPROXY_SETUP_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// InputName is the name of the input in action.yml, empty when there is none.
func (r Row) InputName() string {
	switch r.Input {
	case "-":
		return ""
	case "":
		return r.Name
	}
	return r.Input
}

// For reports whether the subcommand knows the setting.
func (r Row) For(command string) bool {
	if r.Only == "" {
		return true
	}
	for _, c := range strings.Fields(r.Only) {
		if c == command {
			return true
		}
	}
	return false
}

// Switch reports whether the flag takes no value on the command line.
func (r Row) Switch() bool { return r.Arg == "" }
