package tunnel

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

// A CAFileError is a file of CA certificates that cannot be used.
type CAFileError struct {
	File   string
	Reason string // "has no certificate"; empty when Err tells
	Err    error  // may be nil
}

func (e *CAFileError) Error() string {
	switch {
	case e.Err == nil:
		return fmt.Sprintf("%q %s", e.File, e.Reason)
	case e.Reason == "":
		return fmt.Sprintf("%q cannot be read: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%q %s: %v", e.File, e.Reason, e.Err)
}

func (e *CAFileError) Unwrap() error { return e.Err }

// Roots are the CAs of the system and of files in PEM form besides; nil, which is
// the system's, for no file. A file in which any certificate is broken is refused:
// half of a bundle makes failures that nobody finds. Errors are *CAFileError.
func Roots(files ...string) (*x509.CertPool, error) {
	if len(files) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // small images have none
	}
	for _, name := range files {
		list, err := readCAs(name)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			pool.AddCert(c)
		}
	}
	return pool, nil
}

func readCAs(name string) (list []*x509.Certificate, err error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, &CAFileError{File: name, Err: unwrapPath(err)}
	}
	if !bytes.Contains(data, []byte("-----BEGIN ")) {
		return nil, &CAFileError{File: name, Reason: "is not in PEM form"}
	}
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &CAFileError{File: name, Reason: fmt.Sprintf("has a broken certificate, number %d", len(list)+1), Err: err}
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, &CAFileError{File: name, Reason: "has no certificate"}
	}
	return list, nil
}

// unwrapPath leaves out the name of the file, which the error has already.
func unwrapPath(err error) error {
	if p, ok := err.(*os.PathError); ok {
		return p.Err
	}
	return err
}
