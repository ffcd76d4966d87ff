package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/internal/machine"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// checkRunner asks whether variables can be handed to later steps.
func checkRunner(_ context.Context, e *exam) []Finding {
	s := e.Runner.System
	place := ""
	if e.Runner.Container {
		place = ", in a container"
	}
	if s.Family != ci.FamilyGitHub {
		if s.Family == ci.FamilyShell {
			return []Finding{skipped(say("no CI system: nothing to hand to later steps", "不在 CI 系统中：没有后续步骤需要传递变量"))}
		}
		return []Finding{fine(say("%s%s", "%s%s", s.Name, place))}
	}
	file := e.Getenv("GITHUB_ENV")
	if file == "" {
		return []Finding{warn(report.ConfigInvalid, say("GITHUB_ENV is not set: no variable can be handed to later steps", "未设置 GITHUB_ENV：无法把变量传给后续步骤")).
			todo(say("pass GITHUB_ENV and its folder on, if this runs in a container of its own", "若在单独的容器中运行，请把 GITHUB_ENV 及其目录传入"))}
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return []Finding{warn(report.PermissionDenied, say("GITHUB_ENV cannot be written: no variable can be handed to later steps", "GITHUB_ENV 无法写入：无法把变量传给后续步骤")).
			proof(err.Error()).
			todo(say("run as the user of the runner, with its folder mounted", "请以运行器的用户运行，并挂载其目录"))}
	}
	f.Close()
	if text, err := os.ReadFile(file); err == nil && ci.IsUTF16(text) {
		return []Finding{warn(report.ConfigInvalid, say("GITHUB_ENV has UTF-16 in it, as Windows PowerShell 5.1 writes with >>: the runner misreads it", "GITHUB_ENV 中含有 UTF-16（Windows PowerShell 5.1 用 >> 写入的结果）：运行器会读错")).
			todo(say("write with: \"NAME=VALUE\" | Out-File $env:GITHUB_ENV -Encoding utf8 -Append", "请这样写入：\"NAME=VALUE\" | Out-File $env:GITHUB_ENV -Encoding utf8 -Append"))}
	}
	if f, ok := e.openFolder(file); ok {
		return []Finding{f}
	}
	return []Finding{fine(say("%s%s: GITHUB_ENV can be written", "%s%s：GITHUB_ENV 可写", s.Name, place))}
}

// openFolder finds a runner of Windows whose files other users of the machine may
// read: what is handed to later steps stands in them, tokens too.
func (e *exam) openFolder(file string) (Finding, bool) {
	var open *machine.NotPrivateError
	if e.OS != "windows" || !e.Runner.SelfHosted || e.Closed == nil || !errors.As(e.Closed(filepath.Dir(file)), &open) {
		return Finding{}, false
	}
	return warn(report.PermissionDenied, say("other users of this machine may enter the folder of GITHUB_ENV and read what is handed to later steps", "本机其他用户可以进入 GITHUB_ENV 所在目录，读取传给后续步骤的内容")).
		proof(open.Error()).
		todo(say("keep the folder of the runner for its account, SYSTEM and Administrators (icacls FOLDER /inheritance:r /grant:r ...)", "请使运行器目录仅供其账户、SYSTEM 和 Administrators 使用（icacls FOLDER /inheritance:r /grant:r ...）")), true
}

// checkLoopback opens a port on 127.0.0.1 and connects to it, as setup and run do.
func checkLoopback(ctx context.Context, e *exam) []Finding {
	err := e.tryLoopback(ctx)
	if err == nil {
		return []Finding{fine(say("127.0.0.1 can be listened on and connected to", "127.0.0.1 可以监听和连接"))}
	}
	return []Finding{warn(classify.Of(err), say("127.0.0.1 cannot be used: go works, but without retries and fail-over (-loopback off)", "127.0.0.1 不可用：go 可以工作，但没有重试和故障切换（-loopback off）")).
		proof(err.Error()).
		todo(say("let the firewall or sandbox allow connections within this machine", "请让防火墙或沙箱允许本机内部的连接"))}
}

