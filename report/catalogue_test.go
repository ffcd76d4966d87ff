package report

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// keyed are the functions of this package that take a key of the catalogue, with
// the index of the first argument that is one.
var keyed = map[string]int{"say": 0, "count": 0, "row": 0, "prose": 0, "hang": 0, "some": 0, "heads": 0, "section": 0, "pill": 0}

func TestCatalogueIsComplete(t *testing.T) {
	t.Parallel()
	verbs := regexp.MustCompile(`%(?:\[\d\])?[a-z]`)
	for key, text := range catalogue {
		if strings.TrimSpace(text.EN) == "" || strings.TrimSpace(text.ZH) == "" {
			t.Errorf("%q lacks a language: %+v", key, text)
		}
		for _, form := range strings.Split(text.EN, "|") {
			if a, b := len(verbs.FindAllString(form, -1)), len(verbs.FindAllString(text.ZH, -1)); a != b {
				t.Errorf("%q: %d values in English, %d in Chinese", key, a, b)
			}
		}
		if strings.ContainsFunc(text.EN, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%q: the English text is Chinese", key)
		}
	}
}

// TestCatalogueIsUsed compares the keys in the code with those in the catalogue,
// both ways.
func TestCatalogueIsUsed(t *testing.T) {
	t.Parallel()
	used := usedKeys(t)
	for key, at := range used {
		if _, ok := catalogue[key]; !ok {
			t.Errorf("%s: no %q in the catalogue", at, key)
		}
	}
	for key := range catalogue {
		if _, ok := used[key]; !ok && !strings.HasPrefix(key, "outcome ") {
			t.Errorf("nobody uses %q", key)
		}
	}
}

// usedKeys finds every string that is handed to a function of keyed, or named
// label and assigned.
func usedKeys(t *testing.T) map[string]string {
	used := map[string]string{}
	set := token.NewFileSet()
	add := func(n ast.Expr) {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if key, err := strconv.Unquote(lit.Value); err == nil && key != "" {
				used[key] = set.Position(lit.Pos()).String()
			}
		}
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if first, ok := keyed[callee(n)]; ok {
					for _, arg := range n.Args[min(first, len(n.Args)):] {
						add(arg)
						if callee(n) != "heads" {
							break
						}
					}
				}
			case *ast.AssignStmt:
				if id, ok := n.Lhs[0].(*ast.Ident); ok && id.Name == "label" {
					add(n.Rhs[0])
				}
			}
			return true
		})
	}
	return used
}

func callee(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}
