package handshake

import (
	"net/http"
	"strings"
)

// CheckOrigin keeps pages of other sites from using a visitor's browser to
// connect (RFC 6455 §10.2). A request without Origin comes from no browser
// and passes. One whose Origin has the host and port of the request's Host
// passes whatever the scheme, since TLS may end at a proxy; a port left out is
// the scheme's own. Any other must be in allowed as a whole ("https://a.example",
// ASCII case does not matter), or allowed holds "*". The error is a
// *Rejection with status 403. More than one Origin is always refused.
func CheckOrigin(r *Request, allowed []string) error {
	origin, n := r.Header.first("Origin")
	switch {
	case n == 0:
		return nil
	case n > 1:
		return reject(http.StatusForbidden, "expected one Origin, got %d", n)
	case sameHost(origin, r.Host):
		return nil
	}
	for _, entry := range allowed {
		if entry == "*" || equalFold(entry, origin) {
			return nil
		}
	}
	return reject(http.StatusForbidden, "expected an Origin of host %s or one that is allowed, got %s", quote(r.Host), quote(origin))
}

// sameHost compares the host and port of an origin (RFC 6454 §6.2: scheme,
// "://", host, optional port, nothing else) with a Host field.
func sameHost(origin, hostField string) bool {
	scheme, authority, ok := strings.Cut(origin, "://")
	if !ok || !isToken(scheme) || !validHost(authority) {
		return false
	}
	var usual string
	switch {
	case equalFold(scheme, "http"), equalFold(scheme, "ws"):
		usual = "80"
	case equalFold(scheme, "https"), equalFold(scheme, "wss"):
		usual = "443"
	}
	host, port := cutPort(authority)
	wantHost, wantPort := cutPort(hostField)
	if port == "" {
		port = usual
	}
	if wantPort == "" {
		wantPort = usual
	}
	return port == wantPort && equalFold(host, wantHost)
}
