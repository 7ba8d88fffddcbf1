package handshake

import (
	"iter"
	"strings"
)

// The syntax elements that a byte may be part of.
const (
	inToken  = 1 << iota // tchar, RFC 9110 §5.6.2
	inValue              // a field's value: visible, obs-text, space, tab; RFC 9110 §5.5
	inTarget             // a request target: visible or beyond ASCII, but no "#"
	inPath               // a path that URL escaping leaves alone, without "%"
	inHost               // a registered name or IPv4 address, RFC 3986 §3.2.2
	inDigit              // 0 to 9
)

// class has, for each byte, the bits of the elements that it may be part of.
var class = func() (class [256]uint8) {
	mark := func(bits uint8, chars string) {
		for i := range len(chars) {
			class[chars[i]] |= bits
		}
	}
	const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	mark(inDigit, "0123456789")
	mark(inToken, alphanumeric+"!#$%&'*+-.^_`|~")
	mark(inPath, alphanumeric+"/-_.~")
	mark(inHost, alphanumeric+"-._~!$&'()*+,;=%")
	mark(inValue, " \t")
	for c := 0x21; c < 0x100; c++ {
		if c == 0x7F {
			continue
		}
		class[c] |= inValue
		// A target has only ASCII by RFC 3986, but clients that do not escape
		// (curl is one) send UTF-8 as it is.
		if c != '#' {
			class[c] |= inTarget
		}
	}
	return class
}()

// all reports whether every byte of s may be part of the element that bit stands for.
func all(s string, bit uint8) bool {
	for i := range len(s) {
		if class[s[i]]&bit == 0 {
			return false
		}
	}
	return true
}

func isToken(s string) bool { return s != "" && all(s, inToken) }

// equalFold compares without regard to ASCII case. strings.EqualFold will not
// do: to it the Kelvin sign is a "k".
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// trim takes optional white space off both ends (OWS, RFC 9110 §5.6.3).
func trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// elements yields the elements of a comma-separated list. Empty ones do not
// count (RFC 9110 §5.6.1.2).
func elements(list string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for more := true; more; {
			var element string
			element, list, more = strings.Cut(list, ",")
			if element = trim(element); element != "" && !yield(element) {
				return
			}
		}
	}
}

// cutPort splits "host:port" and "[v6]:port"; port is "" if there is none.
func cutPort(hostport string) (host, port string) {
	i := strings.LastIndexByte(hostport, ':')
	if i < 0 || i < strings.LastIndexByte(hostport, ']') {
		return hostport, ""
	}
	return hostport[:i], hostport[i+1:]
}
