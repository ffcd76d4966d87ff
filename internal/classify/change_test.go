package classify

import (
	"encoding/binary"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// changes are what shells, consoles, encodings and CI systems do to a log, and
// other names for what it is about. None of them changes its class.
var changes = map[string]func(string) string{
	"CRLF":            func(log string) string { return strings.ReplaceAll(log, "\n", "\r\n") },
	"UTF-16 with BOM": func(log string) string { return utf16Bytes("\uFEFF"+log, little) },
	"UTF-16":          func(log string) string { return utf16Bytes(log, little) },
	"UTF-16BE":        func(log string) string { return utf16Bytes(log, big) },
	"UTF-16 after ASCII": func(log string) string {
		return "PS C:\\> go build\r\n" + strings.Repeat("-", 2000) + "\r\n" + utf16Bytes(log, little)
	},
	"GitHub":      prefix("2026-11-22T09:00:15.%07dZ "),
	"Jenkins":     prefix("[2026-11-22T09:00:15.%03dZ] "),
	"GitLab":      prefix("2026-11-22T09:00:15.%06dZ 00O "),
	"BuildKit":    prefix("#12 %d.123 "),
	"compose":     prefix("build-%d  | "),
	"Cloud Build": prefix("Step #%d - \"build\": "),
	"Kubernetes":  prefix("2026-11-22T09:00:15.%09dZ stderr F "),
	"TeamCity":    prefix("[09:00:%02d]W:\t [Step 1/2] "),
	"two of them": prefix("2026-11-22T09:00:15.0000000Z [%d/linux] "),
	"colours": func(log string) string {
		return eachLine(log, func(_ int, l string) string { return "\x1b[31;1m" + l + "\x1b[0m" })
	},
	"coloured stamp":           prefix("\x1b[90m2026-11-22T09:00:15.%03dZ\x1b[0m "),
	"blanks at ends":           func(log string) string { return strings.ReplaceAll(log, "\n", "  \n") },
	"spaces for tabs":          func(log string) string { return strings.ReplaceAll(log, "\t", "        ") },
	"noise before":             func(log string) string { return noise + log },
	"noise after":              func(log string) string { return strings.TrimRight(log, "\n") + "\n" + noise },
	"80 columns":               func(log string) string { return wrap(log, 80) },
	"120 columns":              func(log string) string { return wrap(log, 120) },
	"80 columns, then stamps":  func(log string) string { return prefix("2026-11-22T09:00:15.%07dZ ")(wrap(log, 80)) },
	"stamps, then 120 columns": func(log string) string { return wrap(prefix("2026-11-22T09:00:15.%07dZ ")(log), 120) },
	"other modules": func(log string) string {
		return strings.NewReplacer("google/uuid", "zeta/omega", "google%2fuuid", "zeta%2fomega", "acme/widgets", "initech/printer", "pkg/errors", "lumon/files", "v1.6.0", "v0.31.4-rc.1").Replace(log)
	},
	"other hosts": func(log string) string {
		return strings.NewReplacer("proxy.default.example", "modules.mirror.test", "goproxy.cn", "goproxy.test", "198.51.100.", "203.0.113.").Replace(log)
	},
	"other folders": func(log string) string {
		return regexp.MustCompile(`/go/pkg/mod\b`).ReplaceAllString(log, "/home/runner/go/pkg/mod")
	},
}

var (
	little = binary.LittleEndian
	big    = binary.BigEndian
)

// noise is what the steps before and after a download print.
const noise = `Preparing environment
Running on runner-1a2b via build-host...
Fetching changes with git depth set to 20...
Checking out 0a1b2c3d as detached HEAD (ref is main)...
Warning: this runner will be updated soon
Cache restored from key: go-linux-0123
  path: /var/cache

Cleaning up project directory and file based variables
`

func prefix(format string) func(string) string {
	return func(log string) string {
		return eachLine(log, func(i int, line string) string { return fmt.Sprintf(format, i) + line })
	}
}

func eachLine(log string, change func(int, string) string) string {
	lines := strings.Split(strings.TrimRight(log, "\n"), "\n")
	for i := range lines {
		lines[i] = change(i, lines[i])
	}
	return strings.Join(lines, "\n") + "\n"
}

func wrap(log string, columns int) string {
	return eachLine(log, func(_ int, line string) string {
		r := []rune(line)
		var rows []string
		for len(r) > columns {
			rows = append(rows, string(r[:columns]))
			r = r[columns:]
		}
		return strings.Join(append(rows, string(r)), "\n")
	})
}

func utf16Bytes(text string, order binary.AppendByteOrder) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}

// TestClassStays makes every change to a third of the corpus, to another third
// with each change.
func TestClassStays(t *testing.T) {
	t.Parallel()
	samples := corpus(t)
	for k, name := range slices.Sorted(maps.Keys(changes)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := k % 3; i < len(samples); i += 3 {
				s := samples[i]
				log := strings.TrimPrefix(s.Text, "\uFEFF")
				stamped := s.CI != "none" || strip(log) != log
				if s.CI == "utf16-nul" || stamped && strings.Contains(name, "stamps") {
					continue // changed like this already
				}
				changed := changes[name](log)
				if after := classOf(changed); after != s.class {
					t.Errorf("%s: %s became %s\n%.700s", s.ID, s.class, after, changed)
				}
			}
		})
	}
}
