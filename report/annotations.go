package report

import (
	"io"
	"strings"
)

// maxAnnotations keeps us far from GitHub's ten a step, which the job's other
// tools need too, and makes each one worth reading.
const maxAnnotations = 3

// An Annotation is a short message that a CI system shows beside the job. It is
// plain text: whoever writes it escapes it as the system asks.
type Annotation struct {
	Level   string `json:"level"` // "error", "warning" or "notice"
	Title   string `json:"title"`
	Message string `json:"message"`        // may have several lines, under 2,000 characters
	File    string `json:"file,omitempty"` // only where a line of the repository is to blame
	Line    int    `json:"line,omitempty"`
}

// Annotations returns what to show beside the job: at most three, one a class of
// failure, the most important first; none for a run that went well.
func Annotations(r *Report, lang string) []Annotation {
	v := newVoice(lang)
	groups := grouped(r.Failures)
	if len(groups) == 0 {
		return unexplained(r, v)
	}
	var out []Annotation
	for _, g := range groups[:min(len(groups), maxAnnotations)] {
		out = append(out, r.annotation(g, v))
	}
	if more := len(groups) - maxAnnotations; more > 0 {
		out[maxAnnotations-1].Message += "\n" + v.count("annotations more", more)
	}
	return out
}

// unexplained is for a run that did not go well and has no failure to show.
func unexplained(r *Report, v voice) []Annotation {
	if r.Outcome == OK {
		return nil
	}
	return []Annotation{{Level: r.Outcome.level(), Title: "goproxy-setup", Message: Summary(r, string(v))}}
}

// level is how loudly a CI system should show what happened in a run.
func (o Outcome) level() string {
	switch o {
	case OK:
		return "notice"
	case Degraded:
		return "warning"
	}
	return "error"
}

func (r *Report) annotation(g failureGroup, v voice) Annotation {
	f := g.failures[0]
	var subjects, hosts []string
	for _, f := range g.failures {
		subjects = append(subjects, f.subject())
		hosts = append(hosts, line(f.Host, 200))
	}
	what := v.comma(v.several(distinct(subjects)), v.several(distinct(hosts)))
	if g.count > 1 {
		what = v.comma(what, v.count("times", g.count))
	}
	text := []string{what}
	if meaning := v.meaning(g.class); meaning != "" {
		text = append(text, meaning)
	}
	if len(f.Evidence) > 0 {
		text = append(text, line(f.Evidence[0], 400))
	}
	if advice := f.Advice.In(string(v)); advice != "" {
		text = append(text, v.say("annotation advice", line(advice, 600)))
	}
	a := Annotation{
		Level:   r.Outcome.level(),
		Title:   "goproxy-setup: " + strings.ReplaceAll(g.class.slug(), "=", " "), // Gitea drops a title with "="
		Message: strings.Join(distinct(text), "\n"),
	}
	a.File, a.Line = r.place(f)
	return a
}

// several names the first two of some things and counts the rest.
func (v voice) several(names []string) string {
	if more := len(names) - 2; more > 0 {
		return v.comma(names[0], names[1], v.count("more", more))
	}
	return v.comma(names...)
}

// WriteAnnotations writes Annotations as a JSON list, for programs that post
// them by a CI system's API.
func WriteAnnotations(w io.Writer, r *Report, o Options) error {
	list := Annotations(r, o.Lang)
	if list == nil {
		list = []Annotation{}
	}
	return writeJSON(w, list)
}
