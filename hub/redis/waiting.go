package redis

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// What waits for a user is in many conversations, and is sent in the order of time. First
// they are asked which messages that are; these are fetched page by page while the client
// reads.

const (
	// waitingMessages and waitingBytes bound what is fetched at once; one message always is.
	waitingMessages = 100
	waitingBytes    = 1 << 20
	// settleTime is longer than it can take, by the clocks of two masters, until a message is
	// appended to a conversation that was entered at its user for it.
	settleTime = 10 * time.Minute
)

// unwritten is a message that waits.
type unwritten struct {
	conversation string
	seq          uint64
	micros       int64 // its time, or that of an earlier message of the conversation if later
	bytes        int
}

// Waiting implements chat.Engine.
func (s *Store) Waiting(user string) func() ([]*chat.Message, error) {
	var since time.Time
	if ttl := s.config.MembershipTTL; ttl > 0 {
		since = time.Now().Add(-ttl)
	}
	return s.waiting(user, since)
}

func (s *Store) waiting(user string, since time.Time) func() ([]*chat.Message, error) {
	asked := false
	var rest []unwritten
	return func() (page []*chat.Message, err error) {
		if !asked {
			if rest, err = s.unwritten(user, since); err != nil {
				return nil, err
			}
			asked = true
		}
		for len(page) == 0 && len(rest) > 0 { // they may have been dropped meanwhile
			n, bytes := 0, 0
			for n < len(rest) && (n == 0 || n < waitingMessages && bytes+rest[n].bytes <= waitingBytes) {
				bytes += rest[n].bytes
				n++
			}
			if page, err = s.fetch(rest[:n]); err != nil {
				return nil, err
			}
			rest = rest[n:]
		}
		return page, nil
	}
}

// unwritten tells what waits for a user, in the order in which it is to be sent. It blocks
// until the node has been told of all of that, so that what comes later is new.
func (s *Store) unwritten(user string, since time.Time) (waits []unwritten, err error) {
	from := int64(0)
	if !since.IsZero() {
		from = since.UnixMicro()
	}
	pairs, entered, now, err := s.inboxes(user, from)
	if err != nil {
		return nil, err
	}
	for part := range slices.Chunk(pairs, batch) {
		if waits, err = s.unwrittenIn(user, part, waits); err != nil {
			return nil, err
		}
	}
	settled := now - settleTime.Microseconds()
	for _, w := range waits {
		settled = min(settled, entered[w.conversation]-1)
	}
	s.do(userKey(user), ignore, settledScript, settled)
	waits = slices.DeleteFunc(waits, func(w unwritten) bool { return w.micros <= from })
	sortByTime(waits)
	return waits, nil
}

// inboxes returns the private conversations of a user in which messages may wait, the newest
// first, and when each was written to last, and now, in µs of Redis' clock.
func (s *Store) inboxes(user string, from int64) (pairs []string, entered map[string]int64, now int64, err error) {
	ctx, cancel := patience()
	defer cancel()
	r, err := s.call(ctx, userKey(user), inboxesScript, from, maxPairs)
	var list []string
	if err == nil {
		err = r.Scan(&now, &list)
	}
	entered = make(map[string]int64, len(list)/2)
	for i := 0; i+1 < len(list) && err == nil; i += 2 {
		var at float64 // as Redis writes scores, 1.5e+15 maybe
		at, err = strconv.ParseFloat(list[i+1], 64)
		pairs, entered[list[i]] = append(pairs, list[i]), int64(at)
	}
	return pairs, entered, now, err
}

// unwrittenIn adds what waits for a user in some private conversations.
func (s *Store) unwrittenIn(user string, pairs []string, waits []unwritten) ([]unwritten, error) {
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
			if waits, err = appendUnwritten(waits, name, list); err != nil {
				return nil, err
			}
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
	return waits, nil
}

// appendUnwritten adds what a reply of waitingScript lists.
func appendUnwritten(waits []unwritten, conversation string, r resp.Reply) ([]unwritten, error) {
	list, err := r.Array()
	if err != nil {
		return nil, err
	}
	for _, each := range list {
		w := unwritten{conversation: conversation}
		if err := each.Scan(&w.seq, &w.micros, &w.bytes); err != nil {
			return nil, err
		}
		waits = append(waits, w)
	}
	return waits, nil
}

// sortByTime sorts messages by time. Those of one conversation, which are in its order,
// stay so, whatever Redis' clock has done: who is sent a later one is not sent an
// earlier one any more.
func sortByTime(waits []unwritten) {
	newest := make(map[string]int64)
	for i := range waits {
		w := &waits[i]
		w.micros = max(w.micros, newest[w.conversation])
		newest[w.conversation] = w.micros
	}
	slices.SortStableFunc(waits, func(a, b unwritten) int { return cmp.Compare(a.micros, b.micros) })
}

// fetch returns those of the messages that are still there.
func (s *Store) fetch(waits []unwritten) (messages []*chat.Message, err error) {
	ctx, cancel := patience()
	defer cancel()
	commands := make([]command, len(waits))
	for i, w := range waits {
		key, id := conversationKey(w.conversation), strconv.FormatUint(w.seq, 10)+"-0"
		commands[i] = on(key, "XRANGE", key+":s", id, id)
	}
	replies, err := s.all(ctx, commands)
	if err != nil {
		return nil, err
	}
	for i, w := range waits {
		found, err := streamMessages(w.conversation, replies[i])
		if err != nil {
			return nil, err
		}
		messages = append(messages, found...)
	}
	return messages, nil
}
