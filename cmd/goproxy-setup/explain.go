package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/goproxy-setup/goproxy-setup/internal/classify"
	"github.com/goproxy-setup/goproxy-setup/internal/config"
	"github.com/goproxy-setup/goproxy-setup/report"
)

// explanation is what `explain -json` prints: the root cause of the whole log
// first, every distinct failure after it.
type explanation struct {
	Class    report.Class     `json:"class"`
	Failures []report.Failure `json:"failures"`
}

// none is the class of a log in which no module download failed.
const none report.Class = "none"

func runExplain(_ context.Context, h host, args []string) error {
	r, err := h.start("explain", args)
	if err != nil {
		return err
	}
	in, err := h.open(r.Config.Args)
	if err != nil {
		return err
	}
	defer in.Close()
	log := bufio.NewReaderSize(in, 64<<10)
	if head, _ := log.Peek(4096); bytes.Contains(head, []byte(report.Schema)) {
		saved, err := report.Read(log)
		if err != nil {
			return err
		}
		r.Report = saved
		return h.write(r, r.Config.Reports())
	}
	r.Explain(classify.Log(log))
	failures := r.Report.Failures
	if r.Config.Bool("json") {
		return printExplanation(h.stdout, failures)
	}
	if len(failures) == 0 {
		fmt.Fprintln(h.stderr, "goproxy-setup: no failed module download in this log")
		return nil
	}
	return h.write(r, r.Config.Reports())
}

func printExplanation(w io.Writer, failures []report.Failure) error {
	e := explanation{Class: none, Failures: failures}
	if len(failures) > 0 {
		e.Class = failures[0].Class
	} else {
		e.Failures = []report.Failure{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(e)
}

func (h host) open(args []string) (io.ReadCloser, error) {
	switch {
	case len(args) > 1:
		return nil, &config.UsageError{Reason: "explain takes one file, not " + strings.Join(args, " "), Hint: "cat them into goproxy-setup explain"}
	case len(args) == 0 || args[0] == "-":
		return io.NopCloser(h.stdin), nil
	}
	name := args[0]
	if !filepath.IsAbs(name) {
		name = filepath.Join(h.dir, name)
	}
	return os.Open(name)
}
