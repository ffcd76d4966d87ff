package gocmd

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// killedCode is the exit code of a killed tree, as on Unix: 128 and SIGKILL.
const killedCode = 137

// A tree is a running command and all it started, known by its job object.
type tree struct {
	leader *os.Process
	job    windows.Handle // 0 when this machine allows none
}

// startTree starts cmd suspended, so that it is in the job before it can start
// others. The job ends with this process, whatever ends that.
func startTree(cmd *exec.Cmd) (*tree, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{
		CreationFlags: windows.CREATE_SUSPENDED | windows.CREATE_NEW_PROCESS_GROUP,
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	pid := uint32(cmd.Process.Pid)
	t := &tree{leader: cmd.Process, job: newJob(pid)}
	if err := resume(pid); err != nil {
		t.kill()
		_ = cmd.Wait()
		t.release()
		return nil, fmt.Errorf("resume: %w", err)
	}
	return t, nil
}

// newJob puts a process into a job object. It returns 0 if that is refused, as
// in a job that allows no nested ones: the command matters more than its tree.
func newJob(pid uint32) windows.Handle {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0
	}
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, pid)
	if err != nil {
		_ = windows.CloseHandle(job)
		return 0
	}
	defer func() { _ = windows.CloseHandle(process) }()
	if limit(job, windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE) != nil || windows.AssignProcessToJobObject(job, process) != nil {
		_ = windows.CloseHandle(job)
		return 0
	}
	return job
}

func limit(job windows.Handle, flags uint32) error {
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: flags},
	}
	_, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	return err
}

// resume lets the one thread of a suspended process go.
func resume(pid uint32) error {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPTHREAD, 0)
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(snapshot) }()
	entry := windows.ThreadEntry32{Size: uint32(unsafe.Sizeof(windows.ThreadEntry32{}))}
	for err = windows.Thread32First(snapshot, &entry); err == nil; err = windows.Thread32Next(snapshot, &entry) {
		if entry.OwnerProcessID == pid {
			return resumeThread(entry.ThreadID)
		}
	}
	return err
}

func resumeThread(id uint32) error {
	thread, err := windows.OpenThread(windows.THREAD_SUSPEND_RESUME, false, id)
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(thread) }()
	_, err = windows.ResumeThread(thread)
	return err
}

// signal passes on what Windows has: everything that asks a process to end is
// a Ctrl-Break, which a Go program sees as os.Interrupt.
func (t *tree) signal(sig os.Signal) error {
	if sig == os.Kill {
		t.kill()
		return nil
	}
	return t.interrupt()
}

// interrupt fails for a process without a console, as in a service.
func (t *tree) interrupt() error {
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(t.leader.Pid))
}

func (t *tree) kill() {
	if t.job == 0 {
		_ = t.leader.Kill()
		return
	}
	_ = windows.TerminateJobObject(t.job, killedCode)
}

// accounting is JOBOBJECT_BASIC_ACCOUNTING_INFORMATION of winnt.h.
type accounting struct {
	TotalUserTime, TotalKernelTime           int64
	ThisPeriodUserTime, ThisPeriodKernelTime int64
	TotalPageFaultCount                      uint32
	TotalProcesses                           uint32
	ActiveProcesses                          uint32
	TotalTerminatedProcesses                 uint32
}

func (t *tree) alive() bool {
	if t.job == 0 {
		return false
	}
	var info accounting
	err := windows.QueryInformationJobObject(t.job, windows.JobObjectBasicAccountingInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)), nil)
	return err == nil && info.ActiveProcesses > 0
}

// release lets what is left of the tree go on.
func (t *tree) release() {
	if t.job == 0 {
		return
	}
	_ = limit(t.job, 0)
	_ = windows.CloseHandle(t.job)
}

func exitCode(state *os.ProcessState) int { return state.ExitCode() }
