package main

import (
	"context"

	"github.com/goproxy-setup/goproxy-setup/action"
)

func runAction(ctx context.Context, h host, args []string) error {
	r, err := action.Start(h.world(), args)
	if err != nil {
		return err
	}
	return action.Finish(r, h.publish(r, r.Setup(ctx)))
}

func runFinish(_ context.Context, _ host, _ []string) error { return nil }
