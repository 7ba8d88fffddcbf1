package redis

import (
	"slices"
	"strconv"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

const (
	// pageLimit is how many messages are read at once.
	pageLimit = 50
	// settleTime is longer than it can take, by the clocks of two masters, until a message is
	// appended to a conversation that was entered at its user for it.
	settleTime = 10 * time.Minute
)

// History implements chat.Engine.
func (s *Store) History(name string, q chat.Query) (messages []*chat.Message, more bool, err error) {
	ctx, cancel := patience()
	defer cancel()
	key := conversationKey(name)
	from := q.Seq
	if q.Direction == chat.Newest {
		from = 1 << 63
	}
	for len(messages) <= q.Limit { // one more, to see if there is
		if q.Direction != chat.After && from == 0 {
			break
		}
		n := min(pageLimit, q.Limit+1-len(messages))
		bound := "(" + strconv.FormatUint(from, 10) + "-0"
		args := []any{historyScript, "XREVRANGE", bound, "-", n}
		if q.Direction == chat.After {
			args = []any{historyScript, "XRANGE", bound, "+", n}
		}
		r, err := s.call(ctx, key, args...)
		var list resp.Reply
		var all bool
		if err == nil {
			err = r.Scan(&all, &list)
		}
		if err != nil {
			return nil, false, chat.ErrUnavailable
		}
		page, err := streamMessages(name, list)
		if err != nil {
			return nil, false, err
		}
		messages = append(messages, page...)
		if all || len(page) == 0 {
			break
		}
		from = page[len(page)-1].Seq
	}
	if len(messages) > q.Limit {
		messages, more = messages[:q.Limit], true
	}
	if q.Direction != chat.After {
		slices.Reverse(messages)
	}
	return messages, more, nil
}

// Waiting implements chat.Engine. It blocks, too, until the node has been told of all
// that it returns, so that what comes later is new.
func (s *Store) Waiting(user string) ([]*chat.Message, error) {
	var since time.Time
	if ttl := s.config.MembershipTTL; ttl > 0 {
		since = time.Now().Add(-ttl)
	}
	return s.waiting(user, since)
}

func (s *Store) waiting(user string, since time.Time) ([]*chat.Message, error) {
	pairs, written, now, err := s.inboxes(user, since)
	if err != nil {
		return nil, err
	}
	var waiting []*chat.Message
	for part := range slices.Chunk(pairs, batch) {
		messages, err := s.waitingIn(user, part)
		if err != nil {
			return nil, err
		}
		waiting = append(waiting, messages...)
	}
	settled := now - settleTime.Microseconds()
	for _, m := range waiting {
		settled = min(settled, written[m.Conversation]-1)
	}
	s.do(userKey(user), ignore, settledScript, settled)
	waiting = slices.DeleteFunc(waiting, func(m *chat.Message) bool { return !m.Time.After(since) })
	sortByTime(waiting)
	return waiting, nil
}

// inboxes returns the private conversations of a user in which messages may wait, the newest
// first, and when each was written to last, and now, in µs of Redis' clock.
func (s *Store) inboxes(user string, since time.Time) (pairs []string, written map[string]int64, now int64, err error) {
	ctx, cancel := patience()
	defer cancel()
	var from int64
	if !since.IsZero() {
		from = since.UnixMicro()
	}
	r, err := s.call(ctx, userKey(user), inboxesScript, from, maxPairs)
	var list []string
	if err == nil {
		err = r.Scan(&now, &list)
	}
	written = make(map[string]int64, len(list)/2)
	for i := 0; i+1 < len(list) && err == nil; i += 2 {
		var at float64 // as Redis writes scores, 1.5e+15 maybe
		at, err = strconv.ParseFloat(list[i+1], 64)
		pairs, written[list[i]] = append(pairs, list[i]), int64(at)
	}
	return pairs, written, now, err
}

// waitingIn returns what waits for a user in some private conversations.
func (s *Store) waitingIn(user string, pairs []string) (waiting []*chat.Message, err error) {
	ctx, cancel := patience()
	defer cancel()
	from := make([]uint64, len(pairs)) // after which seq
	for len(pairs) > 0 {
		commands := make([]command, len(pairs))
		for i, name := range pairs {
			commands[i] = on(conversationKey(name), waitingScript, user, from[i])
		}
		replies, err := s.all(ctx, commands)
		if err != nil {
			return nil, err
		}
		var moreOf []string
		var moreFrom []uint64
		for i, name := range pairs {
			var last, seq uint64
			var list resp.Reply
			if err := replies[i].Scan(&last, &seq, &list); err != nil {
				return nil, err
			}
			messages, err := streamMessages(name, list)
			if err != nil {
				return nil, err
			}
			waiting = append(waiting, messages...)
			if seq > 0 {
				moreOf, moreFrom = append(moreOf, name), append(moreFrom, seq)
			} else if c := s.conversation(name); c != nil {
				if err := c.until(ctx, func() bool { return c.seq >= last }, func() {}); err != nil {
					return nil, err
				}
			}
		}
		pairs, from = moreOf, moreFrom
	}
	return waiting, nil
}

// sortByTime sorts messages by time. Those of one conversation, which are in its order,
// stay so, whatever Redis' clock has done: who is sent a later one is not sent an
// earlier one any more.
func sortByTime(messages []*chat.Message) {
	at := make(map[*chat.Message]time.Time, len(messages))
	newest := make(map[string]time.Time)
	for _, m := range messages {
		t := newest[m.Conversation]
		if m.Time.After(t) {
			t = m.Time
		}
		newest[m.Conversation], at[m] = t, t
	}
	slices.SortStableFunc(messages, func(a, b *chat.Message) int { return at[a].Compare(at[b]) })
}
