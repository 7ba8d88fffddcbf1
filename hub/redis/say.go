package redis

import (
	"time"

	"wschat/hub"
	"wschat/hub/redis/resp"
)

// Say implements hub.Shared. A message to all or to a group costs one command, a
// private one two, and the first of two users three.
func (s *Store) Say(m *hub.Message, said func(offline bool, err error)) {
	s.mu.Lock()
	able := s.epoch != "" && !s.recovering
	s.mu.Unlock()
	if !able {
		said(false, hub.ErrUnavailable)
		return
	}
	s.say(m, true, said)
}

// Append implements hub.Store: it is Say for whomever a private message is meant.
func (s *Store) Append(m *hub.Message, stored func(error)) {
	s.say(m, false, func(_ bool, err error) { stored(err) })
}

func (s *Store) say(m *hub.Message, known bool, said func(offline bool, err error)) {
	if m.To == m.Conversation {
		s.append(m, false, said)
		return
	}
	key := userKey(m.To)
	s.send(key, said, func(r resp.Reply) {
		state, err := r.Int()
		switch {
		case err != nil:
			said(false, hub.ErrUnavailable)
		case state == 0 && s.justRecovered(): // may be somebody whom a node has not put back yet
			said(false, hub.ErrUnavailable)
		case state == 0:
			said(false, hub.ErrNotOnline)
		default:
			s.pair(m, state == 1, said)
		}
	}, noteScript, 1, key, m.Conversation, s.ttl(), flag(known))
}

// pair has the conversation noted for the sender, too, before m is appended. While
// that is under way for one message, those behind it take the same way, or they
// would overtake it.
func (s *Store) pair(m *hub.Message, away bool, said func(offline bool, err error)) {
	s.mu.Lock()
	u := s.users[m.From]
	paired := m.From == m.To || u != nil && u.paired[m.Conversation]
	s.mu.Unlock()
	if paired {
		s.append(m, away, said)
		return
	}
	key := userKey(m.From)
	s.send(key, said, func(r resp.Reply) {
		new, err := r.Int()
		if err != nil {
			said(false, hub.ErrUnavailable)
			return
		}
		s.mu.Lock()
		u := s.users[m.From]
		if u != nil {
			s.follow(u, m.Conversation, new == 1)
		}
		s.mu.Unlock()
		s.append(m, away, said)
		if u != nil {
			s.mu.Lock()
			u.paired[m.Conversation] = true
			s.mu.Unlock()
		}
	}, pairScript, 1, key, m.Conversation)
}

// append numbers and publishes m, all in one step.
func (s *Store) append(m *hub.Message, away bool, said func(offline bool, err error)) {
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
	key := conversationKey(m.Conversation)
	s.send(key, said, func(r resp.Reply) { s.appended(m, away, r, said) },
		appendScript, 1, key, encodeMessage(m), keep, max(1, keep/4), deadline, id, flag(away), waits,
		s.config.MembershipTTL.Milliseconds())
}

func (s *Store) appended(m *hub.Message, away bool, r resp.Reply, said func(offline bool, err error)) {
	parts, err := r.Array()
	if err != nil || len(parts) < 2 {
		said(false, hub.ErrUnavailable)
		return
	}
	var n [3]int64
	for i, part := range parts {
		if n[i], err = part.Int(); err != nil {
			said(false, hub.ErrUnavailable)
			return
		}
	}
	m.Seq = uint64(n[0])
	if len(parts) == 2 { // repeated
		said(n[1] == 1, nil)
		return
	}
	m.Time = time.UnixMicro(n[2])
	p := uint64(n[1])
	s.happened(m.Conversation, p, &entry{kind: 'm', p: p, m: m}, func() { said(away, nil) })
}

// send is client.Do for a step of Say.
func (s *Store) send(key string, said func(bool, error), then func(resp.Reply), args ...any) {
	s.async.Add(1)
	err := s.client.Do(key, func(r resp.Reply, err error) {
		defer s.async.Add(-1)
		if err != nil {
			said(false, s.failed(err))
			return
		}
		then(r)
	}, args...)
	if err != nil {
		s.async.Add(-1)
		said(false, hub.ErrUnavailable)
	}
}

// justRecovered reports whether users may be unknown only because not all nodes
// have put theirs back.
func (s *Store) justRecovered() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.recovered.IsZero() && time.Since(s.recovered) < 2*renewTime
}
