package modproxy

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// A CertificateError is a certificate that is not accepted, with what a person needs
// to find out whose it is. It never makes a difference to what is trusted.
type CertificateError struct {
	Host      string
	Subject   string // distinguished names as in RFC 2253
	Issuer    string
	Root      string // what the chain that the server sent ends in; Issuer, if it sent no more
	NotBefore time.Time
	NotAfter  time.Time
	Err       *tls.CertificateVerificationError
}

func (e *CertificateError) Error() string {
	s := fmt.Sprintf("%v (its subject is %q, its issuer %q", e.Err, e.Subject, e.Issuer)
	if e.Root != e.Issuer {
		s += fmt.Sprintf(", its chain ends in %q", e.Root)
	}
	return s + fmt.Sprintf("; valid from %s to %s)", e.NotBefore.UTC().Format(time.DateOnly), e.NotAfter.UTC().Format(time.DateOnly))
}

func (e *CertificateError) Unwrap() error { return e.Err }

// Unknown reports whether the certificate is good but for who signed it.
func (e *CertificateError) Unknown() bool {
	var unknown x509.UnknownAuthorityError
	return errors.As(e.Err, &unknown)
}

// describeCertificate adds what a certificate says to an error that is due to it.
func describeCertificate(host string, err error) error {
	var refused *tls.CertificateVerificationError
	var told *CertificateError
	if errors.As(err, &told) || !errors.As(err, &refused) || len(refused.UnverifiedCertificates) == 0 {
		return err
	}
	leaf, last := refused.UnverifiedCertificates[0], refused.UnverifiedCertificates[len(refused.UnverifiedCertificates)-1]
	return &CertificateError{
		Host: host, Subject: leaf.Subject.String(), Issuer: leaf.Issuer.String(), Root: last.Issuer.String(),
		NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter, Err: refused,
	}
}
