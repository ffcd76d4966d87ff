package report

import "strings"

// failures shows the first failure of each class in full and the others in a table.
func (p page) failures(r *Report) markup {
	if len(r.Failures) == 0 {
		return ""
	}
	full, rest := leading(r.Failures, htmlFailures)
	return p.section("page failures",
		each(full, func(f Failure) markup { return p.failure(r, f) }),
		p.moreFailures(rest))
}

func (p page) failure(r *Report, f Failure) markup {
	return el(`article class="failure"`,
		el("h3", mono(f.Class.slug()), " ", opt(`span class="at"`, esc(line(f.Host, 200))), " ", p.times(f)),
		opt(`p class="subject"`, opt("code", esc(f.subject()))),
		opt("p", esc(p.meaning(f.Class))),
		opt(`pre class="evidence"`, esc(f.quoted())),
		p.tried(r, f),
		p.advice(f),
		opt(`pre class="fix"`, esc(strings.Join(lines(f.Fix, 60, 500), "\n"))))
}

func (p page) times(f Failure) markup {
	if f.times() == 1 {
		return ""
	}
	return p.pill("times", f.times())
}

// quoted is what proves a failure, in the words of who said it.
func (f Failure) quoted() string {
	return strings.Join(lines(strings.Join(f.Evidence, "\n"), 30, 1000), "\n")
}

func (p page) tried(r *Report, f Failure) markup {
	groups, n, ms := r.tried(f)
	if n == 0 {
		return ""
	}
	return el(`p class="facts"`,
		esc(p.say("attempts in", p.count("requests", n), millis(ms))+p.say("colon")),
		p.codes(groups[:min(len(groups), 20)]))
}

func (p page) advice(f Failure) markup {
	advice := line(f.Advice.In(string(p.voice)), 1000)
	if advice == "" {
		return ""
	}
	return el(`p class="advice"`, el("strong", esc(p.say("heading advice"))), esc(p.say("colon")+advice))
}

func (p page) moreFailures(rest []Failure) markup {
	rest, more := shown(rest)
	if len(rest) == 0 {
		return ""
	}
	return el("details",
		el("summary", esc(p.count("failures more", len(rest)))),
		scroll(p.table(
			p.heads("heading class", "heading module", "heading host", "heading evidence"),
			each(rest, failureRow))),
		p.more(more))
}

func failureRow(f Failure) markup {
	return el("tr",
		el("td", mono(f.Class.slug())),
		el("td", mono(f.subject())),
		el("td", esc(line(f.Host, 200))),
		el("td", esc(line(f.quoted(), 500))))
}

// pill is a number that stands out, or nothing for none.
func (p page) pill(key string, n int) markup {
	if n <= 0 {
		return ""
	}
	return el(`span class="pill"`, esc(p.count(key, n))) + " "
}
