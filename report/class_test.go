package report

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// TestClasses holds the table against the constants in its own source.
func TestClasses(t *testing.T) {
	t.Parallel()
	rows := map[Class]Info{}
	for _, i := range Classes {
		if _, twice := rows[i.Class]; twice {
			t.Errorf("%s has two rows", i.Class)
		}
		rows[i.Class] = i
		if i.Actor.Name().ZH == "" {
			t.Errorf("%s: actor %q has no name", i.Class, i.Actor)
		}
		for _, text := range []Text{i.Meaning, i.Advice} {
			if text.EN == "" || !strings.ContainsFunc(text.ZH, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("%s lacks a text in one language: %+v", i.Class, text)
			}
		}
		if !strings.HasSuffix(i.Advice.EN, ".") || !strings.HasSuffix(i.Advice.ZH, "。") {
			t.Errorf("%s: advice is no sentence: %+v", i.Class, i.Advice)
		}
	}
	for _, c := range constants(t) {
		if _, ok := rows[c]; !ok {
			t.Errorf("%s has no row", c)
		}
		if got := c.Info().Class; got != c {
			t.Errorf("%s.Info() is the row of %s", c, got)
		}
		delete(rows, c)
	}
	for c := range rows {
		t.Errorf("row %s has no constant", c)
	}
	if got := Class("no-such-class").Info().Class; got != Unknown {
		t.Errorf("Info of a strange class is the row of %s, want unknown", got)
	}
}

// constants returns the values of all constants of type Class.
func constants(t *testing.T) []Class {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "class.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []Class
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Class" {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Class(value))
		return true
	})
	if len(all) == 0 {
		t.Fatal("class.go has no constants of type Class")
	}
	return all
}

// TestClassesPage keeps docs/classes.md equal to the table.
func TestClassesPage(t *testing.T) {
	t.Parallel()
	compare(t, "../docs/classes.md", []byte(classesPage()))
}

func classesPage() string {
	var b strings.Builder
	b.WriteString("# Failure classes\n\nWritten from report/class.go by `go test ./report -update`. [中文在下面](#失败类别)\n\n")
	b.WriteString("Every failure has one class, its root cause. *Retry*: the same request may succeed later. *Other*: another module proxy may succeed.\n")
	writeClasses(&b, "en", "retry", "other", "Who acts", "Windows' words")
	b.WriteString("\n# 失败类别\n\n由 `go test ./report -update` 根据 report/class.go 生成。\n\n")
	b.WriteString("每个失败只有一个类别，即其根本原因。*重试*：稍后同样的请求可能成功。*其他*：换一个模块代理可能成功。\n")
	writeClasses(&b, "zh", "重试", "其他", "由谁处理", "Windows 的说法")
	return b.String()
}

func writeClasses(b *strings.Builder, lang, retry, other, actor, windows string) {
	for _, i := range Classes {
		var marks []string
		if i.Retry {
			marks = append(marks, retry)
		}
		if i.Other {
			marks = append(marks, other)
		}
		fmt.Fprintf(b, "\n## %s\n\n%s\n\n", i.Class, strings.TrimSpace(i.Meaning.In(lang)))
		fmt.Fprintf(b, "- %s: %s\n", actor, i.Actor.Name().In(lang))
		if len(marks) > 0 {
			fmt.Fprintf(b, "- %s\n", strings.Join(marks, ", "))
		}
		if i.Windows != "" {
			fmt.Fprintf(b, "- [%s](%s)\n", windows, i.Windows)
		}
		fmt.Fprintf(b, "\n%s\n", i.Advice.In(lang))
	}
}
