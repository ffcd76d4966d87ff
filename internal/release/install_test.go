package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// The binary that install.sh gets here is a script: it can be run, and says what it is.
const program = "#!/bin/sh\necho goproxy-setup v1.2.3 of the test\n"

// An installCase is one call of install.sh.
type installCase struct {
	name   string
	uname  string // what `uname -s -m` says, "Linux x86_64" when empty
	args   string // after -b DIR
	files  map[string]string
	cut    string // file that ends in the middle
	latest bool   // where the files are
	hide   string // commands that are not there
	want   string // in stderr; empty: it installs
	code   int
}

const asset = "goproxy-setup_linux_amd64"

func sum(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }

func line(content, name string) string { return sum(content) + "  " + name + "\n" }

var installCases = []installCase{
	{name: "good", files: map[string]string{asset: program, "checksums.txt": line(program, asset)}},
	{name: "latest without a version", args: "-", latest: true,
		files: map[string]string{asset: program, "checksums.txt": line(program, asset)}},
	{name: "arm64 mac", uname: "Darwin arm64",
		files: map[string]string{"goproxy-setup_darwin_arm64": program, "checksums.txt": line(program, "goproxy-setup_darwin_arm64")}},
	{name: "binary mark, CRLF and no last line end",
		files: map[string]string{asset: program, "checksums.txt": line("x", "other") + sum(program) + " *" + asset + "\r"}},
	{name: "names around it", files: map[string]string{asset: program, "checksums.txt": line("a", asset+".cdx.json") +
		line("b", "x"+asset) + line("c", "dir/"+asset) + line(program, asset) + line("d", asset+" 2")}},

	{name: "wrong sum", files: map[string]string{asset: program, "checksums.txt": line("other", asset)},
		want: "sha256 of", code: 1},
	{name: "no line", files: map[string]string{asset: program, "checksums.txt": line(program, "goproxy-setup_linux_arm64")},
		want: "no line for " + asset, code: 1},
	{name: "name is a prefix of another", files: map[string]string{asset: program, "checksums.txt": line(program, asset+".cdx.json")},
		want: "no line for " + asset, code: 1},
	{name: "another is its suffix", files: map[string]string{asset: program, "checksums.txt": line(program, "x"+asset)},
		want: "no line for " + asset, code: 1},
	{name: "name as a pattern", files: map[string]string{asset: program, "checksums.txt": line(program, "goproxy-setup_*")},
		want: "no line for " + asset, code: 1},
	{name: "two lines", files: map[string]string{asset: program, "checksums.txt": line("other", asset) + line(program, asset)},
		want: "two lines", code: 1},
	{name: "short sum", files: map[string]string{asset: program, "checksums.txt": sum(program)[:63] + "  " + asset + "\n"},
		want: "no sha256 for", code: 1},
	{name: "sum is a login page", files: map[string]string{asset: program, "checksums.txt": "<html>  " + asset + "\n"},
		want: "no sha256 for", code: 1},
	{name: "empty checksums", files: map[string]string{asset: program, "checksums.txt": ""},
		want: "no line for", code: 1},
	{name: "no checksums", files: map[string]string{asset: program}, want: "cannot download", code: 1},
	{name: "no binary", files: map[string]string{"checksums.txt": line(program, asset)}, want: "cannot download", code: 1},
	{name: "cut binary", files: map[string]string{asset: program, "checksums.txt": line(program, asset)}, cut: asset,
		want: "error: ", code: 1},
	{name: "cut checksums", files: map[string]string{asset: program, "checksums.txt": line(program, asset)}, cut: "checksums.txt",
		want: "error: ", code: 1},
	{name: "binary that does not run", files: map[string]string{asset: "#!/bin/sh\nexit 3\n", "checksums.txt": line("#!/bin/sh\nexit 3\n", asset)},
		want: "does not run", code: 1},
	{name: "unknown system", uname: "Plan9 x86_64", want: "no release for Plan9", code: 1},
	{name: "unknown processor", uname: "Linux riscv64", want: "no release for riscv64", code: 1},
	{name: "no program for sums", hide: "sha256sum shasum openssl",
		files: map[string]string{asset: program, "checksums.txt": line(program, asset)}, want: "sha256sum, shasum or openssl is needed", code: 1},
	{name: "no program for downloads", hide: "curl wget",
		files: map[string]string{asset: program, "checksums.txt": line(program, asset)}, want: "neither curl nor wget", code: 1},
	{name: "openssl alone", hide: "sha256sum shasum", files: map[string]string{asset: program, "checksums.txt": line(program, asset)}},
	{name: "wrong option", args: "--frobnicate", want: "usage:", code: 2},
	{name: "version without v", args: "1.2.3", want: "usage:", code: 2},
}

