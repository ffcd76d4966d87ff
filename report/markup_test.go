package report

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestMarkupIsConstant finds no place outside markup.go where text that could come
// from elsewhere is declared to be markup.
func TestMarkupIsConstant(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		if file == "markup.go" || strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, at := range conversions(t, file, nil) {
			t.Errorf("%s: only esc and attr make markup of a string", at)
		}
	}
	if n := len(conversions(t, "x.go", "package x\nvar a, b, c = markup(s), (markup)(s), markup(`<p>`)")); n != 2 {
		t.Errorf("found %d of 2 conversions", n)
	}
}

// conversions are the places where src turns something else than a literal into
// markup.
func conversions(t *testing.T, file string, src any) []token.Position {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, src, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []token.Position
	ast.Inspect(parsed, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return true
		}
		to, ok := ast.Unparen(call.Fun).(*ast.Ident)
		_, literal := call.Args[0].(*ast.BasicLit)
		if ok && to.Name == "markup" && !literal {
			found = append(found, set.Position(call.Pos()))
		}
		return true
	})
	return found
}

func TestElements(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		got, want markup
	}{
		{"an element", el("b", "x", "y"), "<b>xy</b>"},
		{"attributes are not in the end tag", el(`b class="n"`), `<b class="n"></b>`},
		{"a line of its own", el("p", "x"), "<p>x</p>\n"},
		{"nothing to show", opt("p", "", ""), ""},
		{"something to show", opt("b", "", "x"), "<b>x</b>"},
		{"text", esc(`<a href='x'>&amp;"`), "&lt;a href=&#39;x&#39;&gt;&amp;amp;&#34;"},
		{"an attribute", attr("title", `"> onclick='`), ` title="&#34;&gt; onclick=&#39;"`},
		{"a number", num("x", 1e-7), ` x="0.0000001"`},
		{"a leaf", leaf("line" + num("x", 100.5)), `<line x="100.5"/>`},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, c.got, c.want)
		}
	}
}

// FuzzHTML puts foreign text wherever a report has text. The page must have the
// same elements and attributes as for text without special characters, and show
// what it was given.
func FuzzHTML(f *testing.F) {
	for _, s := range []string{
		"", "x", `</title><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</style></pre></svg>`,
		`<!-- -->`, `]]>`, "\x00<b>", `&lt;b&gt;`, `{{.}}`, `https://a.example/"><b>`, "example.com/<b>/@v/v1.0.0+incompatible.zip", "a\n<b>\n", "\x1b[<m", "\xff<",
	} {
		f.Add(s)
	}
	// One for one, and alike for everything that clean and net/url look at.
	harmless := strings.NewReplacer("<", "=", ">", "=", "&", "!", `"`, "!", "'", "!")
	f.Fuzz(func(t *testing.T, s string) {
		for name, change := range map[string]func(*Report){
			"failed":   func(r *Report) {},
			"degraded": func(r *Report) { r.Outcome, r.Exports = Degraded, nil },
			"ok":       func(r *Report) { r.Outcome = OK },
		} {
			hostile, tame := full(s), full(harmless.Replace(s))
			change(hostile)
			change(tame)
			out := page{"en"}.document(hostile)
			checkHTML(t, []byte(out))
			tags, text := parsed(out)
			if want, _ := parsed(page{"en"}.document(tame)); tags != want {
				t.Errorf("%s: tags\n%s\nwant\n%s", name, tags, want)
			}
			if want := line(s, 200); !strings.Contains(text, want) {
				t.Errorf("%s: %q is not on the page", name, want)
			}
		}
	})
}

// full is a report with s in every string and two entries in every list.
func full(s string) *Report {
	r := &Report{}
	fill(reflect.ValueOf(r).Elem(), s, true)
	return r
}

func fill(v reflect.Value, s string, first bool) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Bool:
		v.SetBool(first)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), s, first)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), s, true)
		fill(v.Index(1), s, false)
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"GOPROXY": s}))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i), s, first)
			}
		}
	}
}

// parsed is a page as a browser reads it: its tags with the names of their
// attributes, and its text.
func parsed(page markup) (tags, text string) {
	var t, x strings.Builder
	z := html.NewTokenizer(bytes.NewReader([]byte(page)))
	for {
		kind := z.Next()
		token := z.Token()
		switch kind {
		case html.ErrorToken:
			return t.String(), x.String()
		case html.TextToken:
			x.WriteString(token.Data)
		default:
			t.WriteString(kind.String() + " " + token.Data)
			for _, a := range token.Attr {
				t.WriteString(" " + a.Key)
			}
			t.WriteString("\n")
		}
	}
}
