package loop

import (
	"math"
	"strconv"
	"time"
)

// Logins are rationed by address, since their clients have no connection yet that could be
// read more slowly. An address (an IPv6 /64; behind a proxy, that of the client) has an
// allowance as a connection has. Each login takes its price from it, with the exit that will
// follow: so it matters how many are told of it. When the allowance is used up, and a burst
// with it, logins get 503, and are told when to come again.

// loginBurst is how far an address may be ahead of its allowance. An office that comes back
// from lunch has one address, and so has a proxy that nobody has named: 10,000 users, who all
// hear of each other, must get in at once.
const loginBurst = 15 * time.Minute

// manyAddresses is from how many addresses on those without connections are looked for that
// are not in debt any more.
const manyAddresses = 1024

// ChargeLogin takes from the allowance of the address that c comes from. Only from c's loop.
func (c *Conn) ChargeLogin(w Work) {
	if c.metered && c.from != nil {
		c.from.charge(c.loop.loops.workPrice(w.time()))
	}
}

// bequeath leaves what a connection that ends has not paid yet to its address, or else
// whoever came again would have a burst again.
func (c *Conn) bequeath() {
	if debt := time.Duration(c.paid - c.loop.clock.time()); c.metered && c.from != nil && debt > 0 {
		c.paid = 0
		c.from.charge(debt)
	}
}

// time returns the time since the admission's start.
func (a *admission) time() time.Duration { return time.Since(a.start) }

// charge takes from the allowance of an address, which may have been forgotten.
func (from *address) charge(price time.Duration) {
	a := from.admission
	a.mu.Lock()
	defer a.mu.Unlock()
	from = a.address(from.ip)
	from.paid = max(from.paid, a.time()) + price
}

// overRation returns the answer to a login that comes too early, else nil. The lock is held.
func (from *address) overRation() error {
	wait := from.paid - from.admission.time() - loginBurst
	if wait <= 0 {
		return nil
	}
	seconds := int(math.Ceil(wait.Seconds()))
	return unavailable("logins", "too many logins come from this address", strconv.Itoa(seconds))
}

// forgetAddresses removes those without connections that are not in debt any more. The time
// that this takes is bounded by that for their logins. The lock is held.
func (a *admission) forgetAddresses() {
	if len(a.addresses) < a.many {
		return
	}
	for _, from := range a.addresses {
		a.forget(from)
	}
	a.many = max(manyAddresses, 2*len(a.addresses))
}
