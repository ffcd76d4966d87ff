package ci

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// asciiHostile are the hostile values that cmd.exe takes: no others are written for
// it.
func asciiHostile() (vars []Var) {
	for _, v := range hostile {
		if !strings.ContainsFunc(v.Value, func(r rune) bool { return r >= 0x80 }) {
			vars = append(vars, v)
		}
	}
	return vars
}

// A windowsReader is a shell of Windows that loads a file and starts a program.
type windowsReader struct {
	name, form, file string
	vars             []Var
	script           string // with FILE and PROGRAM, in a file of this name
	driver           string
	command          string // with DRIVER
}

func TestWindowsShellsReadTheValuesBack(t *testing.T) {
	t.Parallel()
	const powershell = ` -NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -File "DRIVER"`
	for _, r := range []windowsReader{
		{"cmd calls the file", "cmd", "vars.cmd", asciiHostile(), "@call \"FILE\"\r\n@\"PROGRAM\"\r\n", "driver.cmd", `cmd.exe /d /v:off /c ""DRIVER""`},
		{"Windows PowerShell sources the file", "powershell", "vars.ps1", hostile, `. 'FILE'; & 'PROGRAM'`, "driver.ps1", `powershell.exe` + powershell},
		{"Windows PowerShell evaluates the output", "powershell", "vars.txt", hostile, `Get-Content -Raw 'FILE' | Out-String | Invoke-Expression; & 'PROGRAM'`, "driver.ps1", `powershell.exe` + powershell},
		{"PowerShell 7 sources the file", "powershell", "vars.ps1", hostile, `. 'FILE'; & 'PROGRAM'`, "driver.ps1", `pwsh.exe` + powershell},
		{"PowerShell 7 evaluates the output", "powershell", "vars.txt", hostile, `Get-Content -Raw 'FILE' | Out-String | Invoke-Expression; & 'PROGRAM'`, "driver.ps1", `pwsh.exe` + powershell},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			r.check(t)
		})
	}
}

func (r windowsReader) check(t *testing.T) {
	exe, _, _ := strings.Cut(r.command, " ")
	path, err := exec.LookPath(exe)
	if err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	dir := t.TempDir()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file, driver := filepath.Join(dir, r.file), filepath.Join(dir, r.driver)
	var b bytes.Buffer
	if err := WriteShell(&b, r.form, r.vars); err != nil {
		t.Fatal(err)
	}
	script := strings.NewReplacer("FILE", file, "PROGRAM", program).Replace(r.script)
	for name, text := range map[string]string{file: b.String(), driver: script} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(path)
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: strings.ReplaceAll(r.command, "DRIVER", driver)}
	cmd.Dir, cmd.Env = dir, append(os.Environ(), printEnv+"=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd.SysProcAttr.CmdLine, err, out)
	}
	if len(out) == 0 && exe == "powershell.exe" {
		t.Skip("NOT TESTED: this powershell.exe prints nothing, as the stub of Wine")
	}
	var environ []string
	if err := json.Unmarshal(out, &environ); err != nil {
		t.Fatalf("the shell printed %q: %v", out, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
		t.Error("the shell ran a command out of a value")
	}
	got := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		got[strings.ToUpper(name)] = value
	}
	for _, v := range r.vars {
		if got[v.Name] != v.Value { // an empty value is no variable on Windows
			t.Errorf("%s = %q, want %q", v.Name, got[v.Name], v.Value)
		}
	}
}
