package doctor

import (
	"os"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/machine"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// A stored is a value that Windows keeps for new processes.
type stored struct {
	value string // with %NAME% replaced
	scope machine.Scope
	other string // value of the machine's scope, which the user's hides; empty when there is none
}

// kept finds what a process that starts now would get: the user's value, else the
// machine's. A process that runs keeps what it started with, so a service has the
// values of its last start, and those of its own account.
func (v settings) kept(name string) (s stored, ok bool) {
	user, inUser := machine.Find(v.user, name)
	all, inMachine := machine.Find(v.machine, name)
	switch {
	case inUser && inMachine && all.Value != user.Value:
		return stored{v.expand(user), machine.User, v.expand(all)}, true
	case inUser:
		return stored{value: v.expand(user), scope: machine.User}, true
	case inMachine:
		return stored{value: v.expand(all), scope: machine.Machine}, true
	}
	return stored{}, false
}

// expand replaces %NAME%; a name that is not set stays, as Windows leaves it.
func (v settings) expand(x machine.Variable) string {
	parts := strings.Split(x.Value, "%")
	if !x.Expand || len(parts)%2 == 0 {
		return x.Value
	}
	for i := 1; i < len(parts); i += 2 {
		if value := v.Getenv(parts[i]); value != "" {
			parts[i] = value
		} else {
			parts[i] = "%" + parts[i] + "%"
		}
	}
	return strings.Join(parts, "")
}

// origin says who set a value: the layer, and on Windows the scope that the
// environment had it from.
func (v settings) origin(name string) string {
	layer := v.layer(name)
	if s, ok := v.kept(name); ok && layer == gocmd.Environment && s.value == v.Getenv(name) {
		return string(layer) + ", " + string(s.scope) + " scope"
	}
	return string(layer)
}

// windowsScopes finds values that were set for the user or the machine and that do
// not do what whoever set them thought. The order is: a variable of the job, the
// user's, the machine's, the GOENV file (go env -w), go.env of the toolchain.
func windowsScopes(v settings) (fs []Finding) {
	for _, name := range names {
		s, ok := v.kept(name)
		if !ok {
			continue
		}
		switch own := v.Getenv(name); {
		case own == s.value:
		case own != "":
			fs = append(fs, warn(report.ConfigInvalid, say("Windows has %s=%s in the %s scope; the environment of this process hides it, one without its own value gets it", "Windows 在 %[3]s 范围中有 %[1]s=%[2]s；它被本进程的环境变量遮盖，没有自身值的进程会用到它", name, shown(name, s.value), s.scope)).
				paste(unsetScope(name, s.scope)))
		default:
			fs = append(fs, warn(report.ConfigInvalid, say("Windows has %s=%s in the %s scope, and this process does not see it", "Windows 在 %[3]s 范围中有 %[1]s=%[2]s，而本进程看不到", name, shown(name, s.value), s.scope)).
				todo(say("restart the runner's service to take it over, or remove it there; a variable of the job wins over both", "请重启运行器服务以使其生效，或在该处删除；任务自身的变量优先")))
		}
		if s.other != "" {
			fs = append(fs, warn(report.ConfigInvalid, say("Windows has %s twice: the user's %s hides the machine's %s", "Windows 中有两个 %s：用户的 %s 遮盖了系统的 %s", name, shown(name, s.value), shown(name, s.other))).
				paste(unsetScope(name, machine.User)))
		}
	}
	return fs
}

// unsetScope is the line of PowerShell that removes a variable; that of the machine
// needs an administrator.
func unsetScope(name string, scope machine.Scope) string {
	target := map[machine.Scope]string{machine.User: "User", machine.Machine: "Machine"}[scope]
	return "[Environment]::SetEnvironmentVariable('" + name + "', $null, '" + target + "')"
}

// oddEnvFile looks for a GOENV file that an editor or a shell of Windows wrote: go
// reads plain lines, trims nothing and says nothing of what it does not understand.
func oddEnvFile(v settings) []Finding {
	if v.s.GOENV == "" || v.s.GOENV == "off" {
		return nil
	}
	text, err := os.ReadFile(v.s.GOENV)
	if err != nil {
		return nil // go takes it for none, too
	}
	t := oddEnvText(string(text))
	if t.EN == "" {
		return nil
	}
	return []Finding{warn(report.ConfigInvalid, t).proof(v.s.GOENV).
		todo(say("remove the file, and set the values again with go env -w", "请删除该文件，并用 go env -w 重新设置"))}
}

func oddEnvText(text string) (none report.Text) {
	switch {
	case ci.IsUTF16([]byte(text)):
		return say("the GOENV file is UTF-16, as Windows PowerShell writes it: go reads nothing from it", "GOENV 文件是 UTF-16（Windows PowerShell 的写法）：go 从中读不到任何内容")
	case strings.HasPrefix(text, "\xef\xbb\xbf") && len(gocmd.ParseEnvFile(text)) < len(gocmd.ParseEnvFile(text[3:])):
		return say("the GOENV file begins with a byte order mark: go passes over its first line", "GOENV 文件以字节顺序标记开头：go 会忽略第一行")
	case strings.Contains(text, "\r"):
		return say("the GOENV file has Windows line ends: each value ends with a carriage return, which go does not take off", "GOENV 文件使用 Windows 换行：每个值末尾都有回车符，go 不会去掉")
	}
	return none
}
