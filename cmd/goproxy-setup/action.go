package main

import (
	"context"

	"github.com/goproxy-setup/goproxy-setup/action"
	"github.com/goproxy-setup/goproxy-setup/internal/setup"
)

func runAction(ctx context.Context, h host, args []string) error {
	r, err := action.Start(h.world(), args)
	if err != nil {
		return err
	}
	return action.Finish(r, h.publish(r, r.Setup(ctx)))
}

// runFinish is the post step: it ends the loopback of the job and shows the
// report of the whole job, if later steps used it.
func runFinish(ctx context.Context, h host, args []string) error {
	r, err := h.start("finish", args)
	if err != nil {
		return err
	}
	return action.Complete(ctx, r, func() error { return h.publish(r, nil) })
}

// runServe is started by setup, with its specification on stdin.
func runServe(ctx context.Context, h host, _ []string) error {
	return setup.Serve(ctx, h.getenv, h.forward, h.stdin, h.stdout)
}
