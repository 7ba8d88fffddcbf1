package redis

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// authorPage and holdingPage are how many are looked at together.
const (
	authorPage  = 64
	holdingPage = 64
)

// author is one of those who hold most.
type author struct {
	name  string
	bytes int64
	asked bool // for of
	all   bool // of has all of the ledger
	of    []*held
}

// held is what an author holds in a conversation.
type held struct {
	conversation string
	bytes        int64
	from, to     uint64 // the seqs between which they are
	since        int64  // for how long the ledger knows of it
	looked       bool   // whether it is so
	waits        uint64 // the seq from which on messages wait for somebody who is away; 0: none
	blocked      bool   // those are the oldest
}

// authors returns a page of those who hold most.
func (s *Store) authors(ctx context.Context, skip int) ([]*author, error) {
	r, err := s.call(ctx, ledgerKey, "ZREVRANGE", ledgerKey+":by", skip, skip+authorPage-1, "WITHSCORES")
	if err != nil {
		return nil, err
	}
	list, err := r.Strings()
	if err != nil {
		return nil, err
	}
	authors := make([]*author, 0, len(list)/2)
	for pair := range slices.Chunk(list, 2) {
		bytes, err := strconv.ParseFloat(pair[1], 64)
		if err != nil {
			return nil, err
		}
		authors = append(authors, &author{name: pair[0], bytes: int64(bytes)})
	}
	return authors, nil
}

// greatest returns what of an author's is to be trimmed next, at the master that has key;
// nil: nothing is known.
func (s *Store) greatest(ctx context.Context, a *author, key string) (*held, error) {
	if !a.asked {
		if err := s.holdings(ctx, a, key); err != nil {
			return nil, err
		}
	}
	for {
		a.of = slices.DeleteFunc(a.of, func(h *held) bool { return h.bytes <= 0 })
		slices.SortFunc(a.of, func(x, y *held) int {
			return cmp.Or(cmp.Compare(y.bytes, x.bytes), cmp.Compare(x.since, y.since))
		})
		page := a.of[:min(len(a.of), holdingPage)]
		if len(page) == 0 {
			return nil, nil
		}
		if slices.ContainsFunc(page, func(h *held) bool { return !h.looked }) {
			if err := s.look(ctx, a, page); err != nil {
				return nil, err
			}
			continue
		}
		for _, h := range page {
			if !h.blocked {
				return h, nil
			}
		}
		page[0].waits = 0 // there is nothing else
		return page[0], nil
	}
}

// holdings asks the ledger what an author holds.
func (s *Store) holdings(ctx context.Context, a *author, key string) error {
	r, err := s.call(ctx, ledgerKey, "HGETALL", ledgerKey+":of:"+a.name)
	if err != nil {
		return err
	}
	list, err := r.Strings()
	if err != nil {
		return err
	}
	a.asked, a.all = true, true
	for pair := range slices.Chunk(list, 2) {
		h := &held{conversation: pair[0]}
		if _, err := fmt.Sscan(pair[1], &h.bytes, &h.from, &h.to, &h.since); err != nil {
			return err
		}
		if key != "" && !s.client.Together(key, conversationKey(h.conversation)) {
			a.all = false
			continue
		}
		a.of = append(a.of, h)
	}
	return nil
}

// look finds out how much of an author's holdings is left, and whether messages there wait.
func (s *Store) look(ctx context.Context, a *author, of []*held) error {
	commands := make([]command, len(of))
	for i, h := range of {
		commands[i] = on(conversationKey(h.conversation), extentScript)
	}
	replies, err := s.all(ctx, commands)
	if err != nil {
		return err
	}
	for i, h := range of {
		if h.looked {
			continue
		}
		var seq, number uint64
		if err := replies[i].Scan(&seq, &number); err != nil {
			return err
		}
		gone := h.leave(seq, number)
		a.bytes -= gone
		s.ledger.change(holding{a.name, h.conversation}, change{-gone, seq, h.from})
		if h.waits, err = s.waitsFrom(ctx, h.conversation); err != nil {
			return err
		}
	}
	return nil
}

// leave notes that a conversation has number messages up to seq, and returns how many bytes
// are gone for that: what was kept between two seqs was so evenly.
func (h *held) leave(seq, number uint64) (gone int64) {
	first := seq - min(seq, number) + 1
	if first > h.from {
		gone = h.bytes
		if first <= h.to {
			gone = int64(float64(h.bytes) * float64(first-h.from) / float64(h.to-h.from+1))
		}
	}
	h.bytes -= gone
	h.from, h.to, h.looked = max(h.from, first), max(h.to, seq), true
	return gone
}

// waitsFrom returns the seq of the first message of a private conversation that was sent to
// a user who has been away since; 0: nothing waits.
func (s *Store) waitsFrom(ctx context.Context, conversation string) (uint64, error) {
	one, other, private := strings.Cut(conversation, ",")
	if !private {
		return 0, nil
	}
	key, from := conversationKey(conversation), uint64(0)
	for _, user := range []string{one, other} {
		replies, err := s.all(ctx, []command{
			on(key, "HGET", key+":h", "a:"+user),
			on(userKey(user), "HMGET", userKey(user)+":h", "t", "seen"),
		})
		if err != nil {
			return 0, err
		}
		missed, _ := replies[0].Text() // none: the user has missed nothing
		var connections, seen string
		if err := replies[1].Scan(&connections, &seen); err != nil {
			continue // is not known
		}
		var since string
		var messages, bytes, first uint64
		fmt.Sscan(missed, &since, &messages, &bytes, &first)
		if connections == "0" && since == seen && first > 0 && (from == 0 || first < from) {
			from = first
		}
	}
	return from, nil
}
