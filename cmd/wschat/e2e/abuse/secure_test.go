//go:build e2e

package abuse

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

// A connection over TLS that has had long messages both ways keeps nothing of them:
// it is 8 KiB at most, with all that the server has for it.
func TestIdleConnectionsOverTLS(t *testing.T) {
	const n, most = 1000, 8 << 10
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	secure := target.Certify(t, certFile, keyFile, 1)
	s := start(t, "-tls-cert", certFile, "-tls-key", keyFile)
	s.TLS = secure
	message := strings.Repeat("x", 20<<10) // more than a record
	var mu sync.Mutex
	var all crowd
	defer func() { all.close() }()
	come := func(n int) {
		t.Helper()
		many(t, n, func(int) error {
			c, err := s.Open("/echo")
			if err != nil {
				return err
			}
			mu.Lock()
			all = append(all, c.Conn)
			mu.Unlock()
			return exchange(c, message, message)
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
