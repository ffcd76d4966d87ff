package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/goproxy-setup/goproxy-setup/bench/lab"
)

// memory reads the peak of resident memory after so many bytes of zips have
// passed through the loopback, eight at a time.
func (w *world) memory(ctx context.Context) error {
	l, err := w.serve(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	before := l.status("VmHWM")
	var zips []string
	paths, err := w.graph.Paths()
	for _, p := range paths {
		if strings.HasSuffix(p, ".zip") {
			zips = append(zips, p)
		}
	}
	if err != nil {
		return err
	}
	start := time.Now()
	n, requests, err := pull(l.goproxy, zips, w.bytes, 8)
	took := time.Since(start)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.out, "Memory of `goproxy-setup serve` while zips of %s pass, eight at a time.\n\n", w.graph.Name)
	t := lab.NewTable(w.out, "MB passed", "requests", "s", "peak RSS before, MB", "peak RSS after, MB", "threads", "files left in its folder")
	t.Row(lab.MB(n), fmt.Sprint(requests), lab.Seconds(took), lab.MB(before*1024), lab.MB(l.status("VmHWM")*1024), fmt.Sprint(l.status("Threads")), fmt.Sprint(len(l.leftInDir())))
	return nil
}

// pull gets paths again and again, so many at a time, until enough bytes came.
func pull(base string, paths []string, enough int64, atOnce int) (bytes int64, requests int, err error) {
	type answer struct {
		n   int64
		err error
	}
	jobs, answers := make(chan string), make(chan answer)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}}
	defer client.CloseIdleConnections()
	for range atOnce {
		go func() {
			for p := range jobs {
				n, err := get(client, base+"/"+p)
				answers <- answer{n, err}
			}
		}()
	}
	defer close(jobs)
	for open := 0; bytes < enough || open > 0; {
		send := jobs
		if bytes >= enough || err != nil || open == atOnce {
			send = nil
		}
		if send == nil && open == 0 {
			break
		}
		select {
		case send <- paths[requests%len(paths)]:
			requests++
			open++
		case a := <-answers:
			open--
			bytes += a.n
			err = errors.Join(err, a.err)
		}
	}
	return bytes, requests, err
}

func get(c *http.Client, url string) (int64, error) {
	resp, err := c.Get(url)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, resp.Status)
	}
	return n, err
}
