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
	tls            *tls.Config // nil: plain TCP
}

func parseURL(text string) (target, error) {
	var t target
	u, err := url.Parse(text)
	if err != nil {
		// Its text has the whole URL, password included.
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err
		}
		return t, fmt.Errorf("resp: URL: %w", err)
	}
	if u.Scheme != "redis" && u.Scheme != "rediss" {
		return t, errors.New("resp: URL: it begins with neither redis:// nor rediss://")
	}
	if host := u.Hostname(); host == "" || strings.Contains(host, ":") && u.Host[0] != '[' {
		return t, fmt.Errorf("resp: URL: %q is no host", host)
	}
	t.addr = net.JoinHostPort(u.Hostname(), "6379")
	if port := u.Port(); port != "" {
		t.addr = net.JoinHostPort(u.Hostname(), port)
	}
	t.user = u.User.Username()
	t.password, _ = u.User.Password()
	if t.user != "" && t.password == "" {
		return t, errors.New("resp: URL: a user without password")
	}
	if db := strings.TrimPrefix(u.Path, "/"); db != "" {
		if t.db, err = strconv.Atoi(db); err != nil || t.db < 0 {
			return t, fmt.Errorf("resp: URL: %q is no number of a database", db)
		}
	}
	return t, t.options(u)
}

// options reads what is behind the question mark, and prepares TLS.
func (t *target) options(u *url.URL) error {
	ca := ""
	for name, values := range u.Query() {
		if name != "ca" || u.Scheme != "rediss" {
			return fmt.Errorf("resp: URL: unknown option %q", name)
		}
		ca = values[0]
	}
	if u.Scheme != "rediss" {
		return nil
	}
	t.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	if ca == "" {
		return nil
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return fmt.Errorf("resp: URL: %w", err)
	}
	t.tls.RootCAs = x509.NewCertPool()
	if !t.tls.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("resp: URL: no certificate in %s", ca)
	}
	return nil
}
