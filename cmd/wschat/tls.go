package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is the server's certificate, read again when its files change, so
// that a renewed one needs no restart. Safe for concurrent use.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	loaded  *tls.Certificate
	stamp   string    // of the files that loaded came from
	checked time.Time // when the files were last looked at
	failure string    // what was wrong with them then; told once
}

// checkEvery is how long a look at the files is good for.
const checkEvery = time.Second

// loadCertificate reads the files; an error names the one that is wrong.
func loadCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	stamp, err := c.filesStamp()
	if err == nil {
		err = c.load(stamp)
	}
	return c, err
}

// config is what a listener needs: TLS 1.2 and up, HTTP/1.1 inside, which is
// what an upgrade takes.
func (c *certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil },
	}
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

// reload reads the files if they have changed. The lock is held.
func (c *certificate) reload() {
	stamp, err := c.filesStamp()
	if err == nil && stamp == c.stamp {
		c.failure = ""
		return
	}
	if err == nil {
		err = c.load(stamp)
	}
	if err != nil {
		if c.failure != err.Error() {
			c.failure = err.Error()
			c.log.Error("certificate not read again, the old one stays", "error", err)
		}
		return
	}
	c.failure = ""
	c.log.Info("certificate read again", "file", c.certFile)
}

func (c *certificate) load(stamp string) error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("certificate %s with key %s: %w", c.certFile, c.keyFile, err)
	}
	c.loaded, c.stamp = &pair, stamp
	return nil
}

// filesStamp changes when one of the files does.
func (c *certificate) filesStamp() (string, error) {
	cert, err := os.Stat(c.certFile)
	if err != nil {
		return "", err
	}
	key, err := os.Stat(c.keyFile)
	if err != nil {
		return "", err
	}
	return fmt.Sprint(cert.ModTime().UnixNano(), cert.Size(), key.ModTime().UnixNano(), key.Size()), nil
}
