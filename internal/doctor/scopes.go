package doctor

import (
	"strings"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// scopes are where Windows keeps variables for new processes. Services, and so CI
// agents, keep those they started with.
var scopes = []struct{ name, key string }{
	{"user", `HKCU\Environment`},
	{"machine", `HKLM\System\CurrentControlSet\Control\Session Manager\Environment`},
}

// windowsScopes finds values that were set for the user or the machine and that
// this process does not have.
func windowsScopes(v settings) (fs []Finding) {
	if v.OS != "windows" {
		return nil
	}
	for _, scope := range scopes {
		out, err := v.output(v.ctx, "reg", "query", scope.key)
		if err != nil {
			continue
		}
		for _, name := range names {
			stored, ok := registryValue(out, name)
			if !ok || stored == v.Getenv(name) {
				continue
			}
			fs = append(fs, warn(report.ConfigInvalid, say("Windows has %s=%s in the %s scope, and this process does not see it", "Windows 在 %[3]s 范围中有 %[1]s=%[2]s，而本进程看不到", name, shown(name, stored), scope.name)).
				todo(say("restart the runner's service to take it over, or remove it there; a variable of the job wins over both", "请重启运行器服务以使其生效，或在该处删除；任务自身的变量优先")))
		}
	}
	return fs
}

// registryValue reads a value from the output of reg query, whose type names are
// the same in every language: "    GOPROXY    REG_SZ    https://…".
func registryValue(out, name string) (string, bool) {
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) >= 2 && strings.EqualFold(f[0], name) && strings.HasPrefix(f[1], "REG_") {
			return strings.Join(f[2:], " "), true
		}
	}
	return "", false
}
