package main

import (
	"cmp"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"
)

// certificate is one of the server's certificates, read again when its files change, so
// that a renewed one needs no restart. Safe for concurrent use.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	loaded  *tls.Certificate
	sum     [sha256.Size]byte // of the files that loaded came from
	checked time.Time         // when the files were last looked at
	failure string            // the error of that look; logged once
}

// checkEvery is how often the files are looked at, at most.
const checkEvery = time.Second

// loadCertificate reads the files; an error names the one that is wrong.
func loadCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	_, err := c.load()
	return c, err
}

// current returns the certificate of the files as they are now, or the last one
// that could be read.
func (c *certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.checked) >= checkEvery {
		c.checked = now
		c.reload()
	}
	return c.loaded
}

// reload takes the certificate of the files if they have changed. The lock is held, and
// handshakes wait for it. So a file that may keep its reader waiting, such as a named pipe,
// is read at the start only.
func (c *certificate) reload() {
	changed, err := false, cmp.Or(mustBeRegular(c.certFile), mustBeRegular(c.keyFile))
	if err == nil {
		changed, err = c.load()
	}
	if err != nil {
		if c.failure != err.Error() {
			c.failure = err.Error()
			c.log.Error("certificate not read again, the old one stays", "error", err)
		}
		return
	}
	c.failure = ""
	if changed {
		c.log.Info("certificate read again", "file", c.certFile)
	}
}

func mustBeRegular(name string) error {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("certificate: %s is not a regular file any more", name)
	}
	return err
}

// load reads the files, and takes their certificate if it is a new one. It compares
// contents, since a new file may have the size and time of the old one.
func (c *certificate) load() (changed bool, err error) {
	cert, err := os.ReadFile(c.certFile)
	if err != nil {
		return false, fmt.Errorf("certificate: %w", err)
	}
	key, err := os.ReadFile(c.keyFile)
	if err != nil {
		return false, fmt.Errorf("certificate's key: %w", err)
	}
	sum := sha256.Sum256(slices.Concat(cert, key))
	if c.loaded != nil && sum == c.sum {
		return false, nil
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return false, fmt.Errorf("certificate %s with key %s: %w", c.certFile, c.keyFile, err)
	}
	c.loaded, c.sum = &pair, sum
	return true, nil
}
