package report

import "strings"

// section is a part of the page under a heading.
func (p page) section(key string, inside ...markup) markup {
	return el("section", el("h2", esc(p.say(key))), join(inside))
}

func (p page) selection(r *Report) markup {
	var parts []markup
	if s := r.Selection; s != nil {
		parts = append(parts, opt("p", esc(line(s.Why, 500))))
		if len(r.Exports) == 0 {
			parts = append(parts, el("pre", esc("GOPROXY="+line(s.GOPROXY, 500))))
		}
	}
	if len(r.Exports) > 0 {
		exports, more := shown(r.Exports)
		parts = append(parts, scroll(p.table(
			p.heads("heading variable", "heading value", "heading to"),
			each(exports, func(e Export) markup { return valueRow(e.Name, e.Value, e.To) }))),
			p.more(more))
	}
	if len(parts) == 0 {
		return ""
	}
	return p.section("page selection", parts...)
}

func (p page) notes(r *Report) markup {
	notes, _ := shown(r.Notes)
	if len(notes) == 0 {
		return ""
	}
	return p.section("page notes", el("ul", each(notes, func(n string) markup { return el("li", esc(line(n, 500))) })))
}

// settings are ours, those of the go command, and what they were for.
func (p page) settings(r *Report) markup {
	settings, more := shown(r.Settings)
	row := func(s Setting) markup { return valueRow(s.Name, s.Value, s.Source) }
	return p.section("page settings",
		scroll(p.table(
			p.heads("heading setting", "heading value", "heading source"),
			each(settings, row), each(variables(r.Go), row))),
		p.more(more),
		p.modules(r.Modules))
}

// variables are the settings of the go command and the layer each came from.
func variables(g Go) []Setting {
	var out []Setting
	for _, s := range []Setting{
		{Name: "GOPROXY", Value: g.GOPROXY}, {Name: "GOSUMDB", Value: g.GOSUMDB}, {Name: "GOPRIVATE", Value: g.GOPRIVATE},
		{Name: "GONOPROXY", Value: g.GONOPROXY}, {Name: "GONOSUMDB", Value: g.GONOSUMDB}, {Name: "GOFLAGS", Value: g.GOFLAGS},
		{Name: "GOTOOLCHAIN", Value: g.GOTOOLCHAIN}, {Name: "GOMODCACHE", Value: g.GOMODCACHE},
	} {
		if s.Value != "" {
			s.Source = g.Layers[s.Name]
			out = append(out, s)
		}
	}
	return out
}

func (p page) modules(modules []Module) markup {
	modules, _ = shown(modules)
	if len(modules) == 0 {
		return ""
	}
	paths := make([]string, len(modules))
	for i, m := range modules {
		paths[i] = line(m.Path, 500)
	}
	return el(`p class="facts"`, esc(p.say("page modules")+p.say("colon")), p.codes(paths))
}

// valueRow is a row of a table of settings.
func valueRow(name, value, place string) markup {
	return el("tr",
		el("td", mono(line(name, 500))),
		el(`td class="long"`, mono(line(value, 500))),
		el("td", esc(line(place, 500))))
}

func (p page) table(heads markup, rows ...markup) markup {
	return el("table", el("thead", el("tr", heads)), el("tbody", rows...))
}

// heads are the cells above a table; those of numbers stand to the right.
func (p page) heads(keys ...string) markup {
	return each(keys, func(key string) markup {
		switch key {
		case "heading start", "heading time", "heading bytes":
			return el(`th class="n"`, esc(p.say(key)))
		}
		return el("th", esc(p.say(key)))
	})
}

// amount is a cell that stands to the right.
func amount(s string) markup { return el(`td class="n"`, esc(s)) }

// scroll holds a table that may be wider than the page.
func scroll(inside ...markup) markup { return el(`div class="scroll"`, inside...) }

func mono(s string) markup { return el("code", esc(s)) }

// codes enumerates foreign words.
func (p page) codes(words []string) markup {
	parts := make([]markup, 0, 2*len(words))
	for i, w := range words {
		if i > 0 {
			parts = append(parts, esc(p.say("comma")))
		}
		parts = append(parts, mono(w))
	}
	return join(parts)
}

// more says how much of a list is not on the page.
func (p page) more(n int) markup {
	if n <= 0 {
		return ""
	}
	return el(`p class="facts"`, esc(p.count("more", n)))
}

// shown is the part of a list that the page has, and how much it leaves out.
func shown[T any](items []T) (part []T, more int) {
	part = items[:min(len(items), htmlRows)]
	return part, len(items) - len(part)
}

// dots puts facts in a row.
func dots(facts ...string) string {
	kept := facts[:0:0]
	for _, f := range facts {
		if f != "" {
			kept = append(kept, f)
		}
	}
	return strings.Join(kept, " · ")
}
