package report

import (
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Summary says in one sentence how the run ended.
func Summary(r *Report, lang string) string {
	v := newVoice(lang)
	if r.Outcome == Failed {
		return v.say("summary failed") + v.say("colon") + v.sentence(reason(r, v))
	}
	parts := achievements(r, v)
	if r.Outcome == Degraded {
		why := line(r.Why, 300)
		if why == "" {
			why = v.say("degraded plain")
		}
		return v.say("summary degraded") + v.say("colon") + v.sentence(strings.Join(append([]string{bare(why)}, parts...), v.say("semicolon")))
	}
	if len(parts) == 0 {
		parts = []string{v.say("summary nothing")}
	}
	return v.sentence(strings.Join(parts, v.say("semicolon")))
}

// achievements lists what a run got done: the choice, the download, the rescues.
func achievements(r *Report, v voice) []string {
	var parts []string
	if s := r.Selection; s != nil && s.Selected != "" && len(r.Probes) > 0 {
		parts = append(parts, v.say("summary selected", site(s.Selected), v.count("candidates", len(r.Probes))))
	}
	d := r.Download
	if d == nil {
		return parts
	}
	parts = append(parts, v.say("summary download", v.count("modules", d.Modules), size(d.Bytes), millis(float64(d.DurationMS))))
	if d.Saved > 0 {
		parts = append(parts, v.count("summary saved", d.Saved))
	}
	return parts
}

// reason says why a run failed: in its own words, or by its first failure.
func reason(r *Report, v voice) string {
	if why := line(r.Why, 300); why != "" {
		return why
	}
	groups := grouped(r.Failures)
	if len(groups) == 0 {
		return v.say("failure unnamed")
	}
	f := groups[0].failures[0]
	what := v.comma(v.headline(f), f.subject())
	if more := len(r.Failures) - 1; more > 0 {
		return v.say("failure and", what, v.count("failures more", more))
	}
	return what
}

// sentence ends s with a full stop if it has no end yet.
func (v voice) sentence(s string) string {
	if s == "" || strings.HasSuffix(s, v.say("full stop")) || strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + v.say("full stop")
}

// bare is a sentence without its full stop, for use inside another one.
func bare(s string) string { return strings.TrimRight(s, ".。") }
