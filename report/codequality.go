package report

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path"
	"strings"
)

// A finding is an entry of GitLab's code quality report, its subset of Code
// Climate's format (docs.gitlab.com/ci/testing/code_quality). GitLab drops an
// entry without one of these fields, or with the fingerprint of another one.
type finding struct {
	Description string   `json:"description"`
	CheckName   string   `json:"check_name"`
	Fingerprint string   `json:"fingerprint"`
	Severity    string   `json:"severity"` // info, minor, major, critical or blocker
	Location    findSpot `json:"location"`
}

type findSpot struct {
	Path  string `json:"path"` // below the repository, without "./"
	Lines struct {
		Begin int `json:"begin"` // from 1
	} `json:"lines"`
}

// WriteCodeQuality writes the failures as GitLab's code quality report. A failure
// that no file is to blame for stands at go.mod, since every entry needs a file.
func WriteCodeQuality(w io.Writer, r *Report, o Options) error {
	v := newVoice(o.Lang)
	list := []finding{}
	seen := map[string]int{}
	for _, f := range r.Failures {
		id := identity(f)
		seen[id]++
		list = append(list, finding{
			Description: v.description(f),
			CheckName:   "goproxy-setup/" + f.Class.slug(),
			Fingerprint: fingerprint(id, itoa(seen[id])),
			Severity:    r.severity(f),
			Location:    r.spot(f),
		})
	}
	return writeJSON(w, list)
}

// spot is where in the repository to show a failure, go.mod if nowhere better.
func (r *Report) spot(f Failure) findSpot {
	var s findSpot
	file, at := r.place(f)
	if file == "" {
		file = r.inModule("go.mod")
	}
	s.Path, s.Lines.Begin = strings.TrimPrefix(path.Clean(file), "./"), max(at, 1)
	return s
}

// severity grades a failure by what it did to the run.
func (r *Report) severity(f Failure) string {
	switch {
	case r.Outcome == Failed && f.Class == ChecksumMismatch:
		return "blocker"
	case r.Outcome == Failed:
		return "critical"
	case f.Class == ChecksumMismatch:
		return "major"
	case r.Outcome == Degraded:
		return "minor"
	}
	return "info"
}

// description is a failure on one line.
func (v voice) description(f Failure) string {
	head := v.comma(v.headline(f), f.subject())
	if meaning := v.meaning(f.Class); meaning != "" {
		head += v.say("colon") + meaning
	}
	if advice := line(f.Advice.In(string(v)), 600); advice != "" {
		head = v.sentence(head) + " " + advice
	}
	return head
}

// identity is what makes two failures the same one in different runs.
func identity(f Failure) string {
	return strings.Join([]string{string(f.Class), f.Module, f.Version, f.Host}, "\x00")
}

func fingerprint(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
