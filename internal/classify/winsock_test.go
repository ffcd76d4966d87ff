package classify

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// A winsockRow is a row of testdata/winsock.txt.
type winsockRow struct {
	number  int
	en, zh  string
	class   report.Class
	call    string
	dialing bool
}

func winsockRows(t *testing.T) (rows []winsockRow) {
	data, err := os.ReadFile("testdata/winsock.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSpace(line), "|")
		if strings.HasPrefix(line, "#") || len(f) != 5 {
			continue
		}
		n, err := strconv.Atoi(f[0])
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, winsockRow{n, f[1], f[2], report.Class(f[3]), f[4], f[4] != "wsarecv" && f[4] != "wsasend"})
	}
	if len(rows) < 20 {
		t.Fatalf("testdata/winsock.txt has %d rows", len(rows))
	}
	return rows
}

// Our own sockets give numbers, which are asked before any text: also the wrong
// text of another system, as Wine has it.
func TestWinsockNumbers(t *testing.T) {
	t.Parallel()
	for _, r := range winsockRows(t) {
		op := &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError(r.call, syscall.Errno(r.number))}
		if r.dialing {
			op.Op = "dial"
		}
		if got := of(fmt.Errorf("fetch: %w", op), "windows"); got != r.class {
			t.Errorf("number %d in %s is %q, want %q", r.number, r.call, got, r.class)
		}
	}
}

// What a child process printed gives text: in English, in Chinese, with the
// punctuation that a console or an editor made of it, in the console's code page,
// or only as a number.
func TestWinsockTexts(t *testing.T) {
	t.Parallel()
	ascii := strings.NewReplacer("，", ", ", "。", ".")
	for _, r := range winsockRows(t) {
		gbk, err := simplifiedchinese.GBK.NewEncoder().String(r.zh)
		if err != nil {
			t.Fatal(err)
		}
		for form, text := range map[string]string{
			"English": r.en, "English without its full stop": strings.TrimSuffix(r.en, "."),
			"zh-CN": r.zh, "zh-CN with ASCII punctuation": ascii.Replace(r.zh), "zh-CN without its full stop": strings.TrimSuffix(r.zh, "。"),
			"zh-CN in code page 936": gbk, "number": fmt.Sprintf("winapi error #%d", r.number),
		} {
			cause := "read tcp 10.0.0.2:51000->192.0.2.1:443: " + r.call + ": " + text
			switch {
			case r.call == "getaddrinfow":
				cause = "dial tcp: lookup proxy.default.example: getaddrinfow: " + text
			case r.dialing:
				cause = "dial tcp 192.0.2.1:443: connectex: " + text
			}
			log := "go: github.com/acme/a@v1.0.0: Get \"https://proxy.default.example/github.com/acme/a/@v/v1.0.0.zip\": " + cause + "\r\n"
			if got := classOf(log); got != r.class {
				t.Errorf("%d, %s: %q, want %q\n%s", r.number, form, got, r.class, text)
			}
		}
	}
}

// The same cause is the same class whether its number or its text is asked.
func TestWinsockTextOfError(t *testing.T) {
	t.Parallel()
	for _, r := range winsockRows(t) {
		prefix := "dial tcp 192.0.2.1:443: connectex: "
		switch r.call {
		case "getaddrinfow":
			prefix = "lookup proxy.default.example: getaddrinfow: "
		case "wsarecv", "wsasend":
			prefix = "read tcp 10.0.0.2:51000->192.0.2.1:443: " + r.call + ": "
		}
		if got := Of(errors.New(prefix + r.zh)); got != r.class {
			t.Errorf("%d: Of(%s) = %q, want %q", r.number, r.zh, got, r.class)
		}
	}
}

// A log in code page 936 is read with its Chinese, and shown with it.
func TestGBKIsShown(t *testing.T) {
	t.Parallel()
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("go: a.example/m@v1.0.0: rename C:\\缓存\\x.zip.tmp C:\\缓存\\x.zip: 拒绝访问。\r\n")
	if err != nil {
		t.Fatal(err)
	}
	got := Log(strings.NewReader(gbk))
	if len(got) != 1 || got[0].Class != report.FileLocked || !strings.Contains(strings.Join(got[0].Evidence, ""), `C:\缓存\x.zip: 拒绝访问`) {
		t.Errorf("Log of GBK = %+v, want file-locked with the Chinese text", got)
	}
}

// A western code page is not taken for Chinese.
func TestNotGBK(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"Zugriff verweigert \x81ber", "acc\xe8s refus\xe9", "na\xefve", "M\xfc\xdfig", ""} {
		if got := fromGBK(line); got != line {
			t.Errorf("fromGBK(%q) = %q, want it untouched", line, got)
		}
	}
}
