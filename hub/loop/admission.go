package loop

import (
	"net/netip"
	"sync"
	"time"

	"wschat/handshake"
	"wschat/hub/share"
)

// Limits bounds what a Server accepts. 0 is no limit.
//
// A connection is a guest until its upgrade is accepted, and a user from then on.
// Users keep their places. When all sockets are taken, a guest gives way to whoever
// comes: the one that has waited longest, of the address that has most of them. So
// neither silence nor idle pages keep anybody out.
type Limits struct {
	Users      int // one more gets 503
	PerAddress int // users of one address, or of an IPv6 /64; one more gets 503
	Sockets    int // users and guests; more than Users, so that some are left for guests
	Pages      int // guests on which a page was asked for; the oldest gives way to one more

	// Proxy reports whether an address is that of a proxy; nil: there are none. A user
	// who comes through one counts for the address that Client finds in the request.
	Proxy  func(netip.Addr) bool
	Client func(*handshake.Request) netip.Addr
}

// minGuests is how many guests one address may have, even if PerAddress is smaller: a
// browser opens several connections at once for a page.
const minGuests = 64

// kind says what a guest is doing.
type kind uint8

const (
	handshaking kind = iota // has not asked for anything yet, or is being answered
	onPages
	kinds
)

// admission counts the connections of a Server. Safe for concurrent use.
type admission struct {
	limits Limits
	start  time.Time

	mu        sync.Mutex
	users     int
	guests    int
	pages     int                          // of these, how many are onPages
	addresses map[netip.Addr]*address      // those with connections, and those in debt for logins
	many      int                          // when some are looked for to be forgotten
	rankings  [kinds]share.Ranking[*queue] // of those that are not empty, by their guests
}

// address is where connections come from. Guarded by the admission's lock.
type address struct {
	admission *admission
	ip        netip.Addr
	name      string // ip as a text
	users     int
	paid      time.Duration // since admission.start: until when the allowance is used up, see ration.go
	queues    [kinds]queue
}

// guest is the place of a connection that is not a user's yet.
type guest struct {
	queue      *queue // nil: it has none, or has lost it
	prev, next *guest
	owner      interface{ giveWay() } // ends the connection; must not block
}

// queue has the guests of one address and kind, in the order in which they give way.
type queue struct {
	from        *address
	first, last *guest
	guests      share.Share
}

func (q *queue) kind() kind {
	if q == &q.from.queues[onPages] {
		return onPages
	}
	return handshaking
}

// Share implements share.Holder.
func (q *queue) Share() *share.Share { return &q.guests }

func newAdmission(l Limits) *admission {
	return &admission{limits: l, start: time.Now(), addresses: make(map[netip.Addr]*address), many: manyAddresses}
}

// arrive gives a place to g, which comes from ip. If none is free, another guest loses its
// place.
func (a *admission) arrive(g *guest, ip netip.Addr) {
	l := &a.limits
	a.mu.Lock()
	from := a.address(ip)
	q := &from.queues[handshaking]
	var out *guest
	switch {
	case l.Sockets > 0 && a.users+a.guests >= l.Sockets:
		out = a.longest()
	case l.PerAddress > 0 && q.guests.Held() >= int64(max(l.PerAddress, minGuests)) && !(l.Proxy != nil && l.Proxy(ip)):
		out = q.first
	}
	a.push(g, q)
	a.dismiss(out)
}

// dismiss takes the place of a guest away, if there is one, and gives the lock back.
func (a *admission) dismiss(out *guest) {
	if out != nil {
		a.drop(out)
	}
	a.mu.Unlock()
	if out != nil {
		out.owner.giveWay()
	}
}

// longest returns the guest that gives way to the next connection; nil: there is none.
func (a *admission) longest() *guest {
	var most *queue
	for i := range a.rankings {
		if r := &a.rankings[i]; r.Len() > 0 && (most == nil || r.At(0).guests.Held() >= most.guests.Held()) {
			most = r.At(0)
		}
	}
	if most == nil {
		return nil
	}
	return most.first
}

