package handshake

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// Verify checks that a request is a valid WebSocket upgrade, in the order of RFC 6455
// §4.2.1, and returns its Sec-WebSocket-Key. The error is a *Rejection:
//
//   - 405 with Allow for a method other than GET;
//   - 426 with Upgrade and Sec-WebSocket-Version if the upgrade to websocket is
//     missing or only half there, and for another version;
//   - 400 for everything else, such as a body or a malformed list of subprotocols.
func Verify(r *Request) (key string, err error) {
	for _, check := range verification {
		if rejection := check(r); rejection != nil {
			return "", rejection
		}
	}
	return r.Header.Get("Sec-WebSocket-Key"), nil
}

// verification has the checks in their order.
var verification = [...]func(*Request) *Rejection{
	checkMethod, checkTarget, checkHost, checkUpgrade, checkBody, checkKey, checkVersion, checkProtocols,
}

// checkMethod: "an HTTP/1.1 or higher GET request" (RFC 6455 §4.2.1, 1).
func checkMethod(r *Request) *Rejection {
	if r.Method != http.MethodGet {
		rejection := reject(http.StatusMethodNotAllowed, "expected the method GET, got %s", quote(r.Method))
		rejection.Header = Header{{"Allow", http.MethodGet}}
		return rejection
	}
	if r.Major != 1 || r.Minor < 1 {
		return reject(http.StatusBadRequest, "expected HTTP/1.1, got HTTP/%d.%d", r.Major, r.Minor)
	}
	return nil
}

// checkTarget: "or an absolute HTTP/HTTPS URI" (RFC 6455 §4.2.1, 1), with a
// host and without user information (RFC 9110 §4.2.1, §4.2.4). A client that
// puts its ws or wss URI there means the same.
func checkTarget(r *Request) *Rejection {
	switch r.URL.Scheme {
	case "":
		return nil
	case "http", "https", "ws", "wss":
		if r.URL.Host != "" && r.URL.User == nil {
			return nil
		}
	}
	return reject(http.StatusBadRequest, "expected a path or an http URL as target, got %s", quote(r.Target))
}

// checkHost: "a Host header field containing the server's authority" (RFC
// 6455 §4.2.1, 2); no more than one, and valid (RFC 9112 §3.2).
func checkHost(r *Request) *Rejection {
	host, n := r.Header.first("Host")
	switch {
	case n != 1:
		return reject(http.StatusBadRequest, "expected one Host, got %d", n)
	case !validHost(host) || !validHost(r.Host):
		return badHost(host)
	}
	return nil
}

func badHost(host string) *Rejection {
	return reject(http.StatusBadRequest, "expected a host name or address with an optional port as Host, got %s", quote(host))
}

// validHost reports whether s is uri-host [":" port] (RFC 9110 §7.2), not empty.
func validHost(s string) bool {
	host, port := cutPort(s)
	if host == "" || len(port) > len("65535") || !all(port, inDigit) {
		return false
	}
	if host[0] == '[' {
		address, ok := strings.CutSuffix(host[1:], "]")
		ip, err := netip.ParseAddr(address)
		return ok && err == nil && ip.Is6() && ip.Zone() == ""
	}
	return all(host, inHost)
}

// checkUpgrade: an Upgrade field with "websocket" and a Connection field with
// "Upgrade" (RFC 6455 §4.2.1, 3 and 4).
func checkUpgrade(r *Request) *Rejection {
	upgrade := r.Header.HasToken("Upgrade", "websocket")
	connection := r.Header.HasToken("Connection", "Upgrade")
	var got string
	switch {
	case upgrade && connection:
		return nil
	case upgrade:
		got = "Upgrade: websocket without Connection: Upgrade"
	case connection:
		got = "Connection: Upgrade without Upgrade: websocket"
	default:
		got = "neither"
	}
	return upgradeRequired("expected a WebSocket upgrade (Connection: Upgrade and Upgrade: websocket), got " + got)
}

// upgradeRequired is 426 with what RFC 9110 §15.5.22 (Upgrade) and RFC 6455
// §4.2.2, 4 (the version) want in it.
func upgradeRequired(reason string) *Rejection {
	return &Rejection{
		Status: http.StatusUpgradeRequired,
		Header: Header{{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}},
		Reason: reason,
	}
}

// checkBody refuses a body: one reader would take it for frames, another the frames for
// a body, which is how requests are smuggled.
func checkBody(r *Request) *Rejection {
	for value := range r.Header.Values("Content-Length") {
		if value != "0" {
			return reject(http.StatusBadRequest, "expected an upgrade without a body, got Content-Length %s", quote(value))
		}
	}
	if coding, n := r.Header.first("Transfer-Encoding"); n > 0 {
		return reject(http.StatusBadRequest, "expected an upgrade without a body, got Transfer-Encoding %s", quote(coding))
	}
	return nil
}

// strict refuses base64 whose unused last bits are not zero.
var strict = base64.StdEncoding.Strict()

// checkKey: "a Sec-WebSocket-Key header field with a base64-encoded value
// that, when decoded, is 16 bytes in length" (RFC 6455 §4.2.1, 5), not more
// than once (§11.3.1).
func checkKey(r *Request) *Rejection {
	key, n := r.Header.first("Sec-WebSocket-Key")
	if n != 1 {
		return reject(http.StatusBadRequest, "expected one Sec-WebSocket-Key, got %d", n)
	}
	var nonce [18]byte
	if len(key) == 24 {
		if n, err := strict.Decode(nonce[:], []byte(key)); err == nil && n == 16 {
			return nil
		}
	}
	return reject(http.StatusBadRequest, "expected 16 bytes of base64 (24 characters) as Sec-WebSocket-Key, got %s", quote(key))
}

// checkVersion: "a Sec-WebSocket-Version header field, with a value of 13"
// (RFC 6455 §4.2.1, 6). The answer to any other value names ours (§4.4).
func checkVersion(r *Request) *Rejection {
	version, n := r.Header.first("Sec-WebSocket-Version")
	if n == 1 && version == "13" {
		return nil
	}
	if n != 1 || !isNumber(version) {
		rejection := reject(http.StatusBadRequest, "expected the number 13 as Sec-WebSocket-Version, got %s", quote(version))
		if n != 1 {
			rejection.Reason = fmt.Sprintf("expected one Sec-WebSocket-Version, got %d", n)
		}
		rejection.Header = Header{{"Sec-WebSocket-Version", "13"}}
		return rejection
	}
	return upgradeRequired(fmt.Sprintf("expected Sec-WebSocket-Version 13, got %s", quote(version)))
}

// isNumber reports whether s is a decimal number without leading zeros, which
// the grammar of versions does not have (RFC 6455 §4.3).
func isNumber(s string) bool {
	return s == "0" || s != "" && s[0] != '0' && all(s, inDigit)
}
