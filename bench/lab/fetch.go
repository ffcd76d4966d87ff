package lab

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
)

// fetchMain is the limit: it gets the files named on stdin, many at once, and
// throws them away. Over HTTP/1.1 each request in flight has a connection;
// over HTTP/2 they share a few.
func fetchMain(args []string) error {
	flags := flag.NewFlagSet("lab-fetch", flag.ContinueOnError)
	base := flags.String("base", "", "")
	ca := flags.String("ca", "", "")
	conns := flags.Int("h2", 0, "connections of HTTP/2, none for HTTP/1.1")
	inFlight := flags.Int("in-flight", 64, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	pem, err := os.ReadFile(*ca)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	clients := fetchers(roots, *conns, *inFlight)
	paths := make(chan string)
	errs := make(chan error, *inFlight)
	var work sync.WaitGroup
	for i := range *inFlight {
		c := clients[i%len(clients)]
		work.Go(func() {
			if i >= len(clients) && *conns > 0 {
				<-c.connected
			}
			for p := range paths {
				if err := c.fetch(*base + "/" + p); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		select {
		case paths <- in.Text():
		case err := <-errs:
			return err
		}
	}
	close(paths)
	work.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// A fetcher is a client that over HTTP/2 has one connection.
type fetcher struct {
	http.Client
	connected chan struct{} // closed after the first header
	once      sync.Once
}

func fetchers(roots *x509.CertPool, h2, inFlight int) []*fetcher {
	var list []*fetcher
	for range max(h2, 1) {
		t := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, MaxIdleConnsPerHost: inFlight, DisableCompression: true}
		t.Protocols = new(http.Protocols)
		t.Protocols.SetHTTP1(h2 == 0)
		t.Protocols.SetHTTP2(h2 > 0)
		list = append(list, &fetcher{Client: http.Client{Transport: t}, connected: make(chan struct{})})
	}
	return list
}

func (f *fetcher) fetch(url string) error {
	resp, err := f.Get(url)
	f.once.Do(func() { close(f.connected) })
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, resp.Status)
	}
	return errors.Join(err, resp.Body.Close())
}
