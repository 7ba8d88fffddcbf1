package redis

import (
	"crypto/rand"
	"errors"
	"maps"
	"math"
	"slices"
	"time"

	"wschat/hub/chat"
)

// tickTime is how often the keeper looks around.
const tickTime = 250 * time.Millisecond

// batch is how many users or conversations are looked after at once.
const batch = 500

// poke makes the keeper look at once.
func (s *Store) poke() {
	select {
	case s.poked <- struct{}{}:
	default:
	}
}

// keep is the goroutine that looks after everything which nobody asks for: the
// lease of this node and those of others, what Redis has to be told again, and what
// comes too late.
func (s *Store) keep() {
	ticker := time.NewTicker(tickTime)
	defer ticker.Stop()
	var probed, renewed, forgotten, counted time.Time
	for {
		now := time.Now()
		select {
		case <-s.stop:
			return
		case now = <-ticker.C:
		case <-s.poked:
		}
		if s.waits.Load() > 0 {
			s.answerLate(now)
		}
		if s.Epoch() != "" && errors.Is(s.Err(), chat.ErrUnavailable) {
			s.unavailable(now)
		}
		losses := s.losses.Load()
		if !s.checked() || s.isLost() || now.Sub(renewed) > renewTime {
			if s.renew() {
				renewed = now
				if s.client.Up() && !s.checked() && s.reconcile() == nil {
					s.looked.Store(losses)
				}
			}
		}
		if !s.client.Up() {
			continue
		}
		s.tellUntold()
		s.payReads(now, false)
		if s.refusal.lasts() || now.Sub(probed) > probeTime {
			s.probe()
			probed = now
		}
		s.syncAll()
		s.undo(now, false)
		s.settle()
		s.dropIdle(now)
		if ttl := s.config.MembershipTTL; ttl > 0 && now.Sub(forgotten) > min(max(ttl/10, 10*time.Millisecond), time.Minute) {
			s.forgetUsers()
			forgotten = now
		}
		if now.Sub(counted) > crowdTime {
			s.forgetEarly()
			s.countAway()
			counted = now
		}
	}
}

func (s *Store) answerLate(now time.Time) {
	s.mu.Lock()
	followed := slices.Collect(maps.Values(s.conversations))
	s.mu.Unlock()
	for _, c := range followed {
		c.answerLate(now)
	}
}

// unavailable notes that nobody is let in. That this node does not know what has become of
// the data keeps no other from renewing its lease.
func (s *Store) unavailable(now time.Time) {
	if !s.client.Up() || s.refusal.lasts() {
		s.interrupt(now)
	}
	s.mu.Lock()
	s.closed = now
	s.mu.Unlock()
}

// interrupt notes that other nodes may not have been able to renew their leases, either.
func (s *Store) interrupt(now time.Time) {
	s.mu.Lock()
	s.interrupted = now
	s.mu.Unlock()
}

// leases is what a node hears when it renews its own.
type leases struct {
	epoch     string
	alive     bool // this node had one
	micros    int64
	dead, all []string
}

// renew renews the lease of this node, and finds out what has happened meanwhile:
// to the data, to this node, and to others. It asks the master of the leases, whatever
// becomes of others. It reports whether this node knows where it stands.
func (s *Store) renew() bool {
	ctx, cancel := patience()
	defer cancel()
	s.mu.Lock()
	old, lost := s.epoch, s.recovering
	s.mu.Unlock()
	next, replaced := rand.Text()[:10], ""
	if lost {
		replaced = old
	}
	asked := time.Now()
	r, err := s.call(ctx, nodesKey, leaseScript, s.id, leaseTime.Microseconds(), next, replaced)
	var l leases
	if err != nil || r.Scan(&l.epoch, &l.alive, &l.micros, &l.dead, &l.all) != nil {
		s.interrupt(time.Now())
		return false
	}
	now := time.Now()
	s.clock.set(l.micros, asked, now)
	s.mu.Lock()
	if now.Sub(s.renewed) > leaseTime/2 { // this process may have stood still, with others
		s.interrupted = now
	}
	s.renewed = now
	switch {
	case old == "":
		s.peers = math.MaxInt // others may be about to begin, too
	case !lost && l.epoch == old: // else some are not back yet
		s.peers = len(l.all)
	}
	whole := now.Sub(s.interrupted) > leaseTime
	s.mu.Unlock()
	if !s.client.Up() {
		return false
	}
	if old != "" && (l.epoch != old || lost) {
		s.log.Warn("redis has lost its data: a new epoch", "epoch", l.epoch)
		return s.recover(l.epoch)
	}
	if !s.vouch(l, old == "", whole) {
		return false
	}
	s.mu.Lock()
	s.epoch = l.epoch
	s.mu.Unlock()
	if old != "" && !l.alive {
		s.log.Warn("this node was taken for dead: its users log in again")
		if s.putBack(s.everybody(), false) != nil {
			s.call(ctx, nodesKey, "ZREM", nodesKey+":lease", s.id) // to be tried again
			return false
		}
	}
	for _, id := range l.dead {
		if id != s.id && whole {
			s.bury(id)
		}
	}
	return true
}

// bury takes the users of a node that died offline. One node does it for all.
func (s *Store) bury(id string) {
	ctx, cancel := patience()
	defer cancel()
	lock := nodesKey + ":bury:" + id
	r, err := s.call(ctx, nodesKey, "SET", lock, s.id, "NX", "EX", 30)
	if err != nil || r.IsNil() {
		return
	}
	s.log.Warn("a node has died: its users are offline", "node", id)
	if s.buryUsers(id) {
		s.remove(id) // else it is tried again
	}
	s.do(nodesKey, ignore, "DEL", lock)
}

func (s *Store) buryUsers(id string) bool {
	cursor := "0"
	for {
		ctx, cancel := patience()
		defer cancel()
		r, err := s.call(ctx, nodeKey(id), "SSCAN", nodeKey(id), cursor, "COUNT", batch)
		if err != nil {
			return false
		}
		var names []string
		if r.Scan(&cursor, &names) != nil {
			return false
		}
		replies, err := s.each(ctx, names, func(name string) command { return on(userKey(name), countScript, id, 0, s.clock.deadline()) })
		if err != nil {
			return false
		}
		for i, name := range names {
			if s.counted(name, "", replies[i], func() {}) != nil {
				return false
			}
		}
		if cursor == "0" {
			return true
		}
	}
}

// remove takes a node that nobody is connected to any more off the list. Its lease is the
// last to go: it stands for what the node may have given out.
func (s *Store) remove(id string) {
	ctx, cancel := patience()
	defer cancel()
	if _, err := s.call(ctx, nodeKey(id), "DEL", nodeKey(id)); err == nil {
		s.all(ctx, []command{
			on(nodesKey, "HDEL", nodesKey+":vouch", id),
			on(nodesKey, "ZREM", nodesKey+":lease", id),
		})
	}
}

// depart gives up this node's place, unless users are left, or Redis could not be told of some
// who have gone: another node takes those offline.
func (s *Store) depart() {
	s.settle()
	s.mu.Lock()
	empty := len(s.users) == 0 && len(s.dirty) == 0
	s.mu.Unlock()
	if empty {
		s.remove(s.id)
	}
}
