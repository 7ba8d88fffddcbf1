package main

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"wschat/handshake"
)

// from makes a request that comes from an address, with lines of X-Forwarded-For.
func from(t *testing.T, peer string, lines ...string) *handshake.Request {
	t.Helper()
	addr, err := net.ResolveTCPAddr("tcp", peer)
	if err != nil {
		t.Fatal(err)
	}
	r := &handshake.Request{Remote: addr.AddrPort()}
	for _, line := range lines {
		r.Header = append(r.Header, handshake.Field{Name: "X-Forwarded-For", Value: line})
	}
	return r
}

// PROTOCOL 7, -trust-proxy: the client is the rightmost address of
// X-Forwarded-For that is in none of the CIDRs.
func TestClientIP(t *testing.T) {
	const v4, v6, both = "10.0.0.0/8", "fd00::/8", "10.0.0.0/8,fd00::/8,127.0.0.1"
	for _, row := range []struct {
		name    string
		trusted string
		peer    string
		lines   []string
		want    string
	}{
		{"nobody is trusted", "", "10.0.0.1:80", []string{"192.0.2.1"}, "10.0.0.1"},
		{"the peer is no proxy", v4, "192.0.2.9:80", []string{"192.0.2.1"}, "192.0.2.9"},
		{"one proxy", v4, "10.0.0.1:80", []string{"192.0.2.1"}, "192.0.2.1"},
		{"a proxy given by its address", both, "127.0.0.1:80", []string{"192.0.2.1"}, "192.0.2.1"},
		{"its neighbour", both, "127.0.0.2:80", []string{"192.0.2.1"}, "127.0.0.2"},
		{"two proxies", v4, "10.0.0.1:80", []string{"192.0.2.1, 10.0.0.2"}, "192.0.2.1"},
		{"what the client has written itself", v4, "10.0.0.1:80", []string{"198.51.100.1, 192.0.2.1"}, "192.0.2.1"},
		{"a trusted address that it has written", v4, "10.0.0.1:80", []string{"10.0.0.7, 192.0.2.1"}, "192.0.2.1"},
		{"several lines are one list (RFC 9110 §5.3)", v4, "10.0.0.1:80", []string{"198.51.100.1", "192.0.2.1,10.0.0.3", "10.0.0.2"}, "192.0.2.1"},
		{"no header", v4, "10.0.0.1:80", nil, "10.0.0.1"},
		{"an empty header", v4, "10.0.0.1:80", []string{""}, "10.0.0.1"},
		{"all are trusted", v4, "10.0.0.1:80", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"empty elements (RFC 9110 §5.6.1.2)", v4, "10.0.0.1:80", []string{"192.0.2.1,, ", " "}, "192.0.2.1"},
		{"white space", v4, "10.0.0.1:80", []string{"\t192.0.2.1\t,  10.0.0.2 "}, "192.0.2.1"},
		{"garbage", v4, "10.0.0.1:80", []string{"192.0.2.1, unknown"}, "10.0.0.1"},
		{"garbage from beyond a second proxy", v4, "10.0.0.1:80", []string{"192.0.2.1, x, 10.0.0.2"}, "10.0.0.2"},
		{"garbage further left", v4, "10.0.0.1:80", []string{"<script>, 192.0.2.1"}, "192.0.2.1"},
		{"a name is garbage", v4, "10.0.0.1:80", []string{"client.example"}, "10.0.0.1"},
		{"zeros in front are garbage", v4, "10.0.0.1:80", []string{"192.0.2.01"}, "10.0.0.1"},
		{"IPv6", both, "[fd00::1]:80", []string{"2001:db8::1, fd00::2"}, "2001:db8::1"},
		{"IPv6, written otherwise", both, "[fd00::1]:80", []string{"2001:0DB8:0::0:1"}, "2001:db8::1"},
		{"IPv4 within IPv6 as peer", v4, "[::ffff:10.0.0.1]:80", []string{"192.0.2.1"}, "192.0.2.1"},
		{"IPv4 within IPv6 as hop", v4, "10.0.0.1:80", []string{"::ffff:192.0.2.1, ::ffff:10.0.0.2"}, "192.0.2.1"},
		{"IPv4 within IPv6 as CIDR", "::ffff:10.0.0.0/104", "10.0.0.1:80", []string{"192.0.2.1"}, "192.0.2.1"},
		{"IPv4 within IPv6 as address of a proxy", "::ffff:10.0.0.1", "10.0.0.1:80", []string{"192.0.2.1"}, "192.0.2.1"},
		{"a zone of the peer", "fe80::/10", "[fe80::1%1]:80", []string{"2001:db8::1"}, "2001:db8::1"},
		{"a zone of a hop makes no other client", v6, "[fd00::1]:80", []string{"fe80::1%eth0"}, "fe80::1"},
		{"a port", v4, "10.0.0.1:80", []string{"203.0.113.7:4711"}, "203.0.113.7"},
		{"a port of a proxy", v4, "10.0.0.1:80", []string{"203.0.113.7:4711, 10.0.0.2:80"}, "203.0.113.7"},
		{"an empty port", v4, "10.0.0.1:80", []string{"203.0.113.7:"}, "203.0.113.7"},
		{"a port that has a name (RFC 7239 §6.3)", v4, "10.0.0.1:80", []string{`"203.0.113.7:_p-1"`}, "203.0.113.7"},
		{"IPv6 with a port", v4, "10.0.0.1:80", []string{"[2001:db8::1]:4711"}, "2001:db8::1"},
		{"IPv6 in brackets", v4, "10.0.0.1:80", []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"IPv6 with a port, in quotes", v4, "10.0.0.1:80", []string{`"[2001:db8::1]:4711"`}, "2001:db8::1"},
		{"quotes and blanks", v4, "10.0.0.1:80", []string{` "203.0.113.7" , " 10.0.0.2:1 " `}, "203.0.113.7"},
		{"all of IPv6 and a port without brackets", v4, "10.0.0.1:80", []string{"2001:db8:0:0:0:0:0:1:4711"}, "2001:db8::1"},
		{"IPv4 within IPv6 with a port", v4, "10.0.0.1:80", []string{"[::ffff:203.0.113.7]:4711, [::ffff:10.0.0.2]:1"}, "203.0.113.7"},
		{"a zone and a port", v6, "[fd00::1]:80", []string{"[fe80::1%eth0]:4711"}, "fe80::1"},
		{"ports in several lines", v4, "10.0.0.1:80", []string{"198.51.100.1:1", "192.0.2.1:2,10.0.0.3:3", "10.0.0.2:4"}, "192.0.2.1"},
		{"a trusted proxy's own address counts for garbage with a port", v4, "10.0.0.1:80", []string{"192.0.2.1:1, unknown:4711, 10.0.0.2:80"}, "10.0.0.2"},
		{"an obfuscated client (RFC 7239 §6.3)", v4, "10.0.0.1:80", []string{"_hidden"}, "10.0.0.1"},
		{"an open quote", v4, "10.0.0.1:80", []string{`"203.0.113.7`}, "10.0.0.1"},
		{"a quote at the end", v4, "10.0.0.1:80", []string{`203.0.113.7"`}, "10.0.0.1"},
		{"only quotes", v4, "10.0.0.1:80", []string{`""`}, "10.0.0.1"},
		{"an open bracket", v4, "10.0.0.1:80", []string{"[2001:db8::1"}, "10.0.0.1"},
		{"a bracket at the end", v4, "10.0.0.1:80", []string{"2001:db8::1]:80"}, "10.0.0.1"},
		{"IPv4 in brackets is garbage", v4, "10.0.0.1:80", []string{"[203.0.113.7]:80"}, "10.0.0.1"},
		{"a port that is none", v4, "10.0.0.1:80", []string{"203.0.113.7:47 11"}, "10.0.0.1"},
		{"two ports", v4, "10.0.0.1:80", []string{"203.0.113.7:1:2"}, "10.0.0.1"},
		{"a port alone", v4, "10.0.0.1:80", []string{":4711"}, "10.0.0.1"},
		{"all of IPv4 is not all of IPv6", "0.0.0.0/0", "[fd00::1]:80", []string{"192.0.2.1"}, "fd00::1"},
		{"a CIDR with bits behind its length", "10.1.2.3/8", "10.0.0.1:80", []string{"192.0.2.1"}, "192.0.2.1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var trusted prefixList
			if err := trusted.Set(row.trusted); err != nil {
				t.Fatal(err)
			}
			if got := clientIP(from(t, row.peer, row.lines...), trusted); got != netip.MustParseAddr(row.want) {
				t.Errorf("got %v, want %s", got, row.want)
			}
		})
	}
	if got := clientIP(&handshake.Request{}, nil); got.IsValid() {
		t.Errorf("no address: got %v", got)
	}
}

func TestPrefixList(t *testing.T) {
	for given, want := range map[string]string{
		"":                                 "",
		"10.0.0.0/8":                       "10.0.0.0/8",
		" 10.9.9.9/8 ,, 127.0.0.1,fd00::1": "10.0.0.0/8,127.0.0.1/32,fd00::1/128",
		"::ffff:10.0.0.0/104":              "10.0.0.0/8",
		"::/0":                             "::/0",
	} {
		l := prefixList{netip.MustParsePrefix("192.0.2.0/24")} // of a flag given before: the last one wins
		if err := l.Set(given); err != nil || l.String() != want {
			t.Errorf("%q: got %s, %v, want %s", given, l.String(), err, want)
		}
	}
	for _, given := range []string{"10.0.0.0/33", "10.0.0/8", "proxy.example", "10.0.0.1-10.0.0.9", "10.0.0.0/8 fd00::/8", "*", "fe80::%eth0/64"} {
		var l prefixList
		if err := l.Set(given); err == nil || !strings.Contains(err.Error(), "CIDR") {
			t.Errorf("%q: got %v, %v", given, l, err)
		}
	}
}
