package redis

import (
	"context"
	"math"
	"slices"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// pageLimit is how many messages are read at once.
const pageLimit = 50

// History implements chat.Engine.
func (s *Store) History(name string, q chat.Query) (messages []*chat.Message, more bool, err error) {
	ctx, cancel := patience()
	defer cancel()
	limit := max(q.Limit, 0)
	switch {
	case limit == 0 || q.Direction == chat.Before && q.Seq == 0 || q.Direction == chat.After && q.Seq == math.MaxUint64:
		return nil, false, nil
	case q.Direction == chat.Around:
		return s.around(ctx, name, q.Seq, uint64(limit-1)/2)
	case q.Direction == chat.After:
		messages, more, err = s.read(ctx, name, q.Seq+1, 1, limit+1) // one more, to see if there is
	case q.Direction == chat.Before:
		messages, more, err = s.read(ctx, name, q.Seq-1, -1, limit+1)
	default:
		messages, more, err = s.read(ctx, name, math.MaxInt64, -1, limit+1)
	}
	if len(messages) > limit {
		messages, more = messages[:limit], true
	}
	if q.Direction != chat.After {
		slices.Reverse(messages)
	}
	return messages, more, err
}

// around returns the message with a seq, and up to each messages on either side of it.
func (s *Store) around(ctx context.Context, name string, seq, each uint64) (messages []*chat.Message, more bool, err error) {
	messages, more, err = s.read(ctx, name, seq, -1, int(each)+2)
	if err != nil {
		return nil, false, err
	}
	least := max(seq, each) - each
	if n := len(messages); n > 0 && messages[n-1].Seq < least {
		more = true
		messages = slices.DeleteFunc(messages, func(m *chat.Message) bool { return m.Seq < least })
	}
	slices.Reverse(messages)
	if seq == math.MaxUint64 {
		return messages, more && len(messages) > 0, nil
	}
	behind, cut, err := s.read(ctx, name, seq+1, 1, int(each)+1)
	if err != nil {
		return nil, false, err
	}
	more = more || cut
	for i, m := range behind {
		if m.Seq-seq > each {
			behind, more = behind[:i], true
			break
		}
	}
	messages = append(messages, behind...)
	return messages, more && len(messages) > 0, nil
}

// readBytes is from how many bytes of messages on no more are read for one answer.
const readBytes = 4 << 20

// read returns n messages at most, from a seq on, up or down by steps of 1 or -1. cut says that
// there are more, which would make too many bytes.
func (s *Store) read(ctx context.Context, name string, from uint64, step, n int) (messages []*chat.Message, cut bool, err error) {
	for bytes := 0; len(messages) < n; {
		if bytes >= readBytes {
			return messages, true, nil
		}
		r, err := s.call(ctx, conversationKey(name), historyScript, from, step, min(pageLimit, n-len(messages)))
		if err != nil {
			return nil, false, chat.ErrUnavailable
		}
		page, all, err := historyPage(name, r)
		if err != nil {
			return nil, false, err
		}
		messages = append(messages, page...)
		for _, m := range page {
			bytes += len(m.Body)
		}
		if all || len(page) == 0 {
			break
		}
		if from = page[len(page)-1].Seq + uint64(step); from == 0 {
			break
		}
	}
	return messages, false, nil
}

// historyPage takes the reply to historyScript.
func historyPage(name string, r resp.Reply) (messages []*chat.Message, all bool, err error) {
	var list resp.Reply
	if err := r.Scan(&all, &list); err != nil {
		return nil, false, err
	}
	messages, err = streamMessages(name, list)
	return messages, all, err
}
