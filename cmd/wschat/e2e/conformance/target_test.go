//go:build e2e

package conformance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	process "wschat/cmd/wschat/e2e/target"
)

// target is a server and how to speak with it.
type target struct {
	name   string
	server *process.Server
	tls    *tls.Config // nil: in the clear
	offer  string      // Sec-WebSocket-Extensions, if any
}

// browserOffer is what browsers offer.
const browserOffer = "permessage-deflate; client_max_window_bits"

// targets starts a server for each way to run one: in the clear (the epoll
// driver), with permessage-deflate, and with it over TLS (the goroutine driver).
func targets(t *testing.T, flags ...string) []*target {
	t.Helper()
	return []*target{plain(t, flags...), deflated(t, flags...), secure(t, flags...)}
}

func plain(t *testing.T, flags ...string) *target {
	return &target{name: "plain", server: start(t, flags...)}
}

func deflated(t *testing.T, flags ...string) *target {
	return &target{name: "deflate", offer: browserOffer, server: start(t, append(flags, "-compress")...)}
}

// secure speaks TLS with a certificate for this test alone.
func secure(t *testing.T, flags ...string) *target {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "conformance"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile := pemFile(t, "cert.pem", "CERTIFICATE", cert)
	keyFile := pemFile(t, "key.pem", "PRIVATE KEY", private)
	roots := x509.NewCertPool()
	trusted, err := x509.ParseCertificate(cert)
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(trusted)
	return &target{
		name:   "tls",
		offer:  browserOffer,
		server: start(t, append(flags, "-compress", "-tls-cert", certFile, "-tls-key", keyFile)...),
		tls: &tls.Config{
			RootCAs:    roots,
			ServerName: "127.0.0.1",
			// A full handshake, and one with ML-KEM, costs more than a row.
			ClientSessionCache: tls.NewLRUClientSessionCache(8),
			CurvePreferences:   []tls.CurveID{tls.X25519},
		},
	}
}

func pemFile(t *testing.T, name, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
