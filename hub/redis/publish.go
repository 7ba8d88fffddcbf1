package redis

import (
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// appendTime is how long after a conversation was noted for a message that may be appended:
// this process may have stood still.
const appendTime = time.Minute

// Publish implements chat.Engine. A message to all or to a group costs one command, a
// private one two, and the first of two users three. What is about another message costs the
// same.
func (s *Store) Publish(m *chat.Message, _ any, done func(away bool, err error)) {
	if size := sizeOf(m); s.config.Bytes > 0 && size > s.config.Bytes {
		s.bounds.tooLarge.Add(1)
		done(false, chat.ErrFull)
		return
	}
	if !s.able() {
		done(false, chat.ErrUnavailable)
		return
	}
	s.publish(m, done)
}

// able reports whether there is an epoch, in which something can be said.
func (s *Store) able() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch != "" && !s.recovering
}

// sending is a message on its way to be appended.
type sending struct {
	m     *chat.Message
	since int64     // when its user went away, in µs of Redis' clock; 0: nothing waits for the user
	away  bool      // its user is not online
	noted time.Time // when it was about to be noted at its users, by our clock
	done  func(away bool, err error)
	ready bool // to be appended, or to fail
	err   error
}

func (s *Store) publish(m *chat.Message, done func(away bool, err error)) {
	private := m.To != m.Conversation && m.From != "" // the operator's deletion has no To
	s.mu.Lock()
	u := s.users[m.From]
	if !private && (u == nil || len(u.lane) == 0) {
		s.mu.Unlock()
		s.append(m, false, 0, done)
		return
	}
	next := &sending{m: m, done: done, ready: !private, noted: time.Now()}
	if u != nil {
		u.lane = append(u.lane, next)
	}
	s.mu.Unlock()
	switch {
	case private && m.Kind != chat.Plain:
		s.find(u, next)
	case private:
		s.note(u, next)
	}
}

// find finds out whether there is the private conversation in which a message is about another
// one: nothing may be noted for one that there is not.
func (s *Store) find(u *user, next *sending) {
	key := conversationKey(next.m.Conversation)
	failed := func(err error) { s.ready(u, next, err) }
	s.send(key, failed, func(r resp.Reply) {
		if r.IsNil() {
			failed(chat.ErrNotFound)
			return
		}
		s.note(u, next)
	}, "HGET", key+":h", "n")
}

// note finds out whether there is the user to whom a private message goes, and notes the
// conversation for both: for the sender, unless it is followed for him here already.
func (s *Store) note(u *user, next *sending) {
	m := next.m
	failed := func(err error) { s.ready(u, next, err) }
	s.send(userKey(m.To), failed, func(r resp.Reply) {
		since, err := r.Int()
		switch {
		case err != nil:
		case since == 0 && m.Kind.Amends(): // nobody has to be known
			next.away = true
			s.remember(m.Conversation) // it may be ending
			s.noteSender(u, next)
			return
		case since == 0 && (s.justRecovered() || !s.checked()): // may be somebody whom a node has not put back yet
			err = chat.ErrUnavailable
		case since == 0:
			err = chat.ErrNotOnline.About(m.To)
		default:
			if since < 0 { // new there; it may be about to be forgotten
				s.remember(m.Conversation)
				since = -since
			}
			if next.away = since > 1; next.away && m.Kind != chat.Deletion && m.Kind != chat.Reaction {
				next.since = since
			}
			s.noteSender(u, next)
			return
		}
		s.ready(u, next, err)
	}, noteScript, m.Conversation, s.ttl(), followedPairs, maxPairs)
}

// noteSender does the second half of that.
func (s *Store) noteSender(u *user, next *sending) {
	m := next.m
	s.mu.Lock()
	noted := m.From == m.To || u != nil && u.conversations[m.Conversation] != nil
	s.mu.Unlock()
	if noted {
		s.ready(u, next, nil)
		return
	}
	s.send(userKey(m.From), func(err error) { s.ready(u, next, err) }, func(resp.Reply) {
		s.followNew(m.From, m.Conversation)
		s.ready(u, next, nil)
	}, noteScript, m.Conversation, -1, followedPairs, maxPairs)
}

