package proxytest

import (
	"strings"
	"testing"
)

func TestChecksumDatabase(t *testing.T) {
	t.Parallel()
	const id = "example.com/dep@v1.0.0"
	for name, tt := range map[string]struct {
		base, url string // of GOPROXY, of GOSUMDB
		lie       bool
		want      string // in the error; empty is success
		lookups   string // glob that must have been asked
	}{
		"through the module proxy":  {"", "", false, "", "/sumdb/*/lookup/*"},
		"at its own URL":            {"/nosumdb", " SUMDB", false, "", "/sumdb/*/lookup/*"},
		"at a faulty URL":           {"", " BASE/503@lookup/sumdb/sum.example.test", false, "503 Service Unavailable", "/503@lookup/sumdb/*"},
		"lies":                      {"", "", true, "SECURITY ERROR", "/sumdb/*/lookup/*"},
		"wrong zip":                 {"/wrong@zip", "", false, "SECURITY ERROR", "/wrong@zip/sumdb/*/lookup/*"},
		"wrong go.mod":              {"/wrong@mod", "", false, "SECURITY ERROR", "/wrong@mod/sumdb/*/lookup/*"},
		"503 for lookups":           {"/503@lookup", "", false, "503 Service Unavailable", "/503@lookup/sumdb/*/supported"},
		"503 for supported":         {"/503@supported", "", false, "503 Service Unavailable", "/503@supported/sumdb/*/supported"},
		"time-out told as a 404":    {"/text=fetch_timed_out/404@lookup", "", false, "fetch timed out", "*/lookup/*"},
		"other kinds are untouched": {"/503@list@latest@tree@other@info=no", "", false, "500", "/*"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := New(&failing{TB: t}, Dir("testdata/mod"))
			if tt.lie {
				srv.LieAbout(id)
			}
			vkey := srv.SumDB + strings.NewReplacer("SUMDB", srv.SumDBURL, "BASE", srv.URL).Replace(tt.url)
			d, _ := goDownload(t, srv.URL+tt.base, id, "GOSUMDB="+vkey)
			if tt.want == "" && d.Error != "" || !strings.Contains(d.Error, tt.want) {
				t.Errorf("error %q, want %q", d.Error, tt.want)
			}
			if srv.Count(tt.lookups) == 0 {
				t.Errorf("no request of %s in %q", tt.lookups, srv.Paths())
			}
		})
	}
}

func TestChecksumDatabaseKnowsOnlyItself(t *testing.T) {
	t.Parallel()
	srv := NewWith(t, Config{SumDBName: "sums.example.test"}, Dir("testdata/mod"))
	if !strings.HasPrefix(srv.SumDB, "sums.example.test+") || !strings.HasSuffix(srv.SumDBURL, "/sumdb/sums.example.test") {
		t.Errorf("SumDB %q, SumDBURL %q", srv.SumDB, srv.SumDBURL)
	}
	for path, want := range map[string]string{
		"/sumdb/sums.example.test/supported":                        "200 whole",
		"/sumdb/sum.example.test/supported":                         "404 not found: sumdb/sum.example.test/supported",
		"/sumdb/sum.example.test/lookup/example.com/m@v1.0.0":       "404 not found: sumdb/sum.example.test/lookup/example.com/m@v1.0.0",
		"/sumdb/sums.example.test/lookup/example.com/m@v7.0.0":      "404 file does not exist",
		"/sumdb/sums.example.test/lookup/example.com/!upper@v1.0.0": "200 other",
		"/sumdb/sums.example.test/lookup/example.com/Upper@v1.0.0":  "500 invalid escaped module path",
		"/sumdb/sums.example.test/latest":                           "200 other",
		"/sumdb/sums.example.test/no":                               "404 404 page not found",
	} {
		if got := see(srv.Client(), srv.URL, path, nil); got != want && !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
