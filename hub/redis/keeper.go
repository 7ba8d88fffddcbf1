package redis

import (
	"crypto/rand"
	"maps"
	"slices"
	"time"
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
		if s.Epoch() != "" && s.Err() != nil {
			s.mu.Lock()
			s.interrupted = now
			s.mu.Unlock()
		}
		if !s.client.Up() {
			continue
		}
		s.tellUntold()
		if s.refusal.lasts() || now.Sub(probed) > probeTime {
			s.probe()
			probed = now
		}
		losses := s.losses.Load()
		if !s.checked() || s.isLost() || now.Sub(renewed) > renewTime {
			if s.renew() {
				renewed = now
				if !s.checked() && s.reconcile() == nil {
					s.looked.Store(losses)
				}
			}
			s.syncAll()
			s.settle()
			s.dropIdle(now)
		}
		if ttl := s.config.MembershipTTL; ttl > 0 && now.Sub(forgotten) > min(max(ttl/10, 10*time.Millisecond), time.Minute) {
			s.forgetUsers()
			forgotten = now
		}
		if now.Sub(counted) > crowdTime {
			s.forgetEarly()
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

// renew renews the lease of this node, and finds out what has happened meanwhile:
// to the data, to this node, and to others.
func (s *Store) renew() bool {
	ctx, cancel := patience()
	defer cancel()
	s.mu.Lock()
	old, lost := s.epoch, s.recovering
	s.mu.Unlock()
	next := rand.Text()[:10]
	if lost {
		if _, err := s.call(ctx, nodesKey, epochScript, old, next); err != nil {
			return false
		}
	}
	r, err := s.call(ctx, nodesKey, leaseScript, s.id, leaseTime.Microseconds(), next)
	var (
		epoch         string
		alive         bool
		micros, peers int64
		dead          []string
	)
	if err != nil || r.Scan(&epoch, &alive, &micros, &dead, &peers) != nil {
		return false
	}
	s.offset.Store(micros - time.Now().UnixMicro())
	switch {
	case old == "":
		s.mu.Lock()
		s.epoch = epoch
		s.mu.Unlock()
	case epoch != old || lost:
		s.log.Warn("redis has lost its data: a new epoch", "epoch", epoch)
		s.recover(epoch)
	case !alive:
		s.log.Warn("this node was taken for dead: its users log in again")
		if s.putBack(true) != nil {
			s.call(ctx, nodesKey, "ZREM", nodesKey+":lease", s.id) // to be tried again
			return false
		}
	}
	s.mu.Lock()
	s.peers = peers
	// Where this node could not renew its lease, others could not either.
	whole := time.Since(s.interrupted) > leaseTime
	s.mu.Unlock()
	if !whole {
		return true
	}
	for _, id := range dead {
		if id != s.id {
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
		ctx, cancel := patience()
		defer cancel()
		s.call(ctx, nodeKey(id), "DEL", nodeKey(id))
		s.call(ctx, nodesKey, "ZREM", nodesKey+":lease", id) // else it is tried again
	}
	s.call(ctx, nodesKey, "DEL", lock)
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
		replies, err := s.each(ctx, names, func(name string) command { return on(userKey(name), countScript, id, 0) })
		if err != nil {
			return false
		}
		for i, name := range names {
			if s.counted(name, replies[i]) != nil {
				return false
			}
		}
		if cursor == "0" {
			return true
		}
	}
}

// depart gives up this node's place.
func (s *Store) depart() {
	ctx, cancel := patience()
	defer cancel()
	s.mu.Lock()
	empty := len(s.users) == 0
	s.mu.Unlock()
	if empty { // else another node takes those offline who are left
		s.call(ctx, nodeKey(s.id), "DEL", nodeKey(s.id))
		s.call(ctx, nodesKey, "ZREM", nodesKey+":lease", s.id)
	}
}
