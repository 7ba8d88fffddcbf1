package redis

import (
	"context"
	"math"
	"slices"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// numberTime is how long the number of a conversation that nobody is in any more is
// remembered at least: nodes may still follow it. leaveScript has the same.
const numberTime = 10 * time.Minute

// part has those private conversations of a user who is forgotten end, as leaveScript does
// with a group, of whose other user nothing is known either. Whoever comes back within that
// time finds them when one of them writes again.
func (s *Store) part(ctx context.Context, name string, pairs []string) error {
	for page := range slices.Chunk(pairs, batch) {
		others := make([]string, len(page))
		for i, pair := range page {
			others[i] = chat.OtherOf(pair, name)
		}
		replies, err := s.each(ctx, others, func(user string) command {
			return on(userKey(user), "HMGET", userKey(user)+":h", "t", "seen")
		})
		if err != nil {
			return err
		}
		var ending, forgotten []command
		for i, pair := range page {
			here, err := replies[i].Array()
			if err != nil || len(here) != 2 {
				return chat.ErrUnavailable
			}
			if connections, _ := here[0].Int(); connections > 0 || !here[1].IsNil() {
				continue
			}
			key, ttl := conversationKey(pair), s.config.MembershipTTL
			ending = append(ending,
				on(key, "PEXPIRE", key+":s", ttl.Milliseconds()),
				on(key, "PEXPIRE", key+":x", ttl.Milliseconds()),
				on(key, "PEXPIRE", key+":l", ttl.Milliseconds()),
				on(key, "PEXPIRE", key+":h", max(numberTime, min(ttl, math.MaxInt64/10)*10).Milliseconds()))
			for _, user := range []string{name, others[i]} {
				forgotten = append(forgotten, on(userKey(user), "ZREM", userKey(user)+":p", pair))
			}
		}
		if _, err := s.all(ctx, ending); err != nil {
			return err
		}
		if _, err := s.all(ctx, forgotten); err != nil { // only now: see remember
			return err
		}
	}
	return nil
}

// remember keeps a private conversation that was to end. It is needed when one is new to its
// recipient: as long as it is not, it does not end.
func (s *Store) remember(conversation string) {
	key := conversationKey(conversation)
	s.do(key, func(r resp.Reply, err error) {
		if n, _ := r.Int(); n == 0 && err == nil { // it was not to end
			return
		}
		for _, part := range []string{":x", ":l"} {
			s.do(key, ignore, "PERSIST", key+part)
		}
	}, "PERSIST", key+":h")
	s.do(key, ignore, "PERSIST", key+":s")
}
