package report

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func TestTextOfASuccessIsShort(t *testing.T) {
	t.Parallel()
	f, _ := FormatNamed("text")
	out := string(render(t, f, readCase(t, "testdata/success.json"), Options{}))
	if n := strings.Count(out, "\n"); n > 12 {
		t.Errorf("%d lines, want at most 12:\n%s", n, out)
	}
}

// TestTextOfAnExplainedLog has nothing to say of a machine, a time or a download.
func TestTextOfAnExplainedLog(t *testing.T) {
	t.Parallel()
	f, _ := FormatNamed("text")
	r := &Report{Command: "explain", Outcome: Failed, Failures: []Failure{{Class: Unknown, Evidence: []string{"exit status 1"}}}}
	want := "goproxy-setup explain\n\nfailure   unknown\nevidence  | exit status 1\n\nfailed    unknown\n"
	if got := string(render(t, f, r, Options{})); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTextEndsWithTheOutcome(t *testing.T) {
	t.Parallel()
	cases(t, "text", func(t *testing.T, r *Report, out []byte) {
		paragraphs := strings.Split(strings.TrimRight(string(out), "\n"), "\n\n")
		last := paragraphs[len(paragraphs)-1]
		v := newVoice("en")
		if r.Outcome != OK && !strings.HasPrefix(last, v.say("outcome "+string(r.Outcome))) && !strings.HasPrefix(last, newVoice("zh").say("outcome "+string(r.Outcome))) {
			t.Errorf("ends with %q", last)
		}
	})
}

// TestTextKeepsItsWidth allows only the fix to be wider: it is there to be pasted.
func TestTextKeepsItsWidth(t *testing.T) {
	t.Parallel()
	f, _ := FormatNamed("text")
	for _, width := range []int{72, 80, 100} {
		for _, name := range []string{"success", "degraded", "one-failure", "many-failures", "none-reachable"} {
			for _, lang := range []string{"en", "zh"} {
				out := string(render(t, f, readCase(t, "testdata/"+name+".json"), Options{Lang: lang, Width: width}))
				for l := range strings.Lines(out) {
					if n := columns(strings.TrimRight(l, "\n")); n > width {
						t.Errorf("%s/%s at %d: %d columns: %s", name, lang, width, n, l)
					}
				}
			}
		}
	}
}

func TestColourChangesNothingElse(t *testing.T) {
	t.Parallel()
	f, _ := FormatNamed("text")
	cases(t, "text", func(t *testing.T, r *Report, out []byte) {
		coloured := render(t, f, r, Options{Color: true})
		if !strings.Contains(string(coloured), "\x1b[") {
			t.Error("no colour")
		}
		if plain := regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(string(coloured), ""); plain != string(render(t, f, r, Options{})) {
			t.Error("colour changed the text")
		}
	})
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		n        int
		want     []string
	}{
		{"short", "a b", 5, []string{"a b"}},
		{"at a blank", "aaa bbb ccc", 7, []string{"aaa bbb", "ccc"}},
		{"a long word goes on", "a bbbbbbbbb c", 4, []string{"a bb", "bbbb", "bbb", "c"}},
		{"a list breaks between its entries", "https://a.example|https://b.example", 20, []string{"https://a.example|", "https://b.example"}},
		{"a word that fits stays whole", "aa bbbbbb", 6, []string{"aa", "bbbbbb"}},
		{"Chinese breaks anywhere", "模块代理列表", 8, []string{"模块代理", "列表"}},
		{"but not before a stop", "模块代理\u3002列表", 8, []string{"模块代", "理\u3002列表"}},
		{"and not after a bracket", "模块代\uFF08理\uFF09列表", 8, []string{"模块代", "\uFF08理\uFF09列", "表"}},
		{"an indented line keeps its indent", "    a bb", 6, []string{"    a", "bb"}},
		{"nothing", "", 5, []string{""}},
		{"one rune too wide", "模", 1, []string{"模"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := wrap(c.in, c.n); !reflect.DeepEqual(got, c.want) {
				t.Errorf("wrap(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
			}
		})
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"colour", "\x1b[1;31mred\x1b[0m", "red"},
		{"a link", "\x1b]8;;http://evil.example\x07here\x1b]8;;\x1b\\", "here"},
		{"an open sequence", "a\x1b]0;title", "a"},
		{"a sequence of one byte", "a\u009b31mb", "a31mb"},
		{"bell and null", "a\x07\x00b", "ab"},
		{"direction", "a\u202eb\u2066c", "abc"},
		{"nothing to see", "a\u200b\ufeffb", "ab"},
		{"broken UTF-8", "a\xff\xfeb", "a\ufffdb"},
		{"a carriage return", "12%\r100%\r\nend", "12% 100%\nend"},
		{"orders", "##[error]x ##vso[task.x]y ##teamcity[z]", "# #[error]x # #vso[task.x]y # #teamcity[z]"},
		{"a heading is no order", "## Title [x]", "## Title [x]"},
		{"Chinese stays", "模块", "模块"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := clean(c.in); got != c.want {
				t.Errorf("clean(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{millis(0), "0 ms"}, {millis(-1), "0 ms"}, {millis(3.24), "3.2 ms"}, {millis(31.4), "31 ms"}, {millis(999.6), "1.0 s"},
		{millis(59_949), "59.9 s"}, {millis(59_999), "1 min 00 s"}, {millis(61_000), "1 min 01 s"}, {millis(1e300), "over 100 h"},
		{size(0), "0 B"}, {size(-4), "0 B"}, {size(999), "999 B"}, {size(1000), "1.0 kB"}, {size(9_412_880), "9.4 MB"}, {size(999_700_000), "1.0 GB"},
		{rate(0), ""}, {rate(12_430_000), "12 MB/s"},
		{site("https://user:xxxxx@mirrors.aliyun.com/goproxy/"), "mirrors.aliyun.com/goproxy"}, {site("goproxy.cn"), "goproxy.cn"}, {site("https://goproxy.cn/"), "goproxy.cn"},
		{hostOf("https://goproxy.io:8443/x"), "goproxy.io:8443"}, {hostOf("goproxy.io/x"), "goproxy.io"}, {hostOf(""), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		r      Report
		en, zh string
	}{
		{"nothing", Report{Outcome: OK}, "nothing had to be done.", "无需处理。"},
		{"a download", Report{Outcome: OK, Download: &Download{Modules: 1, Bytes: 2_000_000, DurationMS: 1500}}, "1 module (2.0 MB) in 1.5 s.", "下载 1 个模块\uFF082.0 MB\uFF09\uFF0C用时 1.5 s。"},
		{"a reason", Report{Outcome: Failed, Why: "no module proxy can be reached"}, "Failed: no module proxy can be reached.", "失败\uFF1Ano module proxy can be reached。"},
		{"a failure", Report{Outcome: Failed, Failures: []Failure{{Class: DNSFailure, Host: "goproxy.cn", Count: 3}}}, "Failed: dns-failure at goproxy.cn, 3 times.", "失败\uFF1Adns-failure\uFF08goproxy.cn\uFF09、3 次。"},
		{"no record", Report{Outcome: Failed}, "Failed: the run failed without a recorded failure.", "失败\uFF1A运行失败\uFF0C但没有失败记录。"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Summary(&c.r, "en"); got != c.en {
				t.Errorf("en: %q, want %q", got, c.en)
			}
			if got := Summary(&c.r, "zh"); got != c.zh {
				t.Errorf("zh: %q, want %q", got, c.zh)
			}
		})
	}
}
