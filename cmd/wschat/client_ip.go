package main

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"wschat/handshake"
)

// prefixList is the value of -trust-proxy.
type prefixList []netip.Prefix

func (l *prefixList) String() string {
	var texts []string
	for _, p := range *l {
		texts = append(texts, p.String())
	}
	return strings.Join(texts, ",")
}

func (l *prefixList) Set(s string) (err error) {
	*l, err = parseList(s, parsePrefix)
	return err
}

// parsePrefix reads a CIDR, or an address as that of one. IPv4 within IPv6 is
// IPv4, as it is in the addresses that are looked up.
func parsePrefix(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		addr, addrErr := netip.ParseAddr(text)
		if addrErr != nil || addr.Zone() != "" { // to which "fe80::%eth0/64" would belong as a whole
			return p, errors.New("expected CIDRs such as 10.0.0.0/8 or fd00::/8")
		}
		p = netip.PrefixFrom(addr, addr.BitLen())
	}
	const mapped = 96 // bits before the IPv4 address
	if p.Addr().Is4In6() && p.Bits() >= mapped {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped)
	}
	return p.Masked(), nil
}

func (l prefixList) contains(a netip.Addr) bool {
	return slices.ContainsFunc(l, func(p netip.Prefix) bool { return p.Contains(a) })
}

// clientIP is the address that limits count: the peer's, or, if that is a trusted proxy,
// the rightmost of X-Forwarded-For that is not a trusted proxy. Anybody could have written
// what stands further left. An element that is not an address cannot be trusted, nor can
// what stands left of it: the proxy that passed it on counts.
func clientIP(r *handshake.Request, trusted prefixList) netip.Addr {
	addr := r.Remote.Addr().Unmap().WithZone("")
	if len(trusted) == 0 || !trusted.contains(addr) {
		return addr
	}
	var hops []string
	for value := range r.Header.Values("X-Forwarded-For") {
		hops = append(hops, strings.Split(value, ",")...)
	}
	for i := len(hops) - 1; i >= 0; i-- {
		text := strings.TrimSpace(hops[i])
		if text == "" { // counts for nothing in a list (RFC 9110 §5.6.1.2)
			continue
		}
		hop, ok := parseHop(text)
		if !ok {
			return addr
		}
		addr = hop
		if !trusted.contains(addr) {
			return addr
		}
	}
	return addr
}

// parseHop reads an element of X-Forwarded-For in any of the forms that proxies
// write: an address, in brackets or not, with a port or not, in quotes or not. The
// same client has the same address in all of them.
func parseHop(text string) (addr netip.Addr, ok bool) {
	if inner, quoted := strings.CutPrefix(text, `"`); quoted {
		if text, ok = strings.CutSuffix(inner, `"`); !ok {
			return addr, false
		}
		text = strings.TrimSpace(text)
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		addr, err = netip.ParseAddr(withoutPort(text))
	}
	return addr.Unmap().WithZone(""), err == nil
}

// withoutPort returns the address of "192.0.2.1:4711", "[2001:db8::1]:4711" or
// "[2001:db8::1]", and "" if text has none of these forms. Instead of a number a port may be
// empty, or a name that a proxy has for it (RFC 7239 §6).
func withoutPort(text string) string {
	host, port := text, ""
	if i := strings.LastIndexByte(text, ':'); i > strings.LastIndexByte(text, ']') {
		host, port = text[:i], text[i+1:]
	}
	const inPort = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-"
	if strings.Trim(port, inPort) != "" {
		return ""
	}
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		if host, bracketed = strings.CutSuffix(inner, "]"); !bracketed || !strings.Contains(host, ":") {
			return ""
		}
	}
	return host
}