// ready appends what a user has sent, in the order in which it was sent, as far as
// it is ready: a private message takes longer than others.
func (s *Store) ready(u *user, next *sending, err error) {
	if u == nil { // who is not here has no order
		s.dispatch(next, err)
		return
	}
	s.mu.Lock()
	next.ready, next.err = true, err
	if u.draining {
		s.mu.Unlock()
		return
	}
	u.draining = true
	for len(u.lane) > 0 && u.lane[0].ready {
		first := u.lane[0]
		s.mu.Unlock()
		s.dispatch(first, first.err)
		s.mu.Lock()
		u.lane = u.lane[1:] // only now, so that nothing overtakes it
	}
	if len(u.lane) == 0 {
		u.lane = nil
	}
	u.draining = false
	s.mu.Unlock()
}

// dispatch appends a message, or says that it cannot be, or is not any more.
func (s *Store) dispatch(next *sending, err error) {
	if err == nil && time.Since(next.noted) > appendTime {
		err = chat.ErrUnavailable
	}
	if err != nil {
		next.done(false, err)
		return
	}
	s.append(next.m, next.away, next.since, next.done)
}

// append numbers and publishes m, all in one step. away and since are those of sending.
func (s *Store) append(m *chat.Message, away bool, since int64, done func(away bool, err error)) {
	key := conversationKey(m.Conversation)
	mark, seq := "", uint64(0)
	if c := s.conversation(m.Conversation); c != nil {
		mark, seq = c.told()
	}
	if m.Kind != chat.Plain {
		s.amend(m, away, since, mark, seq, done)
		return
	}
	args := append(make([]any, 0, 12), appendScript)
	if m.ID != "" {
		args = append(args, resp.Key(key+":i:"+m.From))
	}
	args = append(args, encodeMessage(m), s.config.Keep, s.clock.deadline(), mark, seq, m.ID)
	if away {
		args = append(args, m.To, since, chat.MaxWaiting, chat.MaxWaitingBytes)
	}
	failed := func(err error) { done(false, err) }
	s.send(key, failed, func(r resp.Reply) { s.appended(m, away, r, done) }, args...)
}

func (s *Store) appended(m *chat.Message, away bool, r resp.Reply, done func(away bool, err error)) {
	list, err := r.Array()
	var micros int64
	var flag bool
	into := []any{&m.Seq, &micros, &flag}
	if err != nil || len(list) < 2 || r.Scan(into[:min(len(list), len(into))]...) != nil {
		done(false, chat.ErrUnavailable)
		return
	}
	if micros == 0 { // a repeated send
		done(flag, nil)
		return
	}
	if flag {
		s.sweep(conversationKey(m.Conversation))
	}
	m.Time = time.UnixMicro(micros)
	s.ledger.keep(m)
	s.acknowledge(m, away, done)
}

// answerRepeated answers a send whose id has been used before.
func answerRepeated(m *chat.Message, r resp.Reply, done func(away bool, err error)) {
	var away bool
	if err := r.Scan(&m.Seq, new(int), &away); err != nil {
		done(false, chat.ErrUnavailable)
		return
	}
	done(away, nil)
}

// acknowledge calls done when the node has been told of m.
func (s *Store) acknowledge(m *chat.Message, away bool, done func(away bool, err error)) {
	if c := s.conversation(m.Conversation); c != nil {
		c.acknowledge(m.Seq, func() {
			s.oweRead(m.From, m.Conversation, m.Seq)
			done(away, nil)
		})
		return
	}
	done(away, nil)
}

// send is client.Do for a step of Publish.
func (s *Store) send(key string, failed func(error), then func(resp.Reply), args ...any) {
	s.async.Add(1)
	err := s.client.Do(key, func(r resp.Reply, err error) {
		defer s.async.Add(-1)
		if err != nil {
			failed(s.failed(err))
			return
		}
		then(r)
	}, args...)
	if err != nil {
		s.async.Add(-1)
		failed(s.failed(err))
	}
}

// justRecovered reports whether users may be unknown only because not all nodes
// have put theirs back.
func (s *Store) justRecovered() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.recovered.IsZero() && time.Since(s.recovered) < 2*renewTime
}
