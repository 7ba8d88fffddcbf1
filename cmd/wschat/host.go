package main

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"

	"wschat/handshake"
)

// hostList is the value of -host: names and addresses, as handshake.HostName
// returns them.
type hostList []string

func (l *hostList) String() string { return strings.Join(*l, ",") }

func (l *hostList) Set(s string) (err error) {
	*l, err = parseList(s, parseHost)
	return err
}

// parseHost reads a name or an address, the latter with or without brackets.
func parseHost(text string) (string, error) {
	if addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")); err == nil && addr.Zone() == "" {
		return addr.Unmap().String(), nil
	}
	for i := range len(text) {
		if text[i] >= 0x80 {
			return "", errors.New("expected names as browsers send them, in ASCII (xn--…)")
		}
	}
	// The host of a valid origin is a valid host here.
	if _, err := handshake.ParseOrigin("http://" + text); err != nil || strings.ContainsAny(text, "*/:") {
		return "", errors.New("expected names or addresses without scheme, port and wildcard")
	}
	return handshake.HostName(text), nil
}

// allows reports whether host is on the list, however an address is written.
func (l hostList) allows(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		host = addr.Unmap().String()
	}
	return slices.Contains(l, host)
}

// hostRule returns the hosts by which a server that listens on addr may be addressed; nil:
// any. The page of a stranger could reach a server on a loopback address through a browser
// on this machine, under a name that the stranger points there. So that server takes only
// local names.
func hostRule(named hostList, addr net.Addr) func(host string) bool {
	if len(named) > 0 {
		return named.allows
	}
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsLoopback() {
		return isLocal
	}
	return nil
}

// isLocal reports whether a host is this machine, whatever a name server says.
func isLocal(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// operatorHostRule is the rule of the operator's listener. A stranger can point a name at
// any address, but an address always means itself.
func operatorHostRule(named hostList) func(host string) bool {
	return func(host string) bool {
		_, err := netip.ParseAddr(host)
		return err == nil || host == "localhost" || named.allows(host)
	}
}
