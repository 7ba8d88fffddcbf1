package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pair are the files of a certificate, and what the server logs of them.
type pair struct {
	t                 *testing.T
	certFile, keyFile string
	log               bytes.Buffer
	writes            int
}

func newPair(t *testing.T) *pair {
	dir := t.TempDir()
	return &pair{t: t, certFile: filepath.Join(dir, "cert.pem"), keyFile: filepath.Join(dir, "key.pem")}
}

// renew replaces both files by a new certificate with this number.
func (p *pair) renew(serial int64) {
	p.t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader) // all of one size
	if err != nil {
		p.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		p.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		p.t.Fatal(err)
	}
	p.write(p.certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
	p.write(p.keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

// write replaces a file. Its time differs from that of the one before, however
// coarse the clock of the file system is.
func (p *pair) write(file string, content []byte) {
	p.t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.writes++
	stamp := time.Now().Add(time.Duration(p.writes) * time.Second)
	if err := os.Chtimes(file, stamp, stamp); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pair) load() (*certificate, error) {
	return loadCertificate(p.certFile, p.keyFile, slog.New(slog.NewTextHandler(&p.log, nil)))
}

// serial is the number of the certificate that a client gets when checkEvery has
// passed.
func serial(t *testing.T, c *certificate) int64 {
	t.Helper()
	c.checked = c.checked.Add(-checkEvery)
	leaf, err := x509.ParseCertificate(c.current().Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return leaf.SerialNumber.Int64()
}

// PROTOCOL 7: "read again when the files change".
func TestCertificateIsRenewed(t *testing.T) {
	p := newPair(t)
	p.renew(1)
	c, err := p.load()
	if err != nil {
		t.Fatal(err)
	}
	if got := serial(t, c); got != 1 || p.log.Len() != 0 {
		t.Fatalf("got %d, logged %s", got, p.log.String())
	}
	p.renew(2)
	if got, err := x509.ParseCertificate(c.current().Certificate[0]); err != nil || got.SerialNumber.Int64() != 1 {
		t.Errorf("the files are read more often than every %v", checkEvery)
	}
	for range 3 {
		if got := serial(t, c); got != 2 {
			t.Errorf("got %d, want the new one", got)
		}
	}
	if n := strings.Count(p.log.String(), "certificate read again"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, p.log.String())
	}
}

// Whatever way the files are replaced, and whatever their size and time say.
func TestCertificateIsRenewedInEveryWay(t *testing.T) {
	stamp := time.Now().Truncate(time.Second)
	sameTime := func(p *pair) {
		for _, file := range []string{p.certFile, p.keyFile} {
			if err := os.Chtimes(file, stamp, stamp); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	for _, row := range []struct {
		name  string
		renew func(p *pair, serial int64)
	}{
		{"written over", func(p *pair, serial int64) { p.renew(serial); sameTime(p) }},
		{"renamed over, as certbot's copies are", func(p *pair, serial int64) {
			next := newPair(p.t)
			next.renew(serial)
			sameTime(next)
			rename(p.t, next.certFile, p.certFile)
			rename(p.t, next.keyFile, p.keyFile)
		}},
		{"a link to a directory, as Kubernetes swaps it", func(p *pair, serial int64) {
			next := newPair(p.t)
			next.renew(serial)
			sameTime(next)
			link := filepath.Join(filepath.Dir(p.certFile), "..data")
			relink(p.t, filepath.Dir(next.certFile), link)
			relink(p.t, filepath.Join(link, "cert.pem"), p.certFile)
			relink(p.t, filepath.Join(link, "key.pem"), p.keyFile)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPair(t)
			row.renew(p, 101) // numbers of one length, so that the files are
			c, err := p.load()
			if err != nil {
				t.Fatal(err)
			}
			for number := int64(102); number < 105; number++ {
				row.renew(p, number)
				if got := serial(t, c); got != number {
					t.Errorf("got %d, want %d", got, number)
				}
			}
			if n := strings.Count(p.log.String(), "certificate read again"); n != 3 {
				t.Errorf("logged %d times:\n%s", n, p.log.String())
			}
		})
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// relink makes link a symbolic link to target, in one step.
func relink(t *testing.T, target, link string) {
	t.Helper()
	if err := os.Symlink(target, link+".new"); err != nil {
		t.Fatal(err)
	}
	rename(t, link+".new", link)
}

// While the files are no pair the old certificate stays, and the log says why,
// once.
func TestBrokenCertificateKeepsTheOld(t *testing.T) {
	for _, row := range []struct {
		name   string
		spoil  func(*pair)
		logged string
	}{
		{"half written", func(p *pair) { p.write(p.certFile, []byte("-----BEGIN CERTIFICATE-----\nMII")) }, "PEM"},
		{"empty", func(p *pair) { p.write(p.keyFile, nil) }, "key"},
		{"certificate of another key", func(p *pair) {
			key, err := os.ReadFile(p.keyFile)
			if err != nil {
				p.t.Fatal(err)
			}
			p.renew(9)
			p.write(p.keyFile, key)
		}, "does not match"},
		{"missing", func(p *pair) { os.Remove(p.certFile) }, "no such file"},
		{"key missing", func(p *pair) { os.Remove(p.keyFile) }, "no such file"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPair(t)
			p.renew(1)
			c, err := p.load()
			if err != nil {
				t.Fatal(err)
			}
			row.spoil(p)
			for range 3 {
				if got := serial(t, c); got != 1 {
					t.Errorf("got %d, want the old one", got)
				}
			}
			log := p.log.String()
			if strings.Count(log, "level=ERROR") != 1 || !strings.Contains(log, row.logged) {
				t.Errorf("logged %s, want %q once", log, row.logged)
			}
			if strings.Contains(log, "PRIVATE") {
				t.Error("the log has the key")
			}
			p.renew(2)
			if got := serial(t, c); got != 2 {
				t.Errorf("got %d after it was mended", got)
			}
			row.spoil(p) // is told again
			serial(t, c)
			if n := strings.Count(p.log.String(), "level=ERROR"); n != 2 {
				t.Errorf("%d errors:\n%s", n, p.log.String())
			}
		})
	}
}

// PROTOCOL 7: what cannot be read at the start ends it with status 1.
func TestServeWithBadCertificate(t *testing.T) {
	p := newPair(t)
	p.renew(1)
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ cert, key, names string }{
		{p.certFile, p.keyFile + ".none", p.keyFile + ".none"},
		{p.certFile + ".none", p.keyFile, p.certFile + ".none"},
		{p.certFile, empty, empty},
		{p.keyFile, p.certFile, p.keyFile},
		{t.TempDir(), p.keyFile, "directory"},
	} {
		var stderr bytes.Buffer
		status := run([]string{"-addr", "127.0.0.1:0", "-tls-cert", row.cert, "-tls-key", row.key}, environment(), io.Discard, &stderr)
		if status != exitFailed || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), row.names) {
			t.Errorf("%s, %s: got %d, %q", row.cert, row.key, status, stderr.String())
		}
	}
}

// "TLS 1.2 and up", and no HTTP/2, which knows another upgrade.
func TestTLSConfig(t *testing.T) {
	p := newPair(t)
	p.renew(1)
	c, err := p.load()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name     string
		client   *tls.Config
		ok       bool
		protocol string
	}{
		{"TLS 1.0", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, false, ""},
		{"TLS 1.1", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false, ""},
		{"TLS 1.2", &tls.Config{MaxVersion: tls.VersionTLS12}, true, ""},
		{"TLS 1.3", &tls.Config{MinVersion: tls.VersionTLS13}, true, ""},
		{"h2 and http/1.1", &tls.Config{NextProtos: []string{"h2", "http/1.1"}}, true, "http/1.1"},
		{"h2 alone", &tls.Config{NextProtos: []string{"h2"}}, false, ""},
		{"no name", &tls.Config{ServerName: ""}, true, ""},
		{"any name", &tls.Config{ServerName: "chat.example"}, true, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			near, far := net.Pipe()
			defer near.Close()
			defer far.Close()
			row.client.InsecureSkipVerify = true
			served := make(chan error, 1)
			go func() {
				err := tls.Server(far, certificates{c}.config()).Handshake()
				if err != nil {
					far.Close()
				}
				served <- err
			}()
			client := tls.Client(near, row.client)
			err := client.Handshake()
			if (err == nil) != row.ok {
				t.Fatalf("got %v", err)
			}
			if row.ok && client.ConnectionState().NegotiatedProtocol != row.protocol {
				t.Errorf("speaks %q", client.ConnectionState().NegotiatedProtocol)
			}
			near.Close()
			<-served
		})
	}
}
