package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata/*.golden")

// TestGolden renders every testdata/CASE.json in every format and compares with
// CASE.FORMAT.golden, and with CASE.FORMAT.zh.golden where that exists.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*.json")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range cases {
		name := strings.TrimSuffix(file, ".json")
		r := readCase(t, file)
		for _, f := range Formats {
			t.Run(filepath.Base(name)+"/"+f.Name, func(t *testing.T) {
				t.Parallel()
				compare(t, name+"."+f.Name+".golden", unstyled(render(t, f, r, Options{})))
				if zh := name + "." + f.Name + ".zh.golden"; exists(zh) {
					compare(t, zh, unstyled(render(t, f, r, Options{Lang: "zh"})))
				}
			})
		}
	}
}

// unstyled keeps page.css out of the expectations, which would only repeat it.
func unstyled(out []byte) []byte {
	return bytes.ReplaceAll(out, []byte(pageStyle), []byte("/* page.css */"))
}

func compare(t *testing.T, golden string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatalf("%v (make it with -update)", err)
	}
	if bytes.Equal(got, want) {
		return
	}
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		a, b := at(g, i), at(w, i)
		if a != b {
			t.Fatalf("%s:%d:\n got %.300q\nwant %.300q\n(accept with -update)", golden, i+1, a, b)
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "<end of file>"
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func readCase(t testing.TB, file string) *Report {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := Read(f)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return r
}

func render(t testing.TB, f Format, r *Report, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b, r, o); err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	return b.Bytes()
}
