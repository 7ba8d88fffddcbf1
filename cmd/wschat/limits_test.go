package main

import "testing"

// PROTOCOL 7: -max-conns is the descriptor limit less a reserve, of which half is for
// those who are no users, and -max-conns-per-ip is half of that.
func TestLimits(t *testing.T) {
	o, err := parseOptions(nil, environment(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	l, most := limits(o), descriptors()
	if most > 0 && (l.Users < most/2 || l.Users >= l.Sockets || l.Sockets >= most) || l.PerAddress != (l.Users+1)/2 {
		t.Errorf("got %+v with %d descriptors", l, most)
	}
	for most, want := range map[int]int{1: 0, 100: 50, 200: 124, 600: 499, 1024: 896, 20_000: 18_686} {
		if got := most - reserve(most); got != want {
			t.Errorf("%d users with %d descriptors, want %d", got, most, want)
		}
	}
}

// 0 is no limit: neither of users nor of sockets, so that accepting waits until there
// are descriptors.
func TestNoLimits(t *testing.T) {
	l := limits(&options{})
	if l.Users != 0 || l.PerAddress != 0 || l.Sockets != 0 || l.Proxy != nil {
		t.Errorf("got %+v", l)
	}
}
