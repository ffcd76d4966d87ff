package lab

import (
	"bytes"
	"context"
	"io"
	"os/exec"
	"time"
)

// A Command is what is measured.
type Command struct {
	Argv  []string
	Dir   string
	Env   []string
	Stdin io.Reader
}

// A Cost is what a command took.
type Cost struct {
	Wall    time.Duration
	CPU     time.Duration // user and system, of the command and all it waited for
	Exit    int           // -1 when it was killed
	Output  string        // both streams
	Foreign time.Duration // CPU that others took meanwhile, the upstream included; 0 where it is not known
}

// Run runs a command at the client's end of the link. One that does not end
// within patience is killed with all it started.
func (l *Link) Run(ctx context.Context, c Command, patience time.Duration) (Cost, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	argv := append(append([]string{}, l.client...), c.Argv...)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdin = c.Dir, c.Env, c.Stdin
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	ownGroup(cmd)
	busy, own := systemCPU(), selfCPU()
	start := time.Now()
	err := cmd.Run()
	cost := Cost{Wall: time.Since(start), Output: out.String()}
	if cmd.ProcessState == nil {
		return cost, err // did not start
	}
	cost.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	cost.Exit = cmd.ProcessState.ExitCode()
	cost.Foreign = max(0, systemCPU()-busy-cost.CPU-(selfCPU()-own))
	return cost, nil
}
