package report

import (
	"html"
	"strconv"
	"strings"
)

// A markup is HTML that is fit for the page as it is: a constant of ours, or what
// the functions below make. Text from elsewhere is a string, which the compiler
// takes for markup only after esc or attr has escaped it; that nobody converts
// one is what TestMarkupIsConstant looks after.
type markup string

// esc is text between tags.
func esc(s string) markup { return markup(html.EscapeString(s)) }

// attr is an attribute and the blank before it, to go behind the name of an
// element.
func attr(name markup, value string) markup { return " " + name + `="` + esc(value) + `"` }

// num is an attribute that is a number.
func num(name markup, f float64) markup { return attr(name, decimal(f)) }

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// el is an element: open is its name and attributes, inside what it holds.
func el(open markup, inside ...markup) markup {
	name, _, _ := strings.Cut(string(open), " ")
	m := "<" + open + ">" + join(inside) + "</" + markup(name) + ">"
	if ownLine(name) {
		m += "\n"
	}
	return m
}

// opt is an element that is left out if it would be empty.
func opt(open markup, inside ...markup) markup {
	if m := join(inside); m != "" {
		return el(open, m)
	}
	return ""
}

// leaf is an element of SVG that holds nothing.
func leaf(open markup) markup { return "<" + open + "/>" }

// each joins what f makes of items.
func each[T any](items []T, f func(T) markup) markup {
	all := make([]markup, len(items))
	for i, item := range items {
		all[i] = f(item)
	}
	return join(all)
}

func join(parts []markup) markup {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(string(p))
	}
	return markup(b.String())
}

// ownLine tells the elements after which a line ends, where a browser does not
// show it, so that two pages can be compared.
func ownLine(name string) bool {
	switch name {
	case "html", "head", "body", "main", "header", "section", "article", "details", "summary",
		"h1", "h2", "h3", "p", "pre", "ul", "ol", "li", "dl", "div", "table", "thead", "tbody", "tr":
		return true
	}
	return false
}
