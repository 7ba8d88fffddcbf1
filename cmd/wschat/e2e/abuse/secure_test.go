//go:build e2e

package abuse

import (
	"context"
	"crypto/tls"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/frame/frametest"
	"wschat/handshake"
)

// A connection over TLS that has had long messages both ways keeps nothing of them:
// it is 8 KiB at most, with all that the server has for it.
func TestIdleConnectionsOverTLS(t *testing.T) {
	const n, most = 1000, 8 << 10
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	secure := &tls.Config{RootCAs: target.Certify(t, certFile, keyFile, 1)}
	s := start(t, "-tls-cert", certFile, "-tls-key", keyFile)
	message := strings.Repeat("x", 20<<10) // more than a record
	open := func(int) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(context.Background(), target.Patience)
		defer cancel()
		conn, response, err := (&handshake.Dialer{TLS: secure}).Dial(ctx, "wss://"+s.Addr+"/echo")
		if err != nil {
			return nil, err
		}
		p := frametest.NewPeer(conn, frame.Client, response.Early)
		if err = p.SendText(message); err == nil {
			_, err = p.NextText()
		}
		return conn, err
	}
	var mu sync.Mutex
	var all []net.Conn
	defer func() {
		for _, conn := range all {
			conn.Close()
		}
	}()
	come := func(n int) {
		t.Helper()
		many(t, n, func(i int) error {
			conn, err := open(i)
			mu.Lock()
			defer mu.Unlock()
			if conn != nil {
				all = append(all, conn)
			}
			return err
		})
	}
	come(100) // what is there once, for all
	before := s.Usage()
	come(n)
	var each int64
	if !target.Until(func() bool {
		each = (s.Usage().RSS - before.RSS) / n
		return each <= most
	}) {
		t.Errorf("a connection takes %d bytes, want %d at most", each, most)
	}
	t.Logf("%d bytes for each connection", each)
}
