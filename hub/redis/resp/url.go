package resp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// target is what a Config.URL says.
type target struct {
	addr           string // host:port
	user, password string
	db             int
	secure         bool        // TLS
	ca             string      // a file of certificates; "": those of the system
	tls            *tls.Config // set by prepareTLS if secure
}

// CheckURL reports what is wrong with the form of a Config.URL. A CA file need not be
// there yet. With a file for the password, the URL must have none.
func CheckURL(text string, file bool) error {
	t, err := parseURL(text)
	switch {
	case err != nil:
		return err
	case file && t.password != "":
		return errors.New("resp: URL: a password, beside a file that has it")
	case !file && t.user != "" && t.password == "":
		return errNoPassword
	}
	return nil
}

var errNoPassword = errors.New("resp: URL: a user without password")

// parseURL never repeats a part of the URL in an error: where a password is not escaped,
// any part may be one of the password.
func parseURL(text string) (target, error) {
	var t target
	u, err := url.Parse(text)
	if err != nil {
		return t, errors.New("resp: URL: malformed; special characters of a password are written as %XX")
	}
	if u.Scheme != "redis" && u.Scheme != "rediss" {
		return t, errors.New("resp: URL: it begins with neither redis:// nor rediss://")
	}
	if host := u.Hostname(); host == "" || strings.Contains(host, ":") && u.Host[0] != '[' {
		return t, errors.New("resp: URL: no host, or an invalid one")
	}
	t.addr = net.JoinHostPort(u.Hostname(), "6379")
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return t, errors.New("resp: URL: the port is not a number from 1 to 65535")
		}
		t.addr = net.JoinHostPort(u.Hostname(), port)
	}
	t.user = u.User.Username()
	t.password, _ = u.User.Password()
	if db := strings.TrimPrefix(u.Path, "/"); db != "" {
		if t.db, err = strconv.Atoi(db); err != nil || t.db < 0 {
			return t, errors.New("resp: URL: the path is not the number of a database")
		}
	}
	t.secure = u.Scheme == "rediss"
	for name, values := range u.Query() {
		if name != "ca" || !t.secure {
			return t, errors.New("resp: URL: an option other than ca, or without TLS")
		}
		t.ca = values[0]
	}
	return t, nil
}

// readPassword reads that from a file; "": there is none.
func (t *target) readPassword(file string) error {
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("resp: password: %w", err)
		}
		t.password = strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	}
	if t.user != "" && t.password == "" {
		return errNoPassword
	}
	return nil
}

// prepareTLS reads the certificates.
func (t *target) prepareTLS() error {
	if !t.secure {
		return nil
	}
	t.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	if t.ca == "" {
		return nil
	}
	pem, err := os.ReadFile(t.ca)
	if err != nil {
		return fmt.Errorf("resp: URL: %w", err)
	}
	t.tls.RootCAs = x509.NewCertPool()
	if !t.tls.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("resp: URL: no certificate in %s", t.ca)
	}
	return nil
}
