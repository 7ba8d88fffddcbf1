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
	// askedAtOnce is how many conversations of a user are asked together, and maxListings for
	// how many users at a time: others wait.
	askedAtOnce = 100
	maxListings = 8
	// settleTime is how long after a conversation was noted in :p of the recipient a message
	// may still be appended, by the clocks of two masters: appendTime, and time to spare.
	settleTime = 10 * time.Minute
)

// waitingMessage is one of which the place is known.
type waitingMessage struct {
	conversation string
	seq          uint64
	micros       int64 // its time, or that of an earlier message of the conversation if later
	bytes        int
	about        uint64 // of an edit: the seq of the message that it is about; else 0
	upto         uint64 // see chat.Message
}

// Waiting implements chat.Engine.
func (s *Store) Waiting(user string) func() ([]*chat.Message, error) {
	var since time.Time
	if ttl := s.config.MembershipTTL; ttl > 0 {
		since = s.clock.now().Add(-ttl)
	}
	return s.waiting(user, since)
}

func (s *Store) waiting(user string, since time.Time) func() ([]*chat.Message, error) {
	asked := false
	var rest []waitingMessage
	return func() (page []*chat.Message, err error) {
		if !asked {
			if rest, err = s.list(user, since); err != nil {
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

// list tells what waits for a user, in the order in which it is to be sent. It blocks
// until the node has been told of all of that, so that what comes later is new.
func (s *Store) list(user string, since time.Time) (waits []waitingMessage, err error) {
	select {
	case s.listings <- struct{}{}:
		defer func() { <-s.listings }()
	case <-s.stop:
		return nil, chat.ErrUnavailable
	}
	tooOld := int64(0)
	if !since.IsZero() {
		tooOld = since.UnixMicro()
	}
	data := s.data()
	pairs, notedAt, now, err := s.inboxes(user, tooOld, data)
	if err != nil {
		return nil, err
	}
	for part := range slices.Chunk(pairs, askedAtOnce) {
		if waits, err = s.listIn(user, part, waits); err != nil {
			return nil, err
		}
	}
	settled := now - settleTime.Microseconds()
	for _, w := range waits {
		settled = min(settled, notedAt[w.conversation]-1)
	}
	s.do(userKey(user), ignore, settledScript, settled, data)
	waits = slices.DeleteFunc(waits, func(w waitingMessage) bool { return w.micros <= tooOld })
	waits = withoutEdits(waits)
	sortByTime(waits)
	return waits, nil
}

// inboxes returns the private conversations of a user in which messages may wait, the newest
// first, and when each was noted last, and now, in µs of Redis' clock.
func (s *Store) inboxes(user string, tooOld int64, data string) (pairs []string, notedAt map[string]int64, now int64, err error) {
	ctx, cancel := patience()
	defer cancel()
	r, err := s.call(ctx, userKey(user), inboxesScript, tooOld, maxPairs, data)
	var list []string
	if err == nil {
		err = r.Scan(&now, &list)
	}
	notedAt = make(map[string]int64, len(list)/2)
	for i := 0; i+1 < len(list) && err == nil; i += 2 {
		var at float64 // as Redis writes scores, 1.5e+15 maybe
		at, err = strconv.ParseFloat(list[i+1], 64)
		pairs, notedAt[list[i]] = append(pairs, list[i]), int64(at)
	}
	return pairs, notedAt, now, err
}

// listIn adds what waits for a user in some private conversations.
func (s *Store) listIn(user string, pairs []string, waits []waitingMessage) ([]waitingMessage, error) {
	after := make([]uint64, len(pairs))
	for len(pairs) > 0 {
		var moreOf []string
		var moreAfter []uint64
		replies, err := s.askWaiting(user, pairs, after)
		if err != nil {
			return nil, err
		}
		for i, name := range pairs {
			var last, seq uint64
			var list resp.Reply
			if err := replies[i].Scan(&last, &seq, &list); err != nil {
				return nil, err
			}
			before := len(waits)
			if waits, err = appendWaiting(waits, name, list); err != nil {
				return nil, err
			}
			if seq > 0 {
				moreOf, moreAfter = append(moreOf, name), append(moreAfter, seq)
				continue
			}
			if len(waits) > before || after[i] > 0 {
				s.followNew(user, name, last)
			}
			if err := s.awaitTold(name, last); err != nil {
				return nil, err
			}
		}
		pairs, after = moreOf, moreAfter
	}
	return waits, nil
}

// askWaiting asks which messages wait for a user in some conversations, behind seqs.
func (s *Store) askWaiting(user string, pairs []string, after []uint64) ([]resp.Reply, error) {
	ctx, cancel := patience()
	defer cancel()
	commands := make([]command, len(pairs))
	for i, name := range pairs {
		commands[i] = on(conversationKey(name), waitingScript, user, after[i])
	}
	return s.all(ctx, commands)
}

// awaitTold waits until the node has been told of a conversation up to a seq, if it follows it.
func (s *Store) awaitTold(name string, last uint64) error {
	c := s.conversation(name)
	if c == nil {
		return nil
	}
	ctx, cancel := patience()
	defer cancel()
	return c.until(ctx, func() bool { return c.seq >= last }, func() {})
}

// appendWaiting adds what a reply of waitingScript lists.
func appendWaiting(waits []waitingMessage, conversation string, r resp.Reply) ([]waitingMessage, error) {
	list, err := r.Array()
	if err != nil {
		return nil, err
	}
	for _, each := range list {
		w := waitingMessage{conversation: conversation}
		if err := each.Scan(&w.seq, &w.micros, &w.bytes, &w.about); err != nil {
			return nil, err
		}
		waits = append(waits, w)
	}
	return waits, nil
}

// withoutEdits leaves out edits of what waits itself, and all but the newest one of each other
// message: they read alike.
func withoutEdits(waits []waitingMessage) []waitingMessage {
	type place struct {
		conversation string
		seq          uint64
	}
	shown := make(map[place]uint64) // by which seq a message is
	for _, w := range waits {
		if at := (place{w.conversation, w.about}); w.about > 0 {
			shown[at] = max(shown[at], w.seq)
		}
	}
	if len(shown) == 0 {
		return waits
	}
	last := make(map[string]uint64) // of all that waits in a conversation
	for _, w := range waits {
		last[w.conversation] = w.seq
		if w.about == 0 {
			shown[place{w.conversation, w.seq}] = w.seq
		}
	}
	waits = slices.DeleteFunc(waits, func(w waitingMessage) bool {
		return w.about > 0 && shown[place{w.conversation, w.about}] != w.seq
	})
	for i := range slices.Backward(waits) {
		w := &waits[i]
		w.upto = last[w.conversation]
		delete(last, w.conversation) // only the last of them says so
	}
	return waits
}

// sortByTime sorts messages by time. Those of one conversation, which are in its order,
// stay so, whatever Redis' clock has done: who is sent a later one is not sent an
// earlier one any more.
func sortByTime(waits []waitingMessage) {
	newest := make(map[string]int64)
	for i := range waits {
		w := &waits[i]
		w.micros = max(w.micros, newest[w.conversation])
		newest[w.conversation] = w.micros
	}
	slices.SortStableFunc(waits, func(a, b waitingMessage) int { return cmp.Compare(a.micros, b.micros) })
}

// fetch returns those of the messages that are still there.
func (s *Store) fetch(waits []waitingMessage) (messages []*chat.Message, err error) {
	ctx, cancel := patience()
	defer cancel()
	commands := make([]command, len(waits))
	for i, w := range waits {
		commands[i] = on(conversationKey(w.conversation), historyScript, w.seq, 1, 1)
	}
	replies, err := s.all(ctx, commands)
	if err != nil {
		return nil, err
	}
	for i, w := range waits {
		found, _, err := historyPage(w.conversation, replies[i])
		if err != nil {
			return nil, err
		}
		if len(found) > 0 && found[0].Seq == w.seq && (found[0].Now == nil || !found[0].Now.Deleted) {
			found[0].Upto = w.upto
			messages = append(messages, found[0])
		}
	}
	return messages, nil
}
