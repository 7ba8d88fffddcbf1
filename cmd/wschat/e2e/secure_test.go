//go:build e2e

package e2e

import (
	"crypto/tls"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"wschat/cmd/wschat/e2e/target"
	"wschat/handshake"
)

// PROTOCOL 7, -tls-cert and -tls-key: chat and page over TLS, and "read again
// when the files change", which costs no connection.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	old := target.Certify(t, certFile, keyFile, 1)
	s := start(t, "-tls-cert", certFile, "-tls-key", keyFile)
	s.TLS = old
	a := s.login("A")
	body := strings.Repeat("中", 100_000)
	a.say("all," + body)
	a.hears("用户(A=>A):" + body)

	web := http.Client{Timeout: target.Patience, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: s.TLS}}
	response, err := web.Get("https://" + s.Addr + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil || string(text) != "ok" || response.Proto != "HTTP/1.1" || response.TLS.Version < tls.VersionTLS12 {
		t.Errorf("got %s %s %q, %v", response.Proto, response.Status, text, err)
	}
	s.TLS = nil
	if _, err := s.dial(handshake.Dialer{}, socket("B")); err == nil {
		t.Error("a connection without TLS was let in")
	}

	renewed := target.Certify(t, certFile, keyFile, 2)
	s.TLS = renewed
	var b *client
	until(t, "the new certificate", func() bool {
		b, err = s.dial(handshake.Dialer{}, socket("B"))
		return err == nil
	})
	a.hears("用户(B)登录了")
	b.say("A,still there?")
	a.hears("用户(B=>A):still there?")
	if _, err := s.dial(handshake.Dialer{TLS: old}, socket("C")); err == nil {
		t.Error("the old certificate is still in use")
	}
	a.leave()
	b.hears("用户(A)退出了")
}

// A client that comes back resumes its session, and does so when the certificate
// has been renewed meanwhile; a new one gets the new certificate.
func TestTLSSessionsResume(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	old := target.Certify(t, certFile, keyFile, 1)
	s := start(t, "-tls-cert", certFile, "-tls-key", keyFile)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		resumed := false
		known := old.Clone()
		known.MaxVersion, known.ClientSessionCache = version, tls.NewLRUClientSessionCache(1)
		known.VerifyConnection = func(state tls.ConnectionState) error {
			resumed = state.DidResume
			return nil
		}
		resumes := func() bool {
			t.Helper()
			s.TLS = known
			c := s.login("A")
			c.say("A,hello")
			c.hears("用户(A=>A):hello")
			c.Conn.Close()
			return resumed
		}
		if resumes() {
			t.Errorf("%s: a session that nobody has had was resumed", tls.VersionName(version))
		}
		if !resumes() {
			t.Errorf("%s: no session was resumed", tls.VersionName(version))
		}
		renewed := target.Certify(t, certFile, keyFile, int64(version))
		until(t, "the new certificate", func() bool {
			c, err := s.dial(handshake.Dialer{TLS: renewed}, socket("B"))
			if err == nil {
				c.Conn.Close()
			}
			return err == nil
		})
		if !resumes() {
			t.Errorf("%s: no session was resumed behind a new certificate", tls.VersionName(version))
		}
		old = renewed
	}
}
