package main

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"

	"wschat/handshake"
)

func TestMaxConns(t *testing.T) {
	l := newLimits(&options{maxConns: 2})
	r := from(t, "192.0.2.1:1")
	first, err1 := l.admit(r)
	_, err2 := l.admit(r)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	for range 3 { // a refusal takes no place
		isFull(t, l, r)
	}
	first()
	if _, err := l.admit(r); err != nil {
		t.Errorf("after one has gone: %v", err)
	}
	isFull(t, l, r)
}

// isFull checks that there is no place: 503 with Retry-After (PROTOCOL 1).
func isFull(t *testing.T, l *limits, r *handshake.Request) {
	t.Helper()
	_, err := l.admit(r)
	if rejection := isRejected(t, "one too many", err, http.StatusServiceUnavailable); rejection.Header.Get("Retry-After") == "" {
		t.Errorf("got %v, want Retry-After", rejection.Header)
	}
}

func TestMaxConnsPerIP(t *testing.T) {
	l := newLimits(&options{maxConnsPerIP: 2, trustProxy: prefixList{netip.MustParsePrefix("10.0.0.0/8")}})
	a, b := from(t, "192.0.2.1:1"), from(t, "192.0.2.2:1")
	var leave []func()
	for _, r := range []*handshake.Request{a, b, from(t, "10.0.0.1:1", "192.0.2.1"), from(t, "[::ffff:192.0.2.2]:9")} {
		gone, err := l.admit(r)
		if err != nil {
			t.Fatal(err)
		}
		leave = append(leave, gone)
	}
	isFull(t, l, a)
	isFull(t, l, from(t, "10.0.0.2:1", "192.0.2.1"))
	isFull(t, l, b)
	if _, err := l.admit(from(t, "10.0.0.1:1")); err != nil {
		t.Errorf("the proxy itself: %v", err)
	}
	leave[2]()
	gone, err := l.admit(a)
	if err != nil {
		t.Errorf("after one has gone: %v", err)
	}
	isFull(t, l, a)
	gone()
	leave[0]()
	leave[1]()
	leave[3]()
	if l.total != 1 || len(l.byIP) != 1 {
		t.Errorf("%d left, %v", l.total, l.byIP)
	}
}

// Both limits together: who is refused for one takes no place of the other.
func TestBothLimits(t *testing.T) {
	l := newLimits(&options{maxConns: 2, maxConnsPerIP: 1})
	a, b, c := from(t, "192.0.2.1:1"), from(t, "192.0.2.2:1"), from(t, "192.0.2.3:1")
	if _, err := l.admit(a); err != nil {
		t.Fatal(err)
	}
	isFull(t, l, a)
	leave, err := l.admit(b)
	if err != nil {
		t.Fatal(err)
	}
	isFull(t, l, c)
	leave()
	if _, err := l.admit(c); err != nil {
		t.Error(err)
	}
	if l.total != 2 || len(l.byIP) != 2 {
		t.Errorf("%d, %v", l.total, l.byIP)
	}
}

func TestNoLimits(t *testing.T) {
	l := newLimits(&options{})
	for range 10_000 {
		if _, err := l.admit(&handshake.Request{Remote: &net.UnixAddr{}}); err != nil {
			t.Fatal(err)
		}
	}
}

// However many come at once, no more are inside than may be.
func TestLimitsAtOnce(t *testing.T) {
	const most, mostPerIP = 7, 3
	l := newLimits(&options{maxConns: most, maxConnsPerIP: mostPerIP})
	var all sync.WaitGroup
	var inside atomic.Int32
	var byIP [4]atomic.Int32
	for i := range 32 {
		ip := i % len(byIP)
		r := from(t, net.JoinHostPort(netip.AddrFrom4([4]byte{192, 0, 2, byte(ip)}).String(), "1"))
		all.Go(func() {
			for range 500 {
				leave, err := l.admit(r)
				if err != nil {
					continue
				}
				if inside.Add(1) > most || byIP[ip].Add(1) > mostPerIP {
					t.Error("too many are inside")
				}
				inside.Add(-1)
				byIP[ip].Add(-1)
				leave()
			}
		})
	}
	all.Wait()
	if l.total != 0 || len(l.byIP) != 0 {
		t.Errorf("%d left, %v", l.total, l.byIP)
	}
}
