package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/internal/config"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// TestTroubleshooting: both pages have a section for each class, in the order of the table, with a link to what the
// class means; and what a section quotes is of its class.
func TestTroubleshooting(t *testing.T) {
	t.Parallel()
	english := symptoms(t, "../../docs/troubleshooting.md", "")
	chinese := symptoms(t, "../../docs/troubleshooting.zh.md", "-1") // the second heading of its name in classes.md
	for class, lines := range english {
		if chinese[class] != lines {
			t.Errorf("%s: the pages quote different lines:\n%s\nand\n%s", class, lines, chinese[class])
		}
	}
}

// symptoms checks a page, whose links to classes end in suffix, and returns what it quotes per class.
func symptoms(t *testing.T, name, suffix string) map[report.Class]string {
	t.Helper()
	quoted := map[report.Class]string{}
	rest := read(t, name)
	for _, info := range report.Classes {
		_, after, ok := strings.Cut(rest, "\n## "+string(info.Class)+"\n")
		if !ok {
			t.Fatalf("%s has no section %s after those before it", name, info.Class)
		}
		rest = after
		section, _, _ := strings.Cut(after, "\n## ")
		if !strings.Contains(section, "["+string(info.Class)+"](classes.md#"+string(info.Class)+suffix+")") {
			t.Errorf("%s: section %s does not link what it means", name, info.Class)
		}
		_, block, ok := strings.Cut(section, "```text\n")
		block, _, _ = strings.Cut(block, "```")
		if ok == (info.Class == report.Unknown) {
			t.Errorf("%s: section %s quotes nothing", name, info.Class)
		}
		quoted[info.Class] = block
		for line := range strings.Lines(block) {
			if got := classOf(line); got != info.Class {
				t.Errorf("%s: section %s has a line of class %s: %s", name, info.Class, got, line)
			}
		}
	}
	return quoted
}

// classOf classifies a line as it stands, or as the cause that go or git gives: the page quotes what people search for.
func classOf(line string) report.Class {
	for _, before := range []string{
		"", "go: rsc.io/quote@v1.5.2: ", "go: rsc.io/quote@v1.5.2: git ls-remote -q origin in /tmp/x: exit status 128:\n\t",
	} {
		if failures := classify.Log(strings.NewReader(before + line)); len(failures) > 0 {
			return failures[0].Class
		}
	}
	return "none"
}

// TestChineseReadme: the page has every section of the English one, every code block, and every name and default of
// the settings.
func TestChineseReadme(t *testing.T) {
	t.Parallel()
	english, chinese := read(t, "../../README.md"), read(t, "../../README.zh.md")
	if e, c := strings.Count(english, "\n## "), strings.Count(chinese, "\n## "); e != c {
		t.Errorf("the English page has %d sections, the Chinese %d", e, c)
	}
	blocks := regexp.MustCompile("(?ms)^```.*?^```$")
	code := func(page string) (list []string) {
		for _, b := range blocks.FindAllString(page, -1) {
			list = append(list, comment.ReplaceAllString(b, ""))
		}
		return list
	}
	if e, c := code(english), code(chinese); strings.Join(e, "\n") != strings.Join(c, "\n") {
		t.Errorf("the code of the English page is\n%s\nof the Chinese\n%s", strings.Join(e, "\n"), strings.Join(c, "\n"))
	}
	_, table, _ := strings.Cut(chinese, "<!-- settings -->\n")
	table, _, _ = strings.Cut(table, "<!-- /settings -->")
	rows := strings.Split(strings.TrimSpace(table), "\n")[2:]
	if len(rows) != len(config.Table) {
		t.Fatalf("the Chinese page has %d settings, want %d", len(rows), len(config.Table))
	}
	for i, r := range config.Table {
		flag := "`" + strings.ReplaceAll(strings.TrimSpace("-"+r.Name+" "+r.Arg), "|", `\|`) + "`"
		want := []string{flag, quote(r.InputName()), quote(r.Variable()), quote(r.Default)}
		cells := strings.Split(strings.TrimPrefix(rows[i], "| "), " | ")
		if len(cells) != 5 || strings.Join(cells[:4], " | ") != strings.Join(want, " | ") {
			t.Errorf("setting %d of the Chinese page is\n%s\nwant\n| %s | …", i, rows[i], strings.Join(want, " | "))
		}
	}
}

// comment is what a code block says to people and may be translated.
var comment = regexp.MustCompile(`(?m) +# .*$`)

func quote(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// TestLinks: what the pages link to in this repository is there.
func TestLinks(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for page, dir := range map[string]string{
		"README.zh.md": "", "docs/release.md": "docs/", "docs/migration.md": "docs/",
		"docs/troubleshooting.md": "docs/", "docs/troubleshooting.zh.md": "docs/",
	} {
		for _, m := range link.FindAllStringSubmatch(read(t, "../../"+page), -1) {
			if _, err := os.Stat("../../" + dir + m[1]); err != nil {
				t.Errorf("%s links %s: %v", page, m[1], err)
			}
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), "\r\n", "\n")
}
