package report

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		want := readCase(t, file)
		var b bytes.Buffer
		if err := WriteJSON(&b, want, Options{}); err != nil {
			t.Fatal(err)
		}
		got, err := Read(&b)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: changed by a round trip", file)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"another schema", `{"schema":"goproxy-setup/report/v2"}`, `schema "goproxy-setup/report/v2", want "goproxy-setup/report/v1"`},
		{"no schema", `{"outcome":"ok"}`, `no "schema" in it`},
		{"a list", `[1]`, `no "schema" in it`},
		{"null", `null`, `no "schema" in it`},
		{"a schema that is no text", `{"schema":7}`, `no "schema" in it`},
		{"nothing", ``, `EOF`},
		{"half a file", `{"schema":"goproxy-setup/report/v1"`, `unexpected EOF`},
		{"two values", `{"schema":"goproxy-setup/report/v1"}{}`, `more than one JSON value`},
		{"a wrong type", `{"schema":"goproxy-setup/report/v1","duration_ms":"x"}`, `duration_ms`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Read(strings.NewReader(c.in))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "read report: ") {
				t.Errorf("Read(%q) = %v, want %q in it", c.in, err, c.want)
			}
		})
	}
	_, err := Read(strings.NewReader(`{"schema":"x"}`))
	if e := (*SchemaError)(nil); !errors.As(err, &e) || e.Schema != "x" {
		t.Errorf("error is %#v, want a SchemaError with the schema", err)
	}
}

func TestReadPassesOverUnknownFields(t *testing.T) {
	t.Parallel()
	r, err := Read(strings.NewReader(`{"schema":"goproxy-setup/report/v1","outcome":"ok","later":{"a":1}}`))
	if err != nil || r.Outcome != OK {
		t.Errorf("Read = %v, %v", r, err)
	}
}

// FuzzRead reads any bytes; what it accepts every format must be able to write.
func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, format := range Formats {
			render(t, format, r, Options{Lang: "zh", Color: true, Width: 1})
		}
	})
}
