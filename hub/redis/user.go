package redis

import (
	"cmp"
	"context"
	"maps"
	"strconv"
	"strings"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// user is somebody who is connected to this node, or about to be. Guarded by
// Store.mu, but for the name, ready and listed.
type user struct {
	name          string
	refs          int // connections here, those on their way included
	count         int // those of them that Redis has been told of
	tellings      int // how often it has been told of count
	number        uint64
	conversations map[string]*conversation // a private one is on the user's list, too
	lane          []*sending               // what the user has sent, and is not appended yet
	draining      bool                     // somebody is appending it
	ready         chan struct{}            // closed when the user's channel is subscribed
	isReady       bool
	marks         marks
	listed        chan struct{} // closed when the user is in {n:ID}, by which others take him offline
}

// retain returns the user of that name, who stays until released. Store.mu is held.
func (s *Store) retain(name string) *user {
	u := s.users[name]
	if u == nil {
		u = &user{
			name: name, conversations: make(map[string]*conversation, 1),
			ready: make(chan struct{}), listed: make(chan struct{}),
		}
		s.users[name] = u
		s.client.Subscribe(userKey(name))
		s.do(nodeKey(s.id), func(_ resp.Reply, err error) {
			if err == nil {
				close(u.listed)
			}
		}, "SADD", nodeKey(s.id), name)
	}
	u.refs++
	return u
}

// release ends that. Store.mu is held. A user who was counted stays on the node's list until the
// exit is entered everywhere: should the node die before, others do that.
func (s *Store) release(u *user) {
	if u.refs--; u.refs > 0 {
		return
	}
	for name := range maps.Clone(u.conversations) {
		s.unfollow(u, name)
	}
	s.pay(u)
	delete(s.users, u.name)
	s.client.Unsubscribe(userKey(u.name))
}

// unlist takes a user who is not here any more off the node's list.
func (s *Store) unlist(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[name] == nil {
		s.do(nodeKey(s.id), ignore, "SREM", nodeKey(s.id), name)
	}
}

func ignore(resp.Reply, error) {}

// isHere reports whether a user is connected to this node.
func (s *Store) isHere(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[name]
	return u != nil && u.count > 0
}

// Enter implements chat.Engine. If logins are told, Welcome knows by itself who is online.
func (s *Store) Enter(name string, fresh, online bool) (chat.Entry, error) {
	if !s.inReach() {
		return chat.Entry{}, chat.ErrUnavailable
	}
	ctx, cancel := patience()
	defer cancel()
	s.mu.Lock()
	u := s.retain(name)
	s.mu.Unlock()
	entry, err := s.enter(ctx, u, fresh)
	if err == nil && online && s.config.Presence != chat.ToAll {
		entry.Online, err = s.who(ctx, chat.Everyone)
	}
	if err != nil && entry != nil { // the connection may have been counted
		s.giveUp(name)
		return chat.Entry{}, err
	}
	if err != nil {
		s.mu.Lock()
		s.release(u)
		s.mu.Unlock()
		s.unlist(name)
		return chat.Entry{}, err
	}
	return *entry, nil
}

// enter returns an entry, with an error too, once the connection is counted.
func (s *Store) enter(ctx context.Context, u *user, fresh bool) (*chat.Entry, error) {
	for _, done := range []chan struct{}{u.ready, u.listed} {
		select {
		case <-done:
		case <-ctx.Done():
			return nil, chat.ErrUnavailable
		}
	}
	var (
		entry         = new(chat.Entry)
		number        uint64
		forgotten     int
		groups, pairs []string
	)
	r, telling, err := s.login(ctx, u, fresh)
	if err != nil {
		return entry, err
	}
	if r.Scan(&entry.Serial, &number, &forgotten, &groups, &pairs) != nil {
		return entry, chat.ErrUnavailable
	}
	if entry.Serial == 0 {
		s.mu.Lock()
		u.count--
		if u.tellings != telling { // meanwhile, with this connection
			s.count(u.name, "", u.count)
		}
		s.mu.Unlock()
		if number == 1 {
			return nil, chat.ErrBanned
		}
		return nil, chat.ErrTaken
	}
	s.returned(u.name, number)
	if forgotten > 0 {
		s.leaveAll(u.name, groups)
		groups = nil
	}
	if forgotten > 1 {
		for _, part := range []string{":k", ":kt"} {
			s.do(userKey(u.name), ignore, "DEL", userKey(u.name)+part)
		}
	}
	s.mu.Lock()
	known, wait := u.marks.of != nil, nothing
	if !known {
		wait = s.askMarks(u)
	}
	s.mu.Unlock()
	entry.Groups, err = s.subscribe(ctx, u, number, groups, pairs)
	if !known {
		r, err2 := wait(ctx)
		err = cmp.Or(err, s.known(u, r, s.failed(err2)))
		s.readOwnRuns(u)
	}
	return entry, err
}

func nothing(context.Context) (r resp.Reply, err error) { return r, nil }

// login counts the connection. The count is noted under the lock under which the
// command is given, so that the last one Redis gets is right.
func (s *Store) login(ctx context.Context, u *user, fresh bool) (r resp.Reply, telling int, err error) {
	s.mu.Lock()
	u.count++
	u.tellings++
	telling = u.tellings
	wait := s.client.Ask(userKey(u.name), loginScript, s.id, u.count, s.ttl(), flag(fresh),
		flag(s.config.Single), s.clock.deadline(), followedPairs)
	s.mu.Unlock()
	r, err = wait(ctx)
	return r, telling, s.failed(err)
}

// subscribe follows all that concerns a user who has logged in, and enters the
// login there. It returns the groups whose member the user is.
func (s *Store) subscribe(ctx context.Context, u *user, number uint64, groups, pairs []string) ([]string, error) {
	s.mu.Lock()
	u.number = max(u.number, number)
	follow := []*conversation{s.follow(u, chat.Everyone)}
	for _, name := range append(groups, pairs...) {
		follow = append(follow, s.follow(u, name))
	}
	s.mu.Unlock()
	if err := opened(ctx, follow); err != nil {
		return nil, err
	}
	return s.logIn(ctx, u, number, groups)
}

// Exit implements chat.Engine.
func (s *Store) Exit(name, address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[name]
	u.count--
	u.tellings++
	s.count(name, address, u.count)
	s.release(u)
}

// count tells Redis how many connections of a user are here. Store.mu is held.
func (s *Store) count(name, address string, n int) {
	s.do(userKey(name), func(r resp.Reply, err error) {
		if err != nil || s.counted(name, address, r, func() { s.unlist(name) }) != nil {
			s.again(name)
		}
	}, countScript, s.id, n, s.clock.deadline())
}

// again has Redis told of a user once more.
func (s *Store) again(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dirty[name] = true
}

// receiveUser gets what is published for a user.
func (s *Store) receiveUser(name, text string) {
	word, rest, _ := strings.Cut(text, " ")
	switch word {
	case "pair":
		s.followNew(name, rest)
	case "joined":
		if seq, group, err := cutNumber([]byte(rest)); err == nil {
			s.followNew(name, string(group), seq)
		}
	case "replace":
		if serial, err := strconv.ParseUint(rest, 10, 64); err == nil {
			s.node.Replace(name, serial)
		}
	case "kick":
		s.node.Kick(name)
	case "marked":
		s.receiveMarked(name, rest)
	case "unmarked":
		s.unmarked(name, rest)
	case "typing":
		s.node.Typing(rest, name)
	}
}

// subscribedUser is told when a user's channel is: what was said on it before may
// have been missed.
func (s *Store) subscribedUser(name string) {
	s.mu.Lock()
	u := s.users[name]
	if u == nil {
		s.mu.Unlock()
		return
	}
	first := !u.isReady
	if first {
		u.isReady = true
		close(u.ready)
	}
	if !first {
		u.marks.reads++
		s.do(userKey(name), func(r resp.Reply, err error) { s.known(u, r, err) }, "HGETALL", userKey(name)+":k")
	}
	s.mu.Unlock()
	if first {
		return
	}
	s.do(userKey(name), func(r resp.Reply, err error) {
		var replaced uint64
		var groups, pairs []string
		if err != nil || r.Scan(&replaced, &groups, &pairs) != nil {
			return // it will be subscribed again, or recovered
		}
		if replaced > 0 {
			s.node.Replace(name, replaced)
		}
		for _, conversation := range append(groups, pairs...) {
			s.followNew(name, conversation)
		}
	}, userScript, followedPairs)
}

// ttl is MembershipTTL as the scripts have it, in microseconds.
func (s *Store) ttl() int64 { return s.config.MembershipTTL.Microseconds() }

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
