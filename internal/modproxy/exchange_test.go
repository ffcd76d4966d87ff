package modproxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goproxy-setup/goproxy-setup/internal/golden"
	"github.com/goproxy-setup/goproxy-setup/internal/proxytest"
)

// Time-outs: long enough for a busy machine to do what does not stall, and never.
const (
	stallTest = 400 * time.Millisecond
	noStall   = time.Minute
)

const zipPath = "example.com/m/@v/v1.0.0.zip"

// A rig is a module proxy with a client that trusts it.
type rig struct {
	*proxytest.Server
	client *Client
}

func newRig(t *testing.T, https bool) rig {
	t.Helper()
	srv := proxytest.NewWith(t, proxytest.Config{TLS: https}, proxytest.Module("example.com/m@v1.0.0", "-- m.go --\npackage m\n"))
	c := NewClient(Options{RootCAs: srv.CA})
	t.Cleanup(c.Close)
	return rig{srv, c}
}

func (r rig) try(t *testing.T, base string) Try {
	t.Helper()
	return Try{URL: parseURL(t, r.URL+base+"/"+zipPath), Stall: noStall}
}

func parseURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// read is what callers do with an answer.
func read(resp *http.Response) error {
	if err := CheckStatus(resp); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, resp.Body)
	return err
}

func never(error) (Try, bool) { return Try{}, false }

// TestDo reads testdata/do.txt: a faulty base URL in each case, and what one attempt
// at a file below it gives over each protocol.
func TestDo(t *testing.T) {
	t.Parallel()
	plain, secure := newRig(t, false), newRig(t, true)
	golden.Run(t, "testdata/do.txt", func(t *testing.T, in []string) []string {
		base, ending, _ := strings.Cut(in[0], " ")
		var out []string
		for _, p := range []struct {
			name  string
			rig   rig
			http1 bool
		}{{"http  ", plain, false}, {"https ", secure, true}, {"http/2", secure, false}} {
			try := p.rig.try(t, base)
			try.HTTP1 = p.http1
			if ending == "stalls" {
				try.Stall = stallTest
			}
			err := p.rig.client.Do(t.Context(), try, read, never)
			out = append(out, p.name+" "+p.rig.says(err))
		}
		return out
	})
}

// says tells what an error is, by types where it has one.
func (r rig) says(err error) string {
	var (
		timeout *TimeoutError
		status  *StatusError
		content *ContentError
		of      *url.Error
	)
	switch {
	case err == nil:
		return "whole"
	case errors.As(err, &timeout):
		return fmt.Sprintf("stalls in phase %s, %s", timeout.Phase, timeout.FailureClass())
	case errors.As(err, &status):
		s := fmt.Sprintf("status %s, %s", strings.ReplaceAll(status.Status(), "\n", `\n`), status.FailureClass())
		if status.RetryAfter > 0 {
			s += fmt.Sprintf(", ask again after %v", status.RetryAfter.Round(time.Minute))
		}
		return s
	case errors.As(err, &content):
		return strings.NewReplacer(r.URL, "$proxy", r.StorageURL, "$storage", strings.Replace(r.StorageURL, "https:", "http:", 1), "$insecure").
			Replace(content.Reason) + ", " + string(content.FailureClass())
	case errors.Is(err, syscall.ECONNRESET), strings.Contains(err.Error(), "forcibly closed"):
		return "connection reset"
	case errors.As(err, &of):
		err = of.Err
	}
	return err.Error()
}

// TestDoPhases: how far an attempt had come is part of the error.
func TestDoPhases(t *testing.T) {
	t.Parallel()
	mute, hole := proxytest.Mute(t), proxytest.BlackHole(t)
	hanging := newRig(t, true)
	for name, tt :== range map[string]struct {
		url  string
		want Phase
	}{
		"no connection": {hole, PhaseConnect},
		"no handshake":  {strings.Replace(mute, "http:", "https:", 1), PhaseTLS},
		"no header":     {mute, PhaseHeader},
		"no header of h2": {hanging.URL + "/hang", PhaseHeader},
		"no more body":  {hanging.URL + "/stall", PhaseBody},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.url == mute && hole == mute {
				t.Skip("this system has no black hole")
			}
			c := NewClient(Options{RootCAs: hanging.CA})
			defer c.Close()
			u := parseURL(t, tt.url+"/"+zipPath)
			u.User, u.RawQuery = url.UserPassword("u", secret), "sig="+secret
			err := c.Do(t.Context(), Try{URL: u, Stall: stallTest}, read, never)
			var timeout *TimeoutError
			if !errors.As(err, &timeout) || timeout.Phase != tt.want || timeout.After != stallTest || !timeout.Timeout() {
				t.Fatalf("error %#v, want a time-out in phase %s", err, tt.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("a secret is in %s", err)
			}
		})
	}
}

// TestDoTries: next gets each error and says what comes then.
func TestDoTries(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	ranged := r.try(t, "/cutx1")
	ranged.Header = http.Header{"Range": {"bytes=10-"}}
	ranged.Wait = time.Millisecond
	old := r.try(t, "")
	old.HTTP1 = true
	tries := []Try{r.try(t, "/cutx1"), ranged, ranged, old}
	var said []string
	first := r.try(t, "/503x1")
	err := r.client.Do(t.Context(), first, read, func(err error) (Try, bool) {
		said = append(said, r.says(err))
		if len(tries) == 0 {
			return Try{}, false
		}
		next := tries[0]
		tries = tries[1:]
		return next, true
	})
	if err != nil && len(tries) > 0 {
		t.Fatal(err)
	}
	want := []string{"status 503 Service Unavailable, proxy-server-error", "unexpected EOF"}
	for i, w := range want {
		if i >= len(said) || !strings.Contains(said[i], w) && !strings.Contains(said[i], "stream error") {
			t.Errorf("next was told %q, want %q", said, want)
			break
		}
	}
	for i, q := range r.Requests() {
		wantRange := map[int]string{2: "bytes=10-", 3: "bytes=10-"}[i]
		if got := q.Header.Get("Range"); got != wantRange {
			t.Errorf("request %d has Range %q, want %q", i, got, wantRange)
		}
	}
}
