package report

// drawing is a picture under a scale, as wide as there is room for; label says it
// in words.
func drawing(open, height markup, label string, scale []tick, shapes ...markup) markup {
	return el(open+` viewBox="0 0 1000 `+height+`" preserveAspectRatio="none" width="100%" height="`+height+`" role="img"`+attr("aria-label", label),
		each(scale, func(t tick) markup {
			return leaf(`line class="grid" stroke="#d9dde3"` + num("x1", t.At) + num("x2", t.At) + ` y1="0" y2="` + height + `"`)
		}),
		join(shapes))
}

// rect is a rectangle still to be made an element.
func rect(class, fill string, x, y, w, h float64) markup {
	return "rect" + attr("class", class) + attr("fill", fill) + num("x", x) + num("y", y) + num("width", w) + num("height", h)
}

// axis is the scale below a drawing.
func axis(open markup, scale []tick) markup {
	return el(open, el("div", each(scale, func(t tick) markup {
		return el("span"+attr("style", "left:"+decimal(t.percent())+"%"), esc(millis(t.Time)))
	})))
}

// entry is a line of a legend.
func entry(kind, name string) markup { return el("li"+attr("class", kind), esc(name)) }

// what names the subject of a row; a narrow page cuts it and shows title instead.
func what(title string, inside ...markup) markup {
	return el(`span class="what"`+attr("title", title), inside...)
}
