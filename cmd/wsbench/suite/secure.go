package suite

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func (s Subject) isTLS() bool { return strings.HasPrefix(s.Base, "wss:") }

// secured measures over TLS: wschat is given a certificate, a peer has it already.
func secured(measure func(*bench, Subject) (sample, error)) func(*bench, Subject) (sample, error) {
	return func(b *bench, s Subject) (sample, error) {
		if s.kind == chat {
			s.Base = "wss" + strings.TrimPrefix(s.Base, "ws")
			s.Command = append(append([]string{}, s.Command...), "-tls-cert", "{cert}", "-tls-key", "{key}")
		}
		return measure(b, s)
	}
}

// certify writes a certificate for this machine, with a key on P-256 as most servers
// have.
func certify(dir string) (certFile, keyFile string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, 30),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", "", err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", err
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	err = os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600)
	if err == nil {
		err = os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600)
	}
	return certFile, keyFile, err
}
