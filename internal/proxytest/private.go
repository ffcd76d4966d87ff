package proxytest

import (
	"slices"
	"strings"
)

// MustNotSee fails the test if a request, past or yet to come, holds one of
// the texts in its URL or header. Case and the ! of escaped paths are ignored.
func (r *recorder) MustNotSee(texts ...string) {
	r.mu.Lock()
	r.forbidden = append(r.forbidden, texts...)
	past := slices.Clone(r.requests)
	r.mu.Unlock()
	for _, q := range past {
		r.check(q, texts)
	}
}

func (r *recorder) check(q *Request, texts []string) {
	for _, text := range texts {
		if where := leak(q, text); where != "" {
			r.fail("request of %s/%s shows %q in %s", q.Base, q.Path, text, where)
		}
	}
}

// leak names the part of a request that holds the text.
func leak(q *Request, text string) string {
	text = plain(text)
	if strings.Contains(plain(q.Host+q.Base+"/"+q.Path+"?"+q.Query), text) {
		return "its URL"
	}
	for name, values := range q.Header {
		if strings.Contains(plain(name+": "+strings.Join(values, ", ")), text) {
			return "header " + name
		}
	}
	return ""
}

func plain(s string) string {
	return strings.ToLower(strings.ReplaceAll(s, "!", ""))
}
