package redis

import (
	"slices"
	"strconv"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// pageLimit is how many messages are read at once.
const pageLimit = 50

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