// move puts g at the end of the queue of a kind, even if it was in that before: it gives
// way after all the others. It reports whether g still has a place.
func (a *admission) move(g *guest, to kind, owner interface{ giveWay() }) bool {
	a.mu.Lock()
	q := g.queue
	if q == nil {
		a.mu.Unlock()
		return false
	}
	from := q.from
	a.unlink(g)
	g.owner = owner
	a.push(g, &from.queues[to])
	var out *guest
	if a.limits.Pages > 0 && a.pages > a.limits.Pages {
		out = a.rankings[onPages].At(0).first
	}
	a.dismiss(out)
	return out != g
}

// client returns the address of whoever has sent a request.
func (a *admission) client(r *handshake.Request) netip.Addr {
	ip := r.Remote.Addr()
	if l := &a.limits; l.Proxy != nil && l.Proxy(ip) {
		ip = l.Client(r)
	}
	return ip
}

// promote makes a guest a user, and returns the user's address, or the reason why it may
// not be one: for a login that is rationed that may be those before it. The caller must call
// leave on the address when the connection ends.
func (a *admission) promote(g *guest, r *handshake.Request, rationed bool) (*address, error) {
	l, ip := &a.limits, a.client(r)
	a.mu.Lock()
	defer a.mu.Unlock()
	from := a.address(ip)
	var err error
	switch {
	case l.Users > 0 && a.users >= l.Users, l.Sockets > 0 && a.users >= l.Sockets:
		err = full("full", "the server has as many connections as it may")
	case l.PerAddress > 0 && from.users >= l.PerAddress:
		err = full("address", "this address has as many connections as it may")
	case rationed:
		err = from.overRation()
	}
	if err != nil {
		a.forget(from)
		return nil, err
	}
	a.users++
	from.users++
	a.drop(g)
	return from, nil
}

// leave gives a user's place back.
func (from *address) leave() {
	a := from.admission
	a.mu.Lock()
	defer a.mu.Unlock()
	a.users--
	from.users--
	a.forget(from)
}

// demote makes a user a guest of the address ip again, since the handler has refused it.
func (a *admission) demote(g *guest, from *address, ip netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.users--
	from.users--
	a.push(g, &a.address(ip).queues[handshaking])
	a.forget(from)
}

// leave gives a guest's place back, if it has one.
func (a *admission) leave(g *guest) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.drop(g)
}

// The lock is held in all functions below.

func (a *admission) address(ip netip.Addr) *address {
	ip = Network(ip)
	from := a.addresses[ip]
	if from == nil {
		a.forgetAddresses()
		from = &address{admission: a, ip: ip, name: ip.String()}
		for k := range kinds {
			from.queues[k].from = from
		}
		a.addresses[ip] = from
	}
	return from
}

// Network returns the address under which ip is counted: ip itself, or its /64 if it is
// IPv6, of which every customer has at least one.
func Network(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		prefix, _ := ip.Prefix(64) // cannot fail: IPv6 has 128 bits
		ip = prefix.Addr()
	}
	return ip
}

// forget removes an address without connections and debts.
func (a *admission) forget(from *address) {
	if from.users == 0 && from.queues[handshaking].first == nil && from.queues[onPages].first == nil && from.paid <= a.time() {
		delete(a.addresses, from.ip)
	}
}

func (a *admission) push(g *guest, q *queue) {
	g.queue, g.prev, g.next = q, q.last, nil
	if q.last == nil {
		q.first = g
	} else {
		q.last.next = g
	}
	q.last = g
	a.grow(q, +1)
}

// drop takes a guest out of its queue, if it is in one.
func (a *admission) drop(g *guest) {
	if q := g.queue; q != nil {
		a.unlink(g)
		a.forget(q.from)
	}
}

func (a *admission) unlink(g *guest) {
	q := g.queue
	if g.prev == nil {
		q.first = g.next
	} else {
		g.prev.next = g.next
	}
	if g.next == nil {
		q.last = g.prev
	} else {
		g.next.prev = g.prev
	}
	g.queue, g.prev, g.next = nil, nil, nil
	a.grow(q, -1)
}

// grow notes that q has one guest more or less.
func (a *admission) grow(q *queue, by int) {
	a.guests += by
	kind := q.kind()
	if kind == onPages {
		a.pages += by
	}
	a.rankings[kind].Add(q, int64(by))
}
