// Command faultproxy serves modules with the faults of package proxytest, for
// tests in shell and by hand.
//
//	faultproxy [-tls] [-log FILE] [-signals] DIR
//
// DIR holds txtar files, or is a tree such as $GOMODCACHE/cache/download. It
// prints lines NAME=VALUE: URL first, then STORAGE, GOSUMDB and, for TLS,
// SSL_CERT_FILE. It ends when stdin does, or by a signal; with -signals by a
// signal only, since a shell gives background jobs an empty stdin.
//
//	exec {hold}> >(faultproxy testdata/mod >out)   # ends with the shell
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "faultproxy:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	flags := flag.NewFlagSet("faultproxy", flag.ContinueOnError)
	https := flags.Bool("tls", false, "serve https")
	log := flags.String("log", "", "write the requests to `FILE` at the end, one JSON object a line")
	signals := flags.Bool("signals", false, "do not end with stdin")
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return flag.ErrHelp
	}
	srv, err := proxytest.Start(proxytest.Config{TLS: *https}, source(flags.Arg(0)))
	if err != nil {
		return err
	}
	announce(stdout, srv)
	wait(ctx, stdin, *signals)
	err = srv.Close()
	if *log != "" {
		err = errors.Join(err, writeLog(*log, srv.Requests()))
	}
	return err
}

func source(dir string) proxytest.Source {
	if names, _ := filepath.Glob(filepath.Join(dir, "*.txtar")); len(names) > 0 {
		return proxytest.Dir(dir)
	}
	return proxytest.Tree(dir)
}

func announce(w io.Writer, srv *proxytest.Server) {
	fmt.Fprintf(w, "URL=%s\nSTORAGE=%s\nGOSUMDB=%s\n", srv.URL, srv.StorageURL, srv.SumDB)
	if srv.CAFile != "" {
		fmt.Fprintf(w, "SSL_CERT_FILE=%s\n", srv.CAFile)
	}
}

// wait returns when the context or stdin ends. The reader of stdin is left to
// the end of the process: nothing can stop it.
func wait(ctx context.Context, stdin io.Reader, signals bool) {
	ended := make(chan struct{})
	if !signals {
		go func() { io.Copy(io.Discard, stdin); close(ended) }()
	}
	select {
	case <-ctx.Done():
	case <-ended:
	}
}

func writeLog(name string, list []proxytest.Request) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(f)
	for _, q := range list {
		if err := enc.Encode(q); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return f.Close()
}
