package action

import (
	"bytes"
	"errors"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/ci"
)

// SetOutputs sets outputs of the step. Outputs exist only for a step of a
// workflow, so without GITHUB_OUTPUT nothing happens.
func (g GitHub) SetOutputs(vars []ci.Var) error {
	if g.Getenv("GITHUB_OUTPUT") == "" {
		return nil
	}
	if err := checkOutputs(vars); err != nil {
		return err
	}
	return g.add("GITHUB_OUTPUT", vars, (*sdk).SetOutput)
}

// SaveState keeps a value for the action's post step, where the variable
// STATE_name has it. Without GITHUB_STATE nothing happens.
func (g GitHub) SaveState(name, value string) error {
	if g.Getenv("GITHUB_STATE") == "" {
		return nil
	}
	vars := []ci.Var{{Name: name, Value: value}}
	if err := checkOutputs(vars); err != nil {
		return err
	}
	return g.add("GITHUB_STATE", vars, (*sdk).SaveState)
}

// checkOutputs is the check of variables, but names may have hyphens.
func checkOutputs(vars []ci.Var) error {
	for _, v := range vars {
		err := ci.Var{Name: strings.ReplaceAll(v.Name, "-", "_"), Value: v.Value}.Check()
		var bad *ci.ValueError
		if errors.As(err, &bad) {
			return &ci.ValueError{Name: v.Name, Reason: bad.Reason}
		}
	}
	return nil
}

// SummaryLimit is how many bytes of Markdown AddSummary takes. GitHub drops the
// whole summary of a step over 1 MiB and shows long ones slowly.
const SummaryLimit = 64 << 10

const summaryMark = "\n\n… the rest of this summary was cut at 64 KiB; the log has all of it.\n"

// AddSummary adds Markdown to the page of the run, cut at the end of a line if
// it is longer than SummaryLimit. Without GITHUB_STEP_SUMMARY nothing happens.
func (g GitHub) AddSummary(markdown []byte) error {
	const variable = "GITHUB_STEP_SUMMARY"
	if g.Getenv(variable) == "" || len(markdown) == 0 {
		return nil
	}
	path, err := g.file(variable)
	if err != nil {
		return err
	}
	data, err := g.stage(variable, func(a *sdk) {
		a.AddStepSummary(string(cutSummary(markdown)))
	})
	if err != nil {
		return err
	}
	return appendTo(variable, path, data)
}

func cutSummary(markdown []byte) []byte {
	const fence = "\n```"
	if len(markdown) <= SummaryLimit {
		return markdown
	}
	room := SummaryLimit - len(fence) - len(summaryMark)
	kept := markdown[:bytes.LastIndexByte(markdown[:room], '\n')+1]
	out := bytes.TrimRight(kept, "\n")
	if inFence(out) {
		return append(bytes.Clone(out), fence+summaryMark...)
	}
	return append(bytes.Clone(out), summaryMark...)
}

// inFence reports whether the text ends inside a block of code.
func inFence(markdown []byte) bool {
	open := false
	for line := range bytes.Lines(markdown) {
		if bytes.HasPrefix(line, []byte("```")) {
			open = !open
		}
	}
	return open
}

// Mask hides a secret in the log from now on.
func (g GitHub) Mask(secret string) error {
	return ci.Detect(g.Getenv).Mask(g.Stdout, secret)
}
