package doctor

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goproxy-setup/goproxy-setup/ci"
	"github.com/goproxy-setup/goproxy-setup/internal/forward"
	"github.com/goproxy-setup/goproxy-setup/internal/gocmd"
	"github.com/goproxy-setup/goproxy-setup/internal/machine"
)

// A World is the machine as the doctor sees it. NewWorld fills in what is the
// same for everybody; tests bring their own.
type World struct {
	Getenv  func(string) string
	Environ []string
	OS      string // as GOOS
	Dir     string // of the job's module, absolute
	Temp    string // for temporary files, as the go command would take it
	Runner  ci.Runner

	Proxies, Private, SumDB string        // settings of this program
	ForwardProxy            string        // another one, checked
	Budget                  time.Duration // of each network step

	Forward forward.Machine // where a forward proxy may be named besides the variables

	Now    func() time.Time
	Find   func(name string) (string, error) // a command in PATH
	Exec   func(context.Context, gocmd.Command) (int, error)
	Lookup func(ctx context.Context, network, host string) ([]netip.Addr, error) // network is ip4 or ip6
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	Listen func(network, address string) (net.Listener, error)
	Roots  *x509.CertPool // nil is the system's
	// SystemRoots are the CAs that this machine trusts.
	SystemRoots func() (*x509.CertPool, error)
	Disk        func(dir string) (Disk, error)
	Stat        func(path string) (os.FileInfo, error)
	// Scope reads the variables that Windows keeps for new processes.
	Scope func(machine.Scope) ([]machine.Variable, error)
	// Holders names the processes that have files open.
	Holders func(files ...string) []machine.Holder
	// Closed says whether other users may enter a folder, by a *machine.NotPrivateError.
	Closed func(dir string) error
	// WriteMany writes scanFiles small files below a folder, as the module cache does.
	WriteMany func(dir string) (time.Duration, error)
}

// NewWorld is the real machine, but for what the caller knows better.
func NewWorld(getenv func(string) string, environ []string, goos string) World {
	return World{
		Getenv: getenv, Environ: environ, OS: goos,
		Now:         time.Now,
		Find:        func(name string) (string, error) { return gocmd.LookPath(name, getenv, goos) },
		Exec:        gocmd.Run,
		Lookup:      net.DefaultResolver.LookupNetIP,
		Dial:        (&net.Dialer{}).DialContext,
		Listen:      net.Listen,
		SystemRoots: x509.SystemCertPool,
		Disk:        diskOf,
		Stat:        os.Stat,
		Scope:       machine.Variables,
		Holders:     machine.Holders,
		Closed:      machine.CheckPrivate,
		WriteMany:   writeMany,
	}
}

// execLimit is for commands that only look: git --version, git config.
const execLimit = 10 * time.Second

// output runs a command that is in PATH, outside of any repository, and returns
// what it printed.
func (w World) output(ctx context.Context, name string, args ...string) (string, error) {
	path, err := w.Find(name)
	if err != nil {
		return "", err
	}
	return w.outputOf(ctx, path, w.Environ, args...)
}

func (w World) outputOf(ctx context.Context, path string, env []string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, execLimit)
	defer cancel()
	var out, stderr bytes.Buffer
	code, err := w.Exec(ctx, gocmd.Command{Path: path, Args: args, Dir: w.Temp, Env: env, Stdout: &out, Stderr: &stderr})
	if err == nil && code != 0 {
		err = fmt.Errorf("exit status %d: %s", code, bytes.TrimSpace(stderr.Bytes()))
	}
	return strings.TrimSpace(out.String()), err
}

// home is the folder that git, ssh and .netrc are looked for in.
func (w World) home() string {
	if w.OS == "windows" {
		return w.Getenv("USERPROFILE")
	}
	return w.Getenv("HOME")
}

// scope is empty where nothing can be asked.
func (w World) scope(s machine.Scope) []machine.Variable {
	if w.Scope == nil {
		return nil
	}
	vars, _ := w.Scope(s) // a system without, or no right to look
	return vars
}

func (w World) exists(elem ...string) bool {
	_, err := w.Stat(filepath.Join(elem...))
	return err == nil
}

// empty lists the variables that are set to nothing; the last of a name counts.
func (w World) empty() map[string]bool {
	m := map[string]bool{}
	for _, kv := range w.Environ {
		if name, value, ok := strings.Cut(kv, "="); ok {
			m[name] = value == ""
		}
	}
	return m
}
