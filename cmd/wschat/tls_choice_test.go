package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// issue writes a certificate for a name with its key.
func issue(t *testing.T, name string, key crypto.Signer) (certFile, keyFile string) {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{name}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// shakeHands does it over a pipe, reads what the server sends, and returns what the
// client knows then.
func shakeHands(t *testing.T, server, client *tls.Config) tls.ConnectionState {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	served := make(chan error, 1)
	go func() {
		defer far.Close()
		conn := tls.Server(far, server)
		_, err := conn.Write([]byte("x"))
		served <- err
	}()
	conn := tls.Client(near, client)
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	return conn.ConnectionState()
}

// Of several certificates a client gets one that it can use.
func TestCertificateIsChosen(t *testing.T) {
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	old, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	cert1, key1 := issue(t, "chat.example", elliptical)
	cert2, key2 := issue(t, "chat.example", old)
	cert3, key3 := issue(t, "other.example", elliptical)
	certs, err := loadCertificates(cert1+","+cert2+","+cert3, key1+","+key2+","+key3, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	config := certs.config()
	rsaOnly := []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	for _, row := range []struct {
		name, asks string
		version    uint16
		suites     []uint16
		wantName   string
		wantKey    x509.PublicKeyAlgorithm
	}{
		{"the first", "chat.example", tls.VersionTLS13, nil, "chat.example", x509.ECDSA},
		{"the first, by TLS 1.2", "chat.example", tls.VersionTLS12, nil, "chat.example", x509.ECDSA},
		{"that of another name", "other.example", tls.VersionTLS13, nil, "other.example", x509.ECDSA},
		{"no name", "", tls.VersionTLS13, nil, "chat.example", x509.ECDSA},
		{"a name that nobody has", "third.example", tls.VersionTLS13, nil, "chat.example", x509.ECDSA},
		{"RSA only", "chat.example", tls.VersionTLS12, rsaOnly, "chat.example", x509.RSA},
		{"RSA only, no name", "", tls.VersionTLS12, rsaOnly, "chat.example", x509.RSA},
		{"RSA only, a name that has none", "other.example", tls.VersionTLS12, rsaOnly, "chat.example", x509.RSA},
	} {
		got := shakeHands(t, config, &tls.Config{ServerName: row.asks, InsecureSkipVerify: true, MaxVersion: row.version, CipherSuites: row.suites})
		leaf := got.PeerCertificates[0]
		if leaf.DNSNames[0] != row.wantName || leaf.PublicKeyAlgorithm != row.wantKey {
			t.Errorf("%s: got %v of %s", row.name, leaf.PublicKeyAlgorithm, leaf.DNSNames[0])
		}
	}
}

// A client that comes back resumes its session, also when the certificate has been
// read again meanwhile.
func TestSessionsResume(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		p := newPair(t)
		p.renew(1)
		certs, err := loadCertificates(p.certFile, p.keyFile, slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err != nil {
			t.Fatal(err)
		}
		server := certs.config()
		client := &tls.Config{InsecureSkipVerify: true, ServerName: "127.0.0.1", MaxVersion: version, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
		for i, want := range []bool{false, true, true, true} {
			if i == 2 {
				p.renew(2)
				if got := serial(t, certs[0]); got != 2 {
					t.Fatalf("number %d is in use", got)
				}
			}
			if got := shakeHands(t, server, client); got.DidResume != want {
				t.Errorf("%s: handshake %d resumed: %v", tls.VersionName(version), i, got.DidResume)
			}
		}
		if got := shakeHands(t, server, &tls.Config{InsecureSkipVerify: true}); got.PeerCertificates[0].SerialNumber.Int64() != 2 {
			t.Error("a new client gets the old certificate")
		}
	}
}
