//go:build e2e

package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/frame/frametest"
	"wschat/handshake"
)

// secureClient is a user on a connection over TLS.
type secureClient struct {
	*frametest.Peer
	t    *testing.T
	conn net.Conn
}

func (s *server) dialSecure(pool *x509.CertPool, path string) (*secureClient, error) {
	ctx, cancel := context.WithTimeout(context.Background(), target.Patience)
	defer cancel()
	d := handshake.Dialer{TLS: &tls.Config{RootCAs: pool}}
	conn, response, err := d.Dial(ctx, "wss://"+s.Addr+path)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(2 * target.Patience))
	s.t.Cleanup(func() { conn.Close() })
	return &secureClient{frametest.NewPeer(conn, frame.Client, response.Early), s.t, conn}, nil
}

func (c *secureClient) hears(want string) {
	c.t.Helper()
	if got, err := c.NextText(); err != nil || got != want {
		c.t.Fatalf("got %q, %v, want %q", cut(got), err, cut(want))
	}
}

// PROTOCOL 7, -tls-cert and -tls-key: chat and page over TLS, and "read again
// when the files change", which costs no connection.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	old := target.Certify(t, certFile, keyFile, 1)
	s := start(t, "-tls-cert", certFile, "-tls-key", keyFile)
	a, err := s.dialSecure(old, socket("A"))
	if err != nil {
		t.Fatal(err)
	}
	body := strings.Repeat("中", 100_000)
	a.SendText("all," + body)
	a.hears("用户(A=>A):" + body)

	web := http.Client{Timeout: target.Patience, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: old}}}
	response, err := web.Get("https://" + s.Addr + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil || string(text) != "ok" || response.Proto != "HTTP/1.1" || response.TLS.Version < tls.VersionTLS12 {
		t.Errorf("got %s %s %q, %v", response.Proto, response.Status, text, err)
	}
	if _, err := s.dial(handshake.Dialer{}, socket("B")); err == nil {
		t.Error("a connection without TLS was let in")
	}

	renewed := target.Certify(t, certFile, keyFile, 2)
	var b *secureClient
	until(t, "the new certificate", func() bool {
		b, err = s.dialSecure(renewed, socket("B"))
		return err == nil
	})
	a.hears("用户(B)登录了")
	b.SendText("A,still there?")
	a.hears("用户(B=>A):still there?")
	if _, err := s.dialSecure(old, socket("C")); err == nil {
		t.Error("the old certificate is still in use")
	}
	if err := a.Close(frame.NormalClosure, ""); err != nil {
		t.Fatal(err)
	}
	if m, err := a.Next(); err != nil || m.Opcode != frame.Close {
		t.Errorf("got %v, %v, want the close frame", m.Opcode, err)
	}
	if m, err := a.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, %v, want the end in order", m.Opcode, err)
	}
	a.conn.Close()
	b.hears("用户(A)退出了")
}

// A client that comes back resumes its session, and does so when the certificate
// has been renewed meanwhile; a new one gets the new certificate.
func TestTLSSessionsResume(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	old := target.Certify(t, certFile, keyFile, 1)
	s := start(t, "-tls-cert", certFile, "-tls-key", keyFile)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		known := &tls.Config{RootCAs: old, MaxVersion: version, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
		resumes := func() bool {
			t.Helper()
			ctx, cancel := context.WithTimeout(context.Background(), target.Patience)
			defer cancel()
			conn, response, err := (&handshake.Dialer{TLS: known}).Dial(ctx, "wss://"+s.Addr+socket("A"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			c := &secureClient{frametest.NewPeer(conn, frame.Client, response.Early), t, conn}
			c.SendText("A,hello")
			c.hears("用户(A=>A):hello")
			return conn.(*tls.Conn).ConnectionState().DidResume
		}
		if resumes() {
			t.Errorf("%s: a session that nobody has had was resumed", tls.VersionName(version))
		}
		if !resumes() {
			t.Errorf("%s: no session was resumed", tls.VersionName(version))
		}
		renewed := target.Certify(t, certFile, keyFile, int64(version))
		until(t, "the new certificate", func() bool {
			c, err := s.dialSecure(renewed, socket("B"))
			if err == nil {
				c.conn.Close()
			}
			return err == nil
		})
		if !resumes() {
			t.Errorf("%s: no session was resumed behind a new certificate", tls.VersionName(version))
		}
		old = renewed
	}
}
