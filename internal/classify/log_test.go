package classify

import (
	"fmt"
	"path"
	"reflect"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// TestWordings reads one log a file, named by the class it is of.
func TestWordings(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("testdata/wordings.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
		if got, want := classOf(string(f.Data)), report.Class(path.Dir(f.Name)); got != want {
			t.Errorf("%s: Log = %q\n%s", f.Name, got, strings.TrimSpace(string(f.Data)))
		}
	}
}

func TestLogTellsAll(t *testing.T) {
	t.Parallel()
	got := Log(strings.NewReader(`2026-11-22T09:00:15.1Z go: downloading a.example/one v1.0.0
2026-11-22T09:00:15.2Z go: a.example/one@v1.0.0: reading https://ci:hunter2@goproxy.cn/a.example/one/@v/v1.0.0.zip: 503 Service Unavailable
2026-11-22T09:00:15.3Z 	server response: busy
2026-11-22T09:00:15.4Z go: a.example/two@v1.1.0: reading https://ci:hunter2@goproxy.cn/a.example/two/@v/v1.1.0.zip: 503 Service Unavailable
2026-11-22T09:00:15.5Z go: git.corp.example/team/lib@v1.2.0: git ls-remote -q https://ghp_0123456789abcdef0123@git.corp.example/team/lib in /go/pkg/mod/cache/vcs/12: exit status 128:
2026-11-22T09:00:15.6Z 	fatal: Authentication failed for 'https://git.corp.example/team/lib/'
2026-11-22T09:00:15.7Z ##[error]Process completed with exit code 1.
`))
	want := []report.Failure{
		{
			Class: report.ProxyServerError, Module: "a.example/one", Version: "v1.0.0", Host: "goproxy.cn", Retry: true, Count: 2,
			Evidence: []string{"go: a.example/one@v1.0.0: reading https://xxxxx@goproxy.cn/a.example/one/@v/v1.0.0.zip: 503 Service Unavailable", "server response: busy"},
			Advice:   report.ProxyServerError.Info().Advice,
		},
		{
			Class: report.VCSAuth, Module: "git.corp.example/team/lib", Version: "v1.2.0", Host: "git.corp.example",
			Evidence: []string{
				"go: git.corp.example/team/lib@v1.2.0: git ls-remote -q https://xxxxx@git.corp.example/team/lib in /go/pkg/mod/cache/vcs/12: exit status 128:",
				"fatal: Authentication failed for 'https://git.corp.example/team/lib/'",
			},
			Advice: report.VCSAuth.Info().Advice,
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Log =\n%+v\nwant\n%+v", got, want)
	}
}

// TestLogIsBounded gives more failures than anybody reads, and a line without
// end.
func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	for i := range 3 * maxFailures {
		fmt.Fprintf(&log, "go: a.example/m%d@v1.0.0: invalid version: unknown revision v1.0.0\n", i)
	}
	if got := len(Log(strings.NewReader(log.String()))); got != maxFailures {
		t.Errorf("%d failures, want %d", got, maxFailures)
	}
	long := "go: a.example/m@v1.0.0: mkdir /" + strings.Repeat("n", 10*maxLine) + ": file name too long\n"
	got := Log(strings.NewReader(long))
	if len(got) != 1 || got[0].Class != report.PathTooLong || len(got[0].Evidence[0]) > 2*maxColumns {
		t.Errorf("Log of a line of %d bytes = %.2000v", len(long), got)
	}
}
