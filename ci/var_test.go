package ci

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	for _, test := range []struct {
		name string
		v    Var
	}{
		{"no name", Var{"", secret}},
		{"name with a hyphen", Var{"GO-PROXY", secret}},
		{"name with a blank", Var{"GO PROXY", secret}},
		{"name with an equals sign", Var{"A=B", secret}},
		{"name that opens a heredoc", Var{"A<<EOF", secret}},
		{"name with a line break", Var{"A\nNODE_OPTIONS", secret}},
		{"name that starts with a digit", Var{"1A", secret}},
		{"name that is not ASCII", Var{"GÖPROXY", secret}},
		{"line feed", Var{"A", secret + "\nNODE_OPTIONS=--require=/tmp/x.js"}},
		{"carriage return", Var{"A", secret + "\rB=1"}},
		{"line feed at the end", Var{"A", secret + "\n"}},
		{"NUL", Var{"A", secret + "\x00"}},
		{"escape", Var{"A", "\x1b[31m" + secret}},
		{"delete", Var{"A", secret + "\x7f."}},
		{"next line of Latin-1", Var{"A", secret + "\u0085x"}},
		{"line separator of Unicode", Var{"A", secret + "\u2028x"}},
		{"leading blank", Var{"A", " " + secret}},
		{"trailing blank", Var{"A", secret + " "}},
		{"trailing tab", Var{"A", secret + "\t"}},
		{"trailing no-break space", Var{"A", secret + "\u00a0"}},
		{"only a blank", Var{"A", " "}},
		{"delimiter of the SDK", Var{"A", secret + FileDelimiter}},
		{"not UTF-8", Var{"A", secret + "\xff"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var bad *ValueError
			err := test.v.Check()
			if !errors.As(err, &bad) {
				t.Fatalf("Check() = %v, want a *ValueError", err)
			}
			if bad.Name != test.v.Name {
				t.Errorf("the error names %q, want %q", bad.Name, test.v.Name)
			}
			if strings.Contains(err.Error(), secret) || strings.ContainsAny(err.Error(), "\r\n\x00") {
				t.Errorf("the error shows the value or breaks the line: %q", err)
			}
		})
	}
}

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	for _, v := range append(hostile,
		Var{"_", ""},
		Var{"a1_B", "http://127.0.0.1:40001/0123456789abcdef|https://goproxy.cn,direct"},
		Var{"GOFLAGS", "-mod=mod -tags=a,b\t-ldflags=-X=main.v=1"},
	) {
		if err := v.Check(); err != nil {
			t.Errorf("Check of %q: %v", v, err)
		}
	}
}

func TestCheckAllRefusesASecondValue(t *testing.T) {
	t.Parallel()
	var bad *ValueError
	err := CheckAll([]Var{{"A", "1"}, {"B", "2"}, {"A", "1"}})
	if !errors.As(err, &bad) || bad.Name != "A" {
		t.Errorf("CheckAll = %v, want a *ValueError for A", err)
	}
}
