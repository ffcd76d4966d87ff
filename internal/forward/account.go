package forward

import (
	"strings"

	"github.com/goproxy-setup/goproxy-setup/report"
)

// An Account is who runs this program on Windows: the user's settings are those of
// this account, whoever is looking at the screen.
type Account struct {
	SID  string // empty off Windows
	Name string // DOMAIN\name
}

// service are the accounts of services, whose settings nobody sees in a dialog
// (learn.microsoft.com/windows-server/identity/ad-ds/manage/understand-security-identifiers).
var service = map[string]string{"S-1-5-18": "LocalSystem", "S-1-5-19": "LocalService", "S-1-5-20": "NetworkService"}

// Service is LocalSystem, LocalService or NetworkService, empty for every other
// account.
func (a Account) Service() string { return service[a.SID] }

// advice says how the account of a service gets a forward proxy. The command is
// learn.microsoft.com/windows-server/administration/windows-commands/bitsadmin-util-and-setieproxy.
func (a Account) advice() report.Text {
	name := a.Service()
	return report.Say("this job runs as %s, whose Internet Settings are not those of whoever logs on: set HTTPS_PROXY as a variable of the machine and restart the agent, or run as administrator: bitsadmin /util /setieproxy %s MANUAL_PROXY HOST:PORT NULL",
		"此任务以 %s 运行，其 Internet 设置与登录用户的不同：请把 HTTPS_PROXY 设为系统环境变量并重启代理程序，或以管理员身份运行：bitsadmin /util /setieproxy %s MANUAL_PROXY HOST:PORT NULL", name, strings.ToUpper(name))
}
