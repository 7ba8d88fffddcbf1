package handshake

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

const (
	// AnyOrigin is the entry that every Origin matches.
	AnyOrigin = "*"
	// anyLabels stands between scheme and domain of an entry for all hosts below it.
	anyLabels = "://*."
)

var (
	errOriginForm   = errors.New("expected a scheme, :// and a host, such as https://chat.example")
	errOriginFile   = errors.New("pages of files have the Origin null")
	errOriginNull   = errors.New("null is the Origin of sandboxed frames and files, whosever they are; * allows it, with all others")
	errOriginScheme = errors.New("expected the scheme of the page, http or https, not that of the connection")
	errOriginRest   = errors.New("expected nothing behind host and port, not even a slash: an Origin has no path")
	errOriginUser   = errors.New("expected no user information")
	errOriginASCII  = errors.New("expected the host as browsers send it, in ASCII (xn--…)")
	errOriginHost   = errors.New("expected a host name or address, with * as its whole first label or not at all")
	errOriginPort   = errors.New("expected a port from 1 to 65535")
)

// ParseOrigin reads an origin that is to be allowed, and returns it as browsers send
// it (RFC 6454 §6.2): in lower case, without the scheme's own port. "*" is any
// origin, and "https://*.example.org" any host below example.org, by however many
// labels, but not example.org itself. An origin that no browser sends is an error.
func ParseOrigin(text string) (string, error) {
	if text == AnyOrigin {
		return text, nil
	}
	if text == "null" {
		return "", errOriginNull
	}
	scheme, authority, ok := strings.Cut(text, "://")
	if scheme = strings.ToLower(scheme); !ok || !isScheme(scheme) {
		return "", errOriginForm
	}
	switch {
	case scheme == "file":
		return "", errOriginFile
	case scheme == "ws" || scheme == "wss":
		return "", errOriginScheme
	case authority == "":
		return "", errOriginForm
	case strings.ContainsAny(authority, `/\?#`):
		return "", errOriginRest
	case strings.Contains(authority, "@"):
		return "", errOriginUser
	}
	hostText, portText := cutPort(authority)
	host, err := originHost(hostText)
	if hostText == "." && usualPort(scheme) == "" { // what Electron's apps have: app://.
		host, err = hostText, nil
	}
	if err != nil {
		return "", err
	}
	port, err := originPort(scheme, portText)
	return scheme + "://" + host + port, err
}

// originHost returns a host as browsers send it.
func originHost(text string) (string, error) {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		ip, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		if err != nil || !ip.Is6() || ip.Zone() != "" || !strings.HasSuffix(inner, "]") {
			return "", errOriginHost
		}
		return "[" + ip.String() + "]", nil
	}
	for i := range len(text) {
		if text[i] >= 0x80 {
			return "", errOriginASCII
		}
	}
	name, wild := strings.CutPrefix(text, "*.")
	if !isName(name) || isNumeric(name) && wild {
		return "", errOriginHost
	}
	if _, err := netip.ParseAddr(name); err != nil && isNumeric(name) {
		return "", errOriginHost // an address written otherwise, such as 127.1
	}
	return strings.ToLower(text), nil
}

// originPort returns ":" and the port, or "" if that is the scheme's own.
func originPort(scheme, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return "", errOriginPort
	}
	if port := strconv.FormatUint(n, 10); port != usualPort(scheme) {
		return ":" + port, nil
	}
	return "", nil
}

// isScheme reports whether s is a scheme in lower case (RFC 3986 §3.1).
func isScheme(s string) bool {
	for i := range len(s) {
		letter := 'a' <= s[i] && s[i] <= 'z'
		if !letter && (i == 0 || !isDigit(s[i]) && !strings.ContainsRune("+-.", rune(s[i]))) {
			return false
		}
	}
	return s != ""
}

// isName reports whether s is a host name or IPv4 address: labels of letters,
// digits, "-" and "_", and perhaps a final dot.
func isName(s string) bool {
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" {
			return false
		}
		for i := range len(label) {
			c := lower(label[i])
			if !('a' <= c && c <= 'z' || isDigit(c) || c == '-' || c == '_') {
				return false
			}
		}
	}
	return true
}

// isNumeric reports whether browsers take a name for an IPv4 address: its last
// label is a number.
func isNumeric(name string) bool {
	name = strings.TrimSuffix(name, ".")
	last := strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
	_, err := strconv.ParseUint(last, 0, 64)
	return err == nil || strings.Trim(last, "0123456789") == "" || last == "0x"
}