func (e *exam) tryLoopback(ctx context.Context) error {
	l, err := e.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(ctx, e.Budget)
	defer cancel()
	conn, err := e.Dial(ctx, "tcp", l.Addr().(*net.TCPAddr).String())
	if err != nil {
		return err
	}
	return conn.Close()
}

// Limits for antivirus: without one, NTFS writes a small file in far less.
const (
	scanFiles = 64
	scanSlow  = 5 * time.Millisecond
)

// checkAntivirus measures on Windows what a scanner costs each new file.
func checkAntivirus(_ context.Context, e *exam) []Finding {
	if e.OS != "windows" {
		return []Finding{skipped(say("looked at on Windows only", "仅在 Windows 上检查"))}
	}
	dir := e.golang().s.GOMODCACHE
	took, err := e.WriteMany(dir)
	each := took / scanFiles
	if err != nil {
		f := warn(report.FileLocked, say("new files in %s are held by another process, often antivirus", "%s 中的新文件被其他进程（常为杀毒软件）占用", dir)).
			proof(err.Error()).todo(report.FileLocked.Info().Advice)
		if who := e.holders(err); who != "" {
			f = f.proof("held by " + who)
		}
		return []Finding{f}
	}
	var fs []Finding
	if each > scanSlow {
		fs = append(fs, warn(report.FileLocked, say("each small file in %s takes %s to write: something scans it", "在 %s 中写入每个小文件需要 %s：有程序在扫描", dir, millis(each))).
			todo(say("ask whoever runs this machine to exclude GOMODCACHE and GOCACHE from scanning (Add-MpPreference -ExclusionPath), or to use a Dev Drive", "请机器管理员把 GOMODCACHE 和 GOCACHE 排除在扫描之外（Add-MpPreference -ExclusionPath），或使用 Dev Drive")))
	}
	if f, ok := e.slowDrive(dir, each); ok {
		fs = append(fs, f)
	}
	if fs == nil {
		fs = []Finding{fine(say("small files are written in %s each", "每个小文件写入用时 %s", millis(each)))}
	}
	return fs
}

// holders asks who holds the file of an error.
func (e *exam) holders(err error) string {
	var link *os.LinkError
	var path *os.PathError
	switch {
	case e.Holders == nil:
	case errors.As(err, &link):
		return machine.Names(e.Holders(link.Old, link.New))
	case errors.As(err, &path):
		return machine.Names(e.Holders(path.Path))
	}
	return ""
}

// muchFaster is how much better another drive has to be before a cache is worth its
// move, which costs one download of everything.
const muchFaster = 3

// slowDrive compares the drive of the module cache with the one of temporary files:
// on machines with two, the system's is often the slower one.
func (e *exam) slowDrive(dir string, each time.Duration) (Finding, bool) {
	there := e.Getenv("RUNNER_TEMP")
	if there == "" {
		there = e.Temp
	}
	here, other := drive(dir), drive(there)
	if here == other || here == "" || other == "" {
		return Finding{}, false
	}
	took, err := e.WriteMany(there)
	if err != nil || took <= 0 || each < time.Millisecond || each < muchFaster*took/scanFiles {
		return Finding{}, false
	}
	return warn(report.FileLocked, say("the module cache is on drive %s, where a small file takes %s; on %s it takes %s", "模块缓存位于 %s 盘，写入小文件需 %s；而 %s 盘只需 %s", here, millis(each), other, millis(took/scanFiles))).
		paste("GOMODCACHE=" + other + `\gm`), true
}

// drive is the letter with its colon, in upper case; empty for a share.
func drive(path string) string {
	if len(path) < 2 || path[1] != ':' {
		return ""
	}
	return strings.ToUpper(path[:2])
}

// writeMany writes and renames small files, as the module cache does.
func writeMany(dir string) (time.Duration, error) {
	dir, err := os.MkdirTemp(nearest(dir), ".goproxy-setup-doctor-*")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	start := time.Now()
	for i := range scanFiles {
		name := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(name+".tmp", make([]byte, 4096), 0o666); err != nil {
			return 0, err
		}
		if err := os.Rename(name+".tmp", name); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}
