//go:build unix

package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// A file that keeps its reader waiting keeps no handshake waiting: the last good
// certificate is used.
func TestCertificateInANamedPipe(t *testing.T) {
	for _, name := range []string{"certificate", "key"} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t)
			p.renew(1)
			c, err := p.load()
			if err != nil {
				t.Fatal(err)
			}
			file := map[string]string{"certificate": p.certFile, "key": p.keyFile}[name]
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mkfifo(file, 0o600); err != nil {
				t.Fatal(err)
			}
			if got := serial(t, c); got != 1 || !strings.Contains(p.log.String(), "not a regular file") {
				t.Errorf("got %d, logged %s", got, p.log.String())
			}
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			p.renew(2)
			if got := serial(t, c); got != 2 {
				t.Errorf("with files again: got %d", got)
			}
		})
	}
}
