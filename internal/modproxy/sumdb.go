package modproxy

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// sumGolangKey is the verifier key of sum.golang.org
// (src/cmd/go/internal/modfetch/key.go).
const sumGolangKey = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"

// ProbeSumDB asks the checksum database and its alias for their signed tree
// head, and believes only one that carries the right signature.
func (c *Client) ProbeSumDB(ctx context.Context, budget time.Duration) (db, alias Answer) {
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { db = c.signedHead(ctx, SumGolang) })
	wg.Go(func() { alias = c.signedHead(ctx, Alias) })
	wg.Wait()
	return db, alias
}

func (c *Client) signedHead(ctx context.Context, host string) Answer {
	u := &url.URL{Scheme: "https", Host: host, Path: "/latest"}
	err := c.again(ctx, Try{URL: u}, func(resp *http.Response) error {
		if err := CheckStatus(resp); err != nil {
			return err
		}
		data, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
		if err != nil {
			return err
		}
		v, err := note.NewVerifier(sumGolangKey)
		if err != nil {
			return err
		}
		_, err = note.Open(data, note.VerifierList(v))
		return err
	})
	if err != nil {
		return No
	}
	return Yes
}

// ProxiedSumDB names the database that go asks through a module proxy, from a value
// of GOSUMDB: none when it is off or has a URL of its own, which go then asks
// directly. The alias is such a URL.
func ProxiedSumDB(gosumdb string) string {
	f := strings.Fields(gosumdb)
	if len(f) != 1 || f[0] == "off" || f[0] == Alias {
		return ""
	}
	name, _, _ := strings.Cut(f[0], "+")
	return name
}
