package main

import (
	"net/netip"

	"wschat/handshake"
	"wschat/hub/loop"
)

// maxPages bounds the connections that load pages: each has a goroutine and buffers, some
// 20 KiB.
const maxPages = 1024

// limits returns the limits that the flags set. Half of the reserve of descriptors is kept
// free of users for handshakes and pages; the other half is for everything
// else.
func limits(o *options) loop.Limits {
	l := loop.Limits{Users: o.maxConns, PerAddress: o.maxConnsPerIP, Pages: maxPages}
	if most := descriptors(); o.maxConns > 0 && most > 0 {
		l.Sockets = most - reserve(most)/2
	}
	if trusted := o.trustProxy; len(trusted) > 0 {
		l.Proxy = trusted.contains
		l.Client = func(r *handshake.Request) netip.Addr { return clientIP(r, trusted) }
	}
	return l
}

// defaultMaxConns is the limit of descriptors less a reserve, for handshakes under way,
// pages, the store and the operator. On a system without that limit it is 0: no limit.
func defaultMaxConns() int {
	most := descriptors()
	return most - reserve(most)
}

func reserve(descriptors int) int { return min(descriptors/16+64, descriptors-descriptors/2) }
