package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// certificates are the server's certificates, such as one with an ECDSA key and one for
// clients that know only RSA. Safe for concurrent use.
type certificates []*certificate

// checkPairs checks that there is a key for each certificate.
func checkPairs(certFiles, keyFiles string) error {
	if certFiles == "" && keyFiles == "" {
		return nil
	}
	if certFiles == "" || keyFiles == "" {
		return errors.New("expected both or neither")
	}
	certs, keys := strings.Split(certFiles, ","), strings.Split(keyFiles, ",")
	if len(certs) != len(keys) || slices.Contains(certs, "") || slices.Contains(keys, "") {
		return fmt.Errorf("expected a file with a key for each certificate, got %q and %q", certFiles, keyFiles)
	}
	return nil
}

// loadCertificates reads the pairs that two lists name, which checkPairs has checked.
func loadCertificates(certFiles, keyFiles string, log *slog.Logger) (certificates, error) {
	var all certificates
	keys := strings.Split(keyFiles, ",")
	for i, certFile := range strings.Split(certFiles, ",") {
		c, err := loadCertificate(certFile, keys[i], log)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// config returns the configuration of a listener: TLS 1.2 and up, and HTTP/1.1 inside,
// which an upgrade needs. All connections must share one: it holds the keys of the tickets
// by which clients resume, and replaces them once a day.
func (cs certificates) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: cs.choose,

		// What waits is encrypted in as few records as possible. Messages are short,
		// so that hardly any record has to wait for a second packet.
		DynamicRecordSizingDisabled: true,
	}
}

// choose returns the first certificate that the client can use, preferring those for the
// name that it asks for.
func (cs certificates) choose(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if len(cs) == 1 {
		return cs[0].current(), nil
	}
	anyName := *hello
	anyName.ServerName = ""
	for _, hello := range []*tls.ClientHelloInfo{hello, &anyName} {
		for _, c := range cs {
			if current := c.current(); hello.SupportsCertificate(current) == nil {
				return current, nil
			}
		}
	}
	return cs[0].current(), nil
}