// TestInstall runs install.sh under every shell that is here, with curl and with wget.
func TestInstall(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("install.sh is for POSIX shells")
	}
	script, err := filepath.Abs("../../install.sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, shell := range []string{"dash", "bash --posix", "busybox sh"} {
		for _, client := range []string{"curl", "wget"} {
			t.Run(strings.Fields(shell)[0]+" "+client, func(t *testing.T) {
				t.Parallel()
				for _, name := range []string{strings.Fields(shell)[0], client} {
					if _, err := exec.LookPath(name); err != nil {
						t.Skipf("no %s here", name)
					}
				}
				if strings.HasPrefix(shell, "busybox") && standalone() {
					t.Skip("the shell of this BusyBox has commands of its own, whatever PATH says")
				}
				for _, c := range installCases {
					t.Run(c.name, func(t *testing.T) {
						t.Parallel()
						c.run(t, append(strings.Fields(shell), script), client)
					})
				}
			})
		}
	}
}

func (c installCase) run(t *testing.T, command []string, client string) {
	server := httptest.NewServer(c.release())
	t.Cleanup(server.Close)
	home := t.TempDir()
	bin, temp, dir := filepath.Join(home, "tools"), filepath.Join(home, "tmp"), filepath.Join(home, "new", "bin")
	c.tools(t, bin, command[0], client)
	if err := os.Mkdir(temp, 0o755); err != nil {
		t.Fatal(err)
	}
	args := append(command[1:], "-b", dir)
	switch c.args {
	case "":
		args = append(args, "v1.2.3")
	case "-":
	default:
		args = append(args, c.args)
	}
	shell, err := exec.LookPath(command[0])
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shell, args...)
	cmd.Env = []string{"PATH=" + bin, "HOME=" + home, "TMPDIR=" + temp, "GOPROXY_SETUP_MIRROR=" + server.URL + "/mirror/"}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(stderr.String(), c.want) {
		t.Fatalf("exit code %d, want %d and %q in\n%s", code, c.code, c.want, &stderr)
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("left in the temporary folder: %v", left)
	}
	left, _ := os.ReadDir(dir)
	if c.code != 0 {
		if len(left) > 0 {
			t.Errorf("installed in spite of the error: %v", left)
		}
		return
	}
	if len(left) != 1 || left[0].Name() != "goproxy-setup" || stdout.String() != "goproxy-setup v1.2.3 of the test\n" {
		t.Errorf("installed %v, printed %q", left, &stdout)
	}
}

// standalone tells whether BusyBox was built to prefer its applets to PATH, as Debian's static one is.
func standalone() bool {
	cmd := exec.Command("busybox", "sh", "-c", "uname")
	cmd.Env = []string{"PATH=/nonexistent"}
	return cmd.Run() == nil
}

// TestInstallPowerShell runs install.ps1 under Windows PowerShell 5.1 and PowerShell 7, where they are. The binary it
// gets is this test.
func TestInstallPowerShell(t *testing.T) {
	t.Parallel()
	script, err := filepath.Abs("../../install.ps1")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	for _, shell := range []string{"powershell", "pwsh"} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skipf("no %s here", shell)
			}
			for _, c := range installCases {
				if c.uname != "" || c.hide != "" || c.args != "" || strings.HasPrefix(c.name, "binary that") {
					continue // of install.sh only
				}
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.here(string(data)).runPowerShell(t, path, script)
				})
			}
		})
	}
}

