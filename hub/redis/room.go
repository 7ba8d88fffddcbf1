package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wschat/hub/chat"
)

// shortage is how many bytes are to be dropped, at the master that has a key; "": at any.
type shortage struct {
	key   string
	bytes int64
}

const (
	// authorPage and holdingPage are how many are looked at together.
	authorPage  = 64
	holdingPage = 64
	// minTrim and maxTrim bound what is dropped in one step.
	minTrim = 64 << 10
	maxTrim = 1 << 20
)

// keepRoom is the goroutine that tells the ledger of this node's messages, and makes room,
// if that falls to this node.
func (s *Store) keepRoom() {
	ticker := time.NewTicker(tickTime)
	defer ticker.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-ticker.C:
			s.balance()
		}
	}
}

// balance does that once. If it fails it is done again, soon.
func (s *Store) balance() {
	s.ledger.balancing.Lock()
	defer s.ledger.balancing.Unlock()
	if !s.inReach() {
		return
	}
	ctx, cancel := patience()
	defer cancel()
	chosen, sum, err := s.account(ctx)
	if err != nil || !chosen {
		return
	}
	short, err := s.shortages(ctx)
	if err != nil && !s.ledger.blind {
		s.log.Warn("redis does not tell how much memory it uses", "error", err)
	}
	s.ledger.blind = err != nil
	if s.config.Bytes > 0 {
		short = append(short, shortage{"", sum - s.config.Bytes})
	}
	for _, of := range short {
		if of.bytes > 0 && s.makeRoom(ctx, of) != nil {
			return
		}
	}
}

// shortages asks each master how much more memory it uses than it should. The buffers of
// its clients do not count: they pass. That it may not be asked is not taken for a refusal.
func (s *Store) shortages(ctx context.Context) ([]shortage, error) {
	masters := s.masters()
	short := make([]shortage, len(masters))
	for i, key := range masters {
		r, err := s.client.Ask(key, "INFO", "memory")(ctx)
		if err != nil {
			return nil, err
		}
		text, err := r.Text()
		if err != nil {
			return nil, err
		}
		of := make(map[string]int64)
		for line := range strings.Lines(text) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
			of[name], _ = strconv.ParseInt(value, 10, 64) // others are no numbers
		}
		short[i].key = key
		if most := of["maxmemory"]; most > 0 {
			used := of["used_memory"] - of["mem_not_counted_for_evict"] - of["mem_clients_normal"]
			short[i].bytes = used - most/4*3
		}
	}
	return short, nil
}

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

// makeRoom drops what is too much, by the rules of hub/chat: of the author who holds most
// the oldest messages of the conversation in which he holds most, again and again. It ends
// early where the next authors hold as much.
func (s *Store) makeRoom(ctx context.Context, short shortage) error {
	for skip := 0; ; skip += authorPage {
		authors, err := s.authors(ctx, skip)
		if err != nil {
			return err
		}
		if len(authors) == 0 {
			return s.search(ctx, short.key)
		}
		least := int64(0)
		if len(authors) == authorPage {
			least = authors[authorPage-1].bytes
		}
		for short.bytes > 0 {
			a := slices.MaxFunc(authors, func(a, b *author) int { return cmp.Compare(a.bytes, b.bytes) })
			if a.bytes <= 0 {
				break // the next ones, in a cluster
			}
			if a.bytes < least {
				return nil
			}
			h, err := s.greatest(ctx, a, short.key)
			if err != nil {
				return err
			}
			if h == nil {
				if a.all {
					s.ledger.change(holding{author: a.name}, change{bytes: -a.bytes})
				}
				a.bytes = 0
				continue
			}
			dropped, err := s.trim(ctx, authors, a, h, short.bytes)
			if err != nil {
				return err
			}
			short.bytes -= dropped
		}
		if short.bytes <= 0 {
			return nil
		}
	}
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
	commands := make([]command, 0, 2*len(of))
	for _, h := range of {
		key := conversationKey(h.conversation)
		commands = append(commands, on(key, "HGET", key+":h", "n"), on(key, "XLEN", key+":s"))
	}
	replies, err := s.all(ctx, commands)
	if err != nil {
		return err
	}
	for i, h := range of {
		if h.looked {
			continue
		}
		seq, _ := replies[2*i].Int() // none: there is nothing left
		number, err := replies[2*i+1].Int()
		if err != nil {
			return err
		}
		gone := h.leave(uint64(seq), uint64(number))
		a.bytes -= gone
		s.ledger.change(holding{a.name, h.conversation}, change{-gone, uint64(seq), h.from})
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
// a user who has been away since; 0: there is none.
func (s *Store) waitsFrom(ctx context.Context, conversation string) (uint64, error) {
	one, other, private := strings.Cut(conversation, ",")
	if !private {
		return 0, nil
	}
	key, from := conversationKey(conversation), uint64(0)
	for _, user := range []string{one, other} {
		replies, err := s.all(ctx, []command{
			on(key, "GET", key+":a:"+user),
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
	r, err := s.call(ctx, key, "SCAN", cursor, "MATCH", conversationKey("*")+":s", "COUNT", 10*batch)
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
