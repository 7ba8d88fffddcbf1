package handshake

import (
	"net/http"
	"strings"
)

// CheckOrigin keeps pages of other sites from using a visitor's browser to
// connect (RFC 6455 §10.2). A request without Origin does not come from a browser,
// and passes. One whose Origin has the host and port of the request's Host passes,
// whatever the scheme, since TLS may end at a proxy; an omitted port is the scheme's
// own. Any other Origin must match an entry of allowed, each of which is as
// [ParseOrigin] returns it. The error is a *Rejection with status 403. More than
// one Origin is always refused.
func CheckOrigin(r *Request, allowed []string) error {
	origin, n := r.Header.first("Origin")
	switch {
	case n == 0:
		return nil
	case n > 1:
		return reject(http.StatusForbidden, "expected one Origin, got %d", n).of("origin")
	case sameHost(origin, r.Host), isAllowed(origin, allowed):
		return nil
	}
	return reject(http.StatusForbidden, "expected an Origin of host %s or one that is allowed, got %s", quote(r.Host), quote(origin)).of("origin")
}

func isAllowed(origin string, allowed []string) bool {
	if len(allowed) == 0 {
		return false
	}
	if parsed, err := ParseOrigin(origin); err == nil {
		origin = parsed
	}
	for _, entry := range allowed {
		scheme, below, wild := strings.Cut(entry, anyLabels)
		switch {
		case entry == AnyOrigin || equalFold(entry, origin):
			return true
		case wild && isBelow(origin, scheme+"://", "."+below):
			return true
		}
	}
	return false
}

// isBelow reports whether origin is scheme, labels of a host, and domain, which
// begins with a dot.
func isBelow(origin, scheme, domain string) bool {
	end := len(origin) - len(domain)
	if end <= len(scheme) {
		return false
	}
	labels := origin[len(scheme):end]
	return equalFold(origin[:len(scheme)], scheme) && equalFold(origin[end:], domain) && isName(labels) && !strings.HasSuffix(labels, ".")
}

// sameHost compares the host and port of an origin (RFC 6454 §6.2: scheme,
// "://", host, optional port, nothing else) with a Host field.
func sameHost(origin, hostField string) bool {
	scheme, authority, ok := strings.Cut(origin, "://")
	if !ok || !isToken(scheme) || !validHost(authority) {
		return false
	}
	usual := usualPort(scheme)
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

// usualPort is the port that a scheme implies; "" for an unknown scheme.
func usualPort(scheme string) string {
	switch {
	case equalFold(scheme, "http"), equalFold(scheme, "ws"):
		return "80"
	case equalFold(scheme, "https"), equalFold(scheme, "wss"):
		return "443"
	}
	return ""
}
