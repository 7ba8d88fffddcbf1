package handshake

import (
	"net/http"
	"strings"
)

// CheckHost refuses requests under a name that somebody else has pointed at the
// server's address: a browser would take the pages of that name and the server for
// one origin (DNS rebinding). allow gets the host in lower case, without its port,
// brackets or final dot, and reports whether clients may address the server by it; a
// nil allow takes any. The error is a *Rejection: 400 for an invalid host, 421
// (RFC 9110 §15.5.20) for one that is not allowed. A request without Host, which no
// browser sends, passes; [Verify] refuses it.
func CheckHost(r *Request, allow func(host string) bool) error {
	if allow == nil || r.Host == "" {
		return nil
	}
	if !validHost(r.Host) {
		return badHost(r.Host)
	}
	if host := HostName(r.Host); !allow(host) {
		return reject(http.StatusMisdirectedRequest, "expected a Host by which this server may be addressed, got %s", quote(host)).of("host")
	}
	return nil
}

// HostName returns the host of a Host field in the one form in which hosts can be
// compared: in lower case, without port, brackets and final dot.
func HostName(field string) string {
	host, _ := cutPort(field)
	if strings.HasPrefix(host, "[") {
		host = strings.TrimSuffix(host[1:], "]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
