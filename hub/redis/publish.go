package redis

import (
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// Publish implements chat.Engine. A message to all or to a group costs one command, a
// private one two, and the first of two users three.
func (s *Store) Publish(m *chat.Message, _ any, done func(away bool, err error)) {
	s.mu.Lock()
	able := s.epoch != "" && !s.recovering
	s.mu.Unlock()
	if size := sizeOf(m); s.config.Bytes > 0 && size > s.config.Bytes {
		s.bounds.tooLarge.Add(1)
		done(false, chat.ErrFull)
		return
	}
	if !able {
		done(false, chat.ErrUnavailable)
		return
	}
	s.publish(m, done)
}

// sending is a message on its way to be appended.
type sending struct {
	m     *chat.Message
	since int64 // when its user went away, in µs of Redis' clock; 0: the user is not away
	done  func(away bool, err error)
	ready bool // to be appended, or to fail
	err   error
}

func (s *Store) publish(m *chat.Message, done func(away bool, err error)) {
	private := m.To != m.Conversation
	s.mu.Lock()
	u := s.users[m.From]
	if !private && (u == nil || len(u.lane) == 0) {
		s.mu.Unlock()
		s.append(m, 0, done)
		return
	}
	next := &sending{m: m, done: done, ready: !private}
	if u != nil {
		u.lane = append(u.lane, next)
	}
	s.mu.Unlock()
	if private {
		s.note(u, next)
	}
}

// note finds out whether there is the user to whom a private message goes, and
// notes the conversation for both.
func (s *Store) note(u *user, next *sending) {
	m := next.m
	failed := func(err error) { s.ready(u, next, err) }
	s.send(userKey(m.To), failed, func(r resp.Reply) {
		since, err := r.Int()
		switch {
		case err != nil:
		case since == 0 && (s.justRecovered() || !s.checked()): // may be somebody whom a node has not put back yet
			err = chat.ErrUnavailable
		case since == 0:
			err = chat.ErrNotOnline.About(m.To)
		default:
			if since < 0 { // new there; it may be about to be forgotten
				s.remember(m.Conversation)
				since = -since
			}
			if since > 1 {
				next.since = since
			}
			s.mu.Lock()
			paired := m.From == m.To || u != nil && u.paired[m.Conversation]
			s.mu.Unlock()
			if !paired {
				s.pair(u, next)
				return
			}
		}
		s.ready(u, next, err)
	}, noteScript, m.Conversation, s.ttl())
}

func (s *Store) pair(u *user, next *sending) {
	failed := func(err error) { s.ready(u, next, err) }
	s.send(userKey(next.m.From), failed, func(r resp.Reply) {
		_, err := r.Int()
		s.mu.Lock()
		if u := s.users[next.m.From]; u != nil && err == nil {
			u.pair(next.m.Conversation)
			s.follow(u, next.m.Conversation, true) // it was not there at the login
		}
		s.mu.Unlock()
		s.ready(u, next, err)
	}, pairScript, next.m.Conversation)
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

// dispatch appends a message, or says that it cannot be.
func (s *Store) dispatch(next *sending, err error) {
	if err != nil {
		next.done(false, err)
		return
	}
	s.append(next.m, next.since, next.done)
}

// append numbers and publishes m, all in one step. since is that of sending.
func (s *Store) append(m *chat.Message, since int64, done func(away bool, err error)) {
	id, waits := "", ""
	if m.ID != "" {
		id = m.From + "," + m.ID
	}
	if m.To != m.Conversation {
		waits = m.To
	}
	keep := s.config.Keep
	deadline := s.now().Add(replyTimeout).UnixMicro()
	if s.offset.Load() == 0 {
		deadline = 0
	}
	args := []any{appendScript, encodeMessage(m), keep, max(1, keep/4), deadline, id, since, waits,
		s.config.MembershipTTL.Milliseconds()}
	away := since > 0
	if away {
		args = append(args, chat.MaxWaiting, chat.MaxWaitingBytes)
	}
	failed := func(err error) { done(false, err) }
	s.send(conversationKey(m.Conversation), failed, func(r resp.Reply) { s.appended(m, away, r, done) }, args...)
}

func (s *Store) appended(m *chat.Message, away bool, r resp.Reply, done func(away bool, err error)) {
	var p uint64
	var last int64 // the time; of a repeated send, whether the recipient was away
	if r.Scan(&m.Seq, &p, &last) != nil {
		done(false, chat.ErrUnavailable)
		return
	}
	if p == 0 {
		done(last == 1, nil)
		return
	}
	m.Time = time.UnixMicro(last)
	s.ledger.keep(m)
	s.happened(m.Conversation, p, &entry{kind: 'm', p: p, m: m}, func() { done(away, nil) })
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
