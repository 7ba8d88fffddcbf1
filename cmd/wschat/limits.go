package main

import (
	"net/http"
	"net/netip"
	"sync"

	"wschat/handshake"
)

// limits counts connections and says when there are enough. Safe for concurrent
// use.
type limits struct {
	most, mostPerIP int // 0: no limit
	trusted         prefixList

	mu    sync.Mutex
	total int
	byIP  map[netip.Addr]int // only with mostPerIP

	leave func() // gives a place back where addresses are not counted
}

func newLimits(o *options) *limits {
	l := &limits{most: o.maxConns, mostPerIP: o.maxConnsPerIP, trusted: o.trustProxy, byIP: make(map[netip.Addr]int)}
	l.leave = l.giveBack
	return l
}

// admit takes a place for the request's connection; leave gives it back. An
// error is a *handshake.Rejection.
func (l *limits) admit(r *handshake.Request) (leave func(), err error) {
	var ip netip.Addr
	if l.mostPerIP > 0 {
		ip = clientIP(r, l.trusted)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.most > 0 && l.total >= l.most {
		return nil, full("the server has as many connections as it may")
	}
	if l.mostPerIP == 0 {
		l.total++
		return l.leave, nil
	}
	if l.byIP[ip] >= l.mostPerIP {
		return nil, full("this address has as many connections as it may")
	}
	l.total++
	l.byIP[ip]++
	return func() { l.giveBackIP(ip) }, nil
}

func (l *limits) giveBack() {
	l.mu.Lock()
	l.total--
	l.mu.Unlock()
}

func (l *limits) giveBackIP(ip netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.byIP[ip]--; l.byIP[ip] == 0 {
		delete(l.byIP, ip)
	}
}

func full(reason string) error {
	return &handshake.Rejection{
		Status: http.StatusServiceUnavailable,
		Header: handshake.Header{{Name: "Retry-After", Value: "30"}},
		Reason: reason,
	}
}
