package redis

import (
	"context"
	"maps"
	"slices"
	"time"

	"wschat/hub/chat"
)

// meetTime is how long a node waits for others after the data were lost. They are
// connected again within two seconds.
const meetTime = 3 * time.Second

// lost is told when a conversation turns out to have lost its data.
func (s *Store) lost() {
	s.mu.Lock()
	if s.epoch != "" {
		s.recovering = true
	}
	s.mu.Unlock()
	s.poke()
}

func (s *Store) isLost() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recovering
}

// recover begins a new epoch here: it puts back the users of this node and their
// groups, waits for a while for the other nodes to do the same, and has the node
// told: of the epoch first, and then of what there is in it. If it fails it is
// tried again.
func (s *Store) recover(epoch string) {
	s.mu.Lock()
	s.epoch, s.recovering, s.recovered = epoch, true, time.Now()
	node, peers := s.node, s.peers
	all := slices.Collect(maps.Values(s.conversations))
	for _, u := range s.users {
		clear(u.paired)
		clear(u.changed)
	}
	s.mu.Unlock()
	for _, c := range all {
		c.pause()
	}
	if s.putBack(false) != nil || s.meet(epoch, peers) != nil || s.compare(all) != nil {
		return
	}
	if node != nil && node.Renumber() != nil {
		return
	}
	for _, c := range all {
		c.resume()
	}
	s.mu.Lock()
	s.recovering = false
	s.mu.Unlock()
}

// compare has conversations find out what they have lost.
func (s *Store) compare(all []*conversation) error {
	for part := range slices.Chunk(all, batch) {
		ctx, cancel := patience()
		defer cancel()
		at, err := s.places(ctx, part)
		if err != nil {
			return err
		}
		for i, c := range part {
			c.compare(at[i])
		}
	}
	return nil
}

// places asks where conversations are.
func (s *Store) places(ctx context.Context, of []*conversation) ([]place, error) {
	commands := make([]command, len(of))
	for i, c := range of {
		commands[i] = on(c.key, syncScript, "-", 0, flag(chat.IsGroup(c.name)))
	}
	replies, err := s.all(ctx, commands)
	if err != nil {
		return nil, err
	}
	at := make([]place, len(of))
	for i, r := range replies {
		if at[i], _, err = parsePlace(r); err != nil {
			return nil, err
		}
	}
	return at, nil
}

// meet waits until as many nodes as there are peers have put back their users, or for
// meetTime.
func (s *Store) meet(epoch string, peers int64) error {
	ctx, cancel := patience()
	defer cancel()
	key := nodesKey + ":back:" + epoch
	_, err := s.all(ctx, []command{
		on(nodesKey, "SADD", key, s.id),
		on(nodesKey, "EXPIRE", key, 60),
	})
	for end := time.Now().Add(meetTime); err == nil && time.Now().Before(end); {
		r, err := s.call(ctx, nodesKey, "SCARD", key)
		if err != nil {
			return err
		}
		if n, err := r.Int(); err != nil || n >= peers {
			return err
		}
		time.Sleep(meetTime / 100)
	}
	return err
}

// putBack tells Redis again of all users here. Those who were taken offline are
// told to log in; those whose data were lost have been online all the time, and
// are put back into their groups.
func (s *Store) putBack(tell bool) error {
	s.mu.Lock()
	names := slices.Collect(maps.Keys(s.users))
	s.mu.Unlock()
	for part := range slices.Chunk(names, batch) {
		if err := s.putBackSome(part, tell); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) putBackSome(names []string, tell bool) error {
	ctx, cancel := patience()
	defer cancel()
	commands := []command{on(nodeKey(s.id), "SADD", nodeKey(s.id))}
	var counted []*user
	groups, counts := make(map[*user][]string), make(map[*user]int)
	s.mu.Lock()
	for _, name := range names {
		u := s.users[name]
		if u == nil {
			continue
		}
		commands[0].args = append(commands[0].args, name)
		counted = append(counted, u)
		groups[u], counts[u] = slices.Sorted(maps.Keys(u.groups)), u.count
		u.tellings++
		commands = append(commands, on(userKey(name), countScript, s.id, u.count))
	}
	s.mu.Unlock()
	if len(counted) == 0 {
		return nil
	}
	replies, err := s.all(ctx, commands)
	if err != nil {
		return err
	}
	var again []command
	for i, u := range counted {
		var total int
		var number uint64
		var in []string
		if err := replies[i+1].Scan(&total, &number, &in); err != nil {
			return err
		}
		s.mu.Lock()
		u.number = number
		if s.users[u.name] != u || u.count != counts[u] { // it may have been told in the wrong order
			s.dirty[u.name] = true
		}
		s.mu.Unlock()
		again = append(again, s.presence(u.name, chat.Everyone, number, true, tell))
		for _, group := range groups[u] {
			if tell {
				again = append(again, s.presence(u.name, group, number, true, true))
				continue
			}
			again = append(again,
				on(userKey(u.name), "SADD", userKey(u.name)+":g", group),
				on(conversationKey(group), joinScript, u.name, number, 0),
				on(groupsKey, "ZADD", groupsKey, 0, group))
		}
	}
	_, err = s.all(ctx, again)
	return err
}

// settle tells Redis again of users of whom it may have wrong data.
func (s *Store) settle() {
	var here []string
	s.mu.Lock()
	for name := range s.dirty {
		if s.users[name] != nil {
			here = append(here, name)
		} else {
			s.count(name, 0)
			s.do(nodeKey(s.id), ignore, "SREM", nodeKey(s.id), name)
		}
	}
	clear(s.dirty)
	s.mu.Unlock()
	for part := range slices.Chunk(here, batch) {
		if s.putBackSome(part, true) != nil {
			s.mu.Lock()
			for _, name := range part {
				s.dirty[name] = true
			}
			s.mu.Unlock()
		}
	}
}

// reconcile finds out of whom settle has to tell Redis, when that is back: it may
// have lost its last moments.
func (s *Store) reconcile() error {
	ctx, cancel := patience()
	defer cancel()
	r, err := s.call(ctx, nodeKey(s.id), "SMEMBERS", nodeKey(s.id))
	if err != nil {
		return err
	}
	names, err := r.Strings()
	if err != nil {
		return err
	}
	known := make(map[string]bool, len(names))
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		known[name] = true
		if s.users[name] == nil {
			s.dirty[name] = true
		}
	}
	for name, u := range s.users {
		if !known[name] && u.count > 0 {
			s.dirty[name] = true
		}
	}
	return nil
}
