package handshake

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"testing"
	"time"
)

// certificate makes a self-signed one for 127.0.0.1 and a pool that trusts it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}, pool
}

func TestTLS(t *testing.T) {
	cert, pool := certificate(t)
	config := &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}}
	ts := startServer(t, &Server{}, func(ln net.Listener) net.Listener { return tls.NewListener(ln, config) })
	check := func(t *testing.T, conn net.Conn, early []byte) {
		st := ts.started()
		if _, ok := st.conn.(*tls.Conn); !ok || !st.request.TLS {
			t.Errorf("Start got a %T, TLS %v", st.conn, st.request.TLS)
		}
		if string(st.early) != string(early) {
			t.Errorf("early is %q, want %q", st.early, early)
		}
		echo := make([]byte, 4)
		go st.conn.Write([]byte("pong"))
		if _, err := io.ReadFull(conn, echo); err != nil || string(echo) != "pong" {
			t.Errorf("got %q and %v", echo, err)
		}
	}
	t.Run("first", func(t *testing.T) {
		conn, _, err := (&Dialer{TLS: &tls.Config{RootCAs: pool}}).Dial(testContext(t), "wss://"+ts.addr+"/socket")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		check(t, conn, nil)
	})
	t.Run("later", func(t *testing.T) {
		conn := tls.Client(ts.dial(), &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"})
		send(t, conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		head, buf, err := readResponse(conn, nil)
		if err != nil || head.status != 200 {
			t.Fatalf("the page: %v", err)
		}
		for !bytes.HasSuffix(buf, []byte("page")) {
			more := make([]byte, 100)
			n, err := conn.Read(more)
			if err != nil {
				t.Fatal(err)
			}
			buf = append(buf, more[:n]...)
		}
		send(t, conn, upgrade+"frames")
		if head, _, err = readResponse(conn, nil); err != nil || head.status != 101 {
			t.Fatalf("the upgrade: %v", err)
		}
		check(t, conn, []byte("frames"))
	})
	t.Run("unknown authority", func(t *testing.T) {
		_, _, err := new(Dialer).Dial(testContext(t), "wss://"+ts.addr+"/socket")
		var unknown x509.UnknownAuthorityError
		if !errors.As(err, &unknown) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no TLS at all", func(t *testing.T) {
		conn := ts.dial()
		send(t, conn, upgrade)
		if _, err := io.ReadAll(conn); err != nil {
			t.Errorf("got %v, want the end", err)
		}
	})
}
