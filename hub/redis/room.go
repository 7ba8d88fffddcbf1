package redis

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

// shortage is how many bytes are to be dropped, at the master that has a key; "": at any.
type shortage struct {
	key   string
	bytes int64
}

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