// here is the case with this platform's name and this test as the binary.
func (c installCase) here(binary string) installCase {
	name := platform{runtime.GOOS, runtime.GOARCH}.file()
	files := map[string]string{}
	for file, content := range c.files {
		if content == program {
			content = binary
		}
		content = strings.ReplaceAll(content, sum(program), sum(binary))
		content = strings.ReplaceAll(content, sum(program)[:63], sum(binary)[:63]) // the short one
		if file != asset {
			content = strings.ReplaceAll(content, asset, name)
		}
		files[strings.ReplaceAll(file, asset, name)] = content
	}
	c.files, c.cut = files, strings.ReplaceAll(c.cut, asset, name)
	return c
}

func (c installCase) runPowerShell(t *testing.T, shell, script string) {
	server := httptest.NewServer(c.release())
	t.Cleanup(server.Close)
	dir, temp := filepath.Join(t.TempDir(), "new", "bin"), t.TempDir()
	cmd := exec.Command(shell, "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File", script, "-Version", "v1.2.3", "-BinDir", dir)
	cmd.Env = append(os.Environ(), "GOPROXY_SETUP_MIRROR="+server.URL+"/mirror/", "TMP="+temp, "TEMP="+temp, "TMPDIR="+temp, asProgram+"=1")
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); (code == 0) != (c.code == 0) {
		t.Fatalf("exit code %d, want %d in\n%s", code, c.code, out)
	}
	if left, _ := filepath.Glob(filepath.Join(temp, "goproxy-setup-*")); len(left) > 0 {
		t.Errorf("left in the temporary folder: %v", left)
	}
	left, _ := os.ReadDir(dir)
	switch {
	case c.code != 0 && len(left) > 0:
		t.Errorf("installed in spite of the error: %v", left)
	case c.code == 0 && (len(left) != 1 || !strings.HasPrefix(left[0].Name(), "goproxy-setup") || !strings.Contains(string(out), "goproxy-setup v1.2.3 of the test")):
		t.Errorf("installed %v, printed %q", left, out)
	}
}

// asProgram makes the test binary the program that install.ps1 installs.
const asProgram = "RELEASE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		fmt.Println("goproxy-setup v1.2.3 of the test")
		return
	}
	os.Exit(m.Run())
}

// release serves the files of the case as a mirror of the releases does.
func (c installCase) release() http.Handler {
	folder := "/mirror/download/v1.2.3/"
	if c.latest {
		folder = "/mirror/latest/download/"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := strings.CutPrefix(r.URL.Path, folder)
		content, there := c.files[name]
		if !ok || !there {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		if name == c.cut { // in the middle of a line, so that it can be told from the whole
			_, _ = w.Write([]byte(content[:len(content)/2]))
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write([]byte(content))
	})
}

// tools fills bin with what a small machine has: nothing that the script does not say it needs.
func (c installCase) tools(t *testing.T, bin, shell, client string) {
	t.Helper()
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	uname := c.uname
	if uname == "" {
		uname = "Linux x86_64"
	}
	system, machine, _ := strings.Cut(uname, " ")
	fake := fmt.Sprintf("#!/bin/sh\ncase $1 in -s) echo %s ;; -m) echo %s ;; esac\n", system, machine)
	if err := os.WriteFile(filepath.Join(bin, "uname"), []byte(fake), 0o755); err != nil {
		t.Fatal(err)
	}
	hidden := strings.Fields(c.hide)
	box, _ := exec.LookPath("busybox")
	for _, name := range []string{client, "sha256sum", "shasum", "openssl", "mktemp", "mkdir", "cp", "chmod", "mv", "rm"} {
		target, err := exec.LookPath(name)
		if shell == "busybox" && name != "curl" && name != "shasum" && name != "openssl" {
			target = box // all is an applet there
		}
		if err != nil || slices.Contains(hidden, name) {
			continue
		}
		if err := os.Symlink(target, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
}
