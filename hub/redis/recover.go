package redis

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// meetTime is how long a node waits for others after the data were lost. They are
// connected again within two seconds.
const meetTime = 3 * time.Second

// lost is told when data turn out to be lost, and where.
func (s *Store) lost(where string) {
	s.mu.Lock()
	if !s.recovering {
		s.log.Warn("redis has lost data", "where", where)
	}
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
func (s *Store) recover(epoch string) bool {
	s.mu.Lock()
	s.epoch, s.recovering, s.recovered = epoch, true, time.Now()
	node, peers := s.node, s.peers
	s.mu.Unlock()
	all := s.followed()
	for _, c := range all {
		c.pause()
	}
	ctx, cancel := patience()
	defer cancel()
	servers, err := s.servers(ctx)
	if err == nil && len(servers) > 0 {
		_, err = s.call(ctx, nodesKey, append([]any{"SADD", nodesKey + ":servers"}, asAny(servers)...)...)
	}
	if err != nil || s.putBack(s.everybody(), true) != nil || s.meet(epoch, peers) != nil || s.compare(all) != nil || s.readMarks() != nil {
		return false
	}
	if node != nil && node.Renumber() != nil {
		return false
	}
	s.mu.Lock()
	s.recovering = false
	s.mu.Unlock()
	for _, c := range all {
		c.resume()
	}
	return true
}

// readMarks reads the marks of all users here anew.
func (s *Store) readMarks() error {
	for part := range slices.Chunk(s.everybody(), batch) {
		ctx, cancel := patience()
		defer cancel()
		var users []*user
		var waits []func(context.Context) (resp.Reply, error)
		s.mu.Lock()
		for _, name := range part {
			if u := s.users[name]; u != nil {
				u.marks.of, u.marks.owed = nil, nil // the hub is told of all by Renumber
				users, waits = append(users, u), append(waits, s.askMarks(u))
			}
		}
		s.mu.Unlock()
		var failed error
		for i, wait := range waits {
			r, err := wait(ctx)
			failed = cmp.Or(failed, s.known(users[i], r, s.failed(err)))
		}
		if failed != nil {
			return failed
		}
	}
	return nil
}

// compare has conversations find out what they have lost.
func (s *Store) compare(all []*conversation) error {
	ctx, cancel := patience()
	defer cancel()
	at, err := s.places(ctx, all)
	if err != nil {
		return err
	}
	for i, c := range all {
		c.compare(at[i])
	}
	return nil
}

// followed returns the conversations that are followed here.
func (s *Store) followed() []*conversation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.conversations))
}

// places asks where conversations are.
func (s *Store) places(ctx context.Context, of []*conversation) ([]place, error) {
	at := make([]place, 0, len(of))
	for part := range slices.Chunk(of, batch) {
		commands := make([]command, len(part))
		for i, c := range part {
			commands[i] = on(c.key, syncScript, "-", 0, 0)
		}
		replies, err := s.all(ctx, commands)
		if err != nil {
			return nil, err
		}
		for i, r := range replies {
			p, err := parsePlace(part[i].name, r)
			if err != nil {
				return nil, err
			}
			at = append(at, p)
		}
	}
	return at, nil
}

// meet waits until as many nodes as there are peers have put back their users, or for
// meetTime.
func (s *Store) meet(epoch string, peers int) error {
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
		if n, err := r.Int(); err != nil || int(n) >= peers {
			return err
		}
		time.Sleep(meetTime / 100)
	}
	return err
}

// everybody returns the users of this node.
func (s *Store) everybody() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.users))
}

// putBack tells Redis how many connections of some users are here, and enters their logins
// and exits everywhere; what is so already changes nothing, and nobody is told of it. If
// data were lost, they are put back into their groups, too.
func (s *Store) putBack(names []string, lost bool) error {
	for part := range slices.Chunk(names, batch) {
		if err := s.putBackSome(part, lost); err != nil {
			s.mu.Lock()
			for _, name := range names {
				s.dirty[name] = true
			}
			s.mu.Unlock()
			return err
		}
	}
	return nil
}

func (s *Store) putBackSome(names []string, lost bool) error {
	ctx, cancel := patience()
	defer cancel()
	commands := make([]command, 0, 2*len(names))
	s.mu.Lock()
	for _, name := range names {
		count := 0
		if u := s.users[name]; u != nil {
			count = u.count
			u.tellings++
		}
		commands = append(commands, on(userKey(name), countScript, s.id, count, s.clock.deadline()), on(nodeKey(s.id), "SADD", nodeKey(s.id), name))
	}
	wait := s.ask(commands) // with the lock held: the last count that Redis gets is right
	s.mu.Unlock()
	replies, err := wait(ctx)
	if err != nil {
		return err
	}
	var again []command
	var online []string
	for i, name := range names {
		var total int
		var number uint64
		var groups []string
		var talks bool
		if err := replies[2*i].Scan(&total, &number, &groups, &talks); err != nil {
			return err
		}
		s.numbered(name, number)
		if total == 0 {
			if err := s.counted(name, "", replies[2*i], func() { s.unlist(name) }); err != nil {
				return err
			}
			continue
		}
		online = append(online, name)
		if lost {
			groups = s.groupsOf(name)
		}
		again = append(again, s.presence(name, chat.Everyone, number))
		for _, group := range groups {
			if lost {
				again = append(again,
					on(userKey(name), "SADD", userKey(name)+":g", group),
					on(conversationKey(group), joinScript, name, number),
					on(groupsKey, "ZADD", groupsKey, 0, group))
			}
			again = append(again, s.presence(name, group, number))
		}
	}
	if _, err = s.all(ctx, again); err != nil {
		return err
	}
	for _, name := range online {
		s.unlist(name)
	}
	return nil
}

// numbered notes the number of a user's login.
func (s *Store) numbered(name string, number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[name]; u != nil {
		u.number = max(u.number, number)
	}
}

// groupsOf returns the groups of a user here that the node was told of.
func (s *Store) groupsOf(name string) (groups []string) {
	s.mu.Lock()
	var follows []*conversation
	if u := s.users[name]; u != nil {
		follows = slices.Collect(maps.Values(u.conversations))
	}
	s.mu.Unlock()
	for _, c := range follows {
		if chat.IsGroup(c.name) && c.has(name) {
			groups = append(groups, c.name)
		}
	}
	return groups
}

// settle tells Redis again of users of whom it may have wrong data.
func (s *Store) settle() {
	s.mu.Lock()
	names := slices.Collect(maps.Keys(s.dirty))
	clear(s.dirty)
	s.mu.Unlock()
	s.putBack(names, false)
}

// reconcile compares whom Redis has at this node with who is here, when it is back: it may
// have lost its last moments, and this node what it had to say.
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
	names = append(names, s.everybody()...)
	slices.Sort(names)
	return s.putBack(slices.Compact(names), false)
}
