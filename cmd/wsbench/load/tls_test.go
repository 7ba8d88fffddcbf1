package load

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A server over TLS is loaded like any other, whatever its certificate is if that is
// wanted; and sessions are resumed if that is wanted.
func TestTLS(t *testing.T) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var whole, resumed atomic.Int32
	s := serveOn(t, faithful, tls.NewListener(ln, &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: key}},
		VerifyConnection: func(c tls.ConnectionState) error {
			if c.DidResume {
				resumed.Add(1)
			} else {
				whole.Add(1)
			}
			return nil
		},
	}), "wss://")
	long := time.Second // a whole handshake takes its time on a busy machine
	run := func(mode Mode, insecure, resume bool) (*Result, error) {
		c := short(mode, s.url+"/echo")
		c.Insecure, c.Resume = insecure, resume
		if mode == Connect {
			c.Time = long
		}
		whole.Store(0)
		resumed.Store(0)
		return Run(t.Context(), c)
	}
	if _, err := run(Echo, false, false); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate of nobody: %v", err)
	}
	if r, err := run(Echo, true, false); err != nil || r.Messages == 0 || r.Checks.Lost > 0 {
		t.Errorf("echo: %+v, %v", r, err)
	}
	if r, err := run(Connect, true, false); err != nil || r.Handshakes == 0 || resumed.Load() > 0 {
		t.Errorf("connect: %v, %d whole handshakes and %d resumed", err, whole.Load(), resumed.Load())
	}
	r, err := run(Connect, true, true)
	for ; err == nil && resumed.Load() < whole.Load() && long < 20*time.Second; r, err = run(Connect, true, true) {
		long *= 4 // the first of each connection is whole
	}
	if err != nil || r.Handshakes == 0 || resumed.Load() < whole.Load() {
		t.Errorf("connect and resume: %v, %d whole handshakes and %d resumed", err, whole.Load(), resumed.Load())
	}
}
