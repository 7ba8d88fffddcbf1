package redis

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"wschat/hub/chat"
)

// minTrim and maxTrim bound what is dropped in one step.
const (
	minTrim = 64 << 10
	maxTrim = 1 << 20
)

// trim drops the oldest messages of a conversation, and corrects what their authors hold.
func (s *Store) trim(ctx context.Context, authors []*author, of *author, h *held, bytes int64) (dropped int64, err error) {
	bytes = min(bytes, max(minTrim, min(h.bytes/8, maxTrim)))
	seq, left, lost, err := s.dropOldest(ctx, h.conversation, bytes, h.waits)
	if err != nil {
		return 0, err
	}
	first := seq - uint64(left) + 1
	for name, bytes := range lost {
		dropped += bytes
		s.ledger.change(holding{name, h.conversation}, change{-bytes, seq, first})
		for _, a := range authors {
			if a.name == name {
				a.lose(h.conversation, bytes)
			}
		}
	}
	switch {
	case left == 0 || len(lost) == 0 && h.waits == 0:
		if h.bytes > 0 {
			s.ledger.change(holding{of.name, h.conversation}, change{-h.bytes, seq, first})
			of.lose(h.conversation, h.bytes)
		}
	case len(lost) == 0:
		h.blocked = true
	}
	return dropped, nil
}

// lose takes what was dropped of an author's off what is known here.
func (a *author) lose(conversation string, bytes int64) {
	a.bytes -= bytes
	for _, h := range a.of {
		if h.conversation == conversation {
			h.bytes -= bytes
		}
	}
}

// dropOldest drops messages of a conversation before the seq stay, unless that is 0. lost
// has the bytes by author. With no bytes, it drops nothing, and lost is what they hold.
func (s *Store) dropOldest(ctx context.Context, conversation string, bytes int64, stay uint64) (seq uint64, left int64, lost map[string]int64, err error) {
	const most = 1000 // messages
	looks := most
	if bytes == 0 {
		looks = 16
	}
	r, err := s.call(ctx, conversationKey(conversation), trimScript, bytes, looks, messageBytes, stay)
	if err != nil {
		return 0, 0, nil, err
	}
	list, err := r.Array()
	if err != nil || len(list) < 3 {
		return 0, 0, nil, chat.ErrUnavailable
	}
	n, err1 := list[0].Int()
	left, err2 := list[1].Int()
	dropped, err3 := list[2].Int()
	lost = make(map[string]int64)
	for pair := range slices.Chunk(list[3:], 2) {
		author, err1 := pair[0].Text()
		bytes, err2 := pair[1].Int()
		if err1 != nil || err2 != nil {
			return 0, 0, nil, chat.ErrUnavailable
		}
		lost[author] = bytes
	}
	if err := errors.Join(err1, err2, err3); err != nil {
		return 0, 0, nil, err
	}
	s.bounds.dropped.Add(uint64(dropped))
	return uint64(n), left, lost, nil
}

// search looks for messages of which the ledger knows nothing, since it was lost or bounded,
// at the master that has key. It goes on where it ended.
func (s *Store) search(ctx context.Context, key string) error {
	if key == "" {
		return nil
	}
	cursor := cmp.Or(s.ledger.cursors[key], "0")
	r, err := s.call(ctx, key, "SCAN", cursor, "MATCH", conversationKey("*")+":s", "COUNT", 2*batch)
	if err != nil {
		return err
	}
	var streams []string
	if err := r.Scan(&cursor, &streams); err != nil {
		return err
	}
	s.ledger.cursors[key] = cursor
	for _, stream := range streams {
		name, _ := nameOf(strings.TrimSuffix(stream, ":s"))
		seq, left, held, err := s.dropOldest(ctx, name, 0, 0)
		if err != nil {
			return err
		}
		for author, bytes := range held {
			s.ledger.change(holding{author, name}, change{bytes, seq, seq - uint64(left) + 1})
		}
	}
	return nil
}
