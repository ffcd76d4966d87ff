package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// children are the programs that a benchmark starts as processes of their own:
// they are this very program with another first argument.
var children = map[string]func(args []string) error{
	"lab-upstream": upstreamMain,
	"lab-fetch":    fetchMain,
}

// Child runs the child that this process is, if it is one, and does not return
// then. Every benchmark calls it first.
func Child() {
	if len(os.Args) < 2 || children[os.Args[1]] == nil {
		return
	}
	if err := children[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, os.Args[1]+":", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// A process is a child that answers lines of its stdin with JSON. It ends with
// its stdin, so it does not outlive a benchmark that was killed.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

// startProcess starts argv, which may begin with a prefix such as that of a Link.
func startProcess(ctx context.Context, argv []string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, argv[0], argv[1:]...)}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = json.NewDecoder(out)
	return p, p.cmd.Start()
}

// ask sends a line and reads the answer.
func (p *process) ask(line string, answer any) error {
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(p.cmd.Args, " "), err)
	}
	return p.out.Decode(answer)
}

func (p *process) close() error {
	p.in.Close()
	err := p.cmd.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// self is how to start a child of this program.
func self(link []string, args ...string) ([]string, error) {
	program, err := os.Executable()
	return append(append(append([]string{}, link...), program), args...), err
}
