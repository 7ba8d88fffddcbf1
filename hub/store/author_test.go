package store

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
)

func (s *Memory) say(from, to string, size int) error {
	m := &chat.Message{Conversation: chat.ConversationOf(from, to), From: from, To: to, Body: []byte(strings.Repeat("x", size))}
	m.Away = m.Private() && size%2 == 0
	m.Address = []string{"near", "far"}[size/2%2]
	var failed error
	s.Append(m, func(err error) { failed = err })
	return failed
}

// Whatever is said, dropped and forgotten, each piece counts for one author, each
// conversation for one author at one address, and what counts is what there is.
func TestAuthorsAreCounted(t *testing.T) {
	for _, keep := range []int{0, 10} {
		random := rand.New(rand.NewPCG(1, uint64(keep)))
		s := New(keep)
		s.MaxBytes, s.MaxConversations, s.ForgetAfter = 200<<10, 30, time.Nanosecond
		s.Attend(func(conversation string) bool { return len(conversation)%2 == 0 })
		for n := range 20_000 {
			to := fmt.Sprint("group", random.IntN(60))
			if n%3 == 0 {
				to = fmt.Sprint("user", random.IntN(9))
			}
			size := 1 << random.IntN(10)
			if n%50 == 0 {
				size = 20 << 10
			}
			s.say(fmt.Sprint("user", random.IntN(9)), to, size+random.IntN(2))
			if n%100 == 0 {
				s.checkAuthors(t)
			}
			if t.Failed() {
				t.Fatalf("keep %d, after %d messages", keep, n)
			}
		}
		if s.stats.Dropped == 0 || s.stats.Forgotten == 0 {
			t.Errorf("nothing was dropped: %+v", s.stats)
		}
		for _, c := range s.conversations {
			s.forget(c)
		}
		if s.checkAuthors(t); s.bytes != 0 || len(s.authors.byKey) != 0 || len(s.beginners.byKey) != 0 || len(s.users) != 0 || s.unread.Oldest() != nil || s.order.Oldest() != nil {
			t.Errorf("left: %d bytes, %d authors, %d users", s.bytes, len(s.authors.byKey), len(s.users))
		}
	}
}

func (s *Memory) checkAuthors(t *testing.T) {
	t.Helper()
	var bytes int64
	of := make(map[*account]int64)
	begun, begunFrom := make(map[*beginner]int64), make(map[*origin]int64)
	for _, c := range s.conversations {
		begun[c.by]++
		for i := range c.pieces {
			p := &c.pieces[i]
			of[p.of] += int64(p.size())
			bytes += int64(p.size())
			if p.of.conversation != c || s.authors.byKey[p.of.author.key] != p.of.author {
				t.Errorf("a piece of %s counts for another conversation or nobody", c.name)
			}
		}
	}
	if bytes != s.bytes || bytes > s.MaxBytes {
		t.Errorf("%d bytes, counted %d of %d", bytes, s.bytes, s.MaxBytes)
	}
	for _, a := range s.authors.byKey {
		var sum int64
		for i := range a.accounts.Len() {
			of := of[a.accounts.At(i)]
			if sum += of; of != a.accounts.At(i).bytes.Held() {
				t.Errorf("an account has %d, counted %d", of, a.accounts.At(i).bytes.Held())
			}
		}
		if sum != a.bytes.Held() || sum == 0 {
			t.Errorf("an author has %d, counted %d", sum, a.bytes.Held())
		}
		bytes -= sum
	}
	if bytes != 0 {
		t.Errorf("%d bytes count for nobody", bytes)
	}
	for by, n := range begun {
		if s.beginners.byKey[by.key] != by || s.beginners.origins[by.from.key] != by.from || n != by.begun.Held() {
			t.Errorf("somebody has begun %d conversations, counted %d", n, by.begun.Held())
		}
		begunFrom[by.from] += n
	}
	for from, n := range begunFrom {
		if n != from.begun.Held() {
			t.Errorf("of an address are %d conversations, counted %d", n, from.begun.Held())
		}
	}
	if len(begun) != len(s.beginners.byKey) || len(begunFrom) != len(s.beginners.origins) || len(begunFrom) != s.beginners.ranking.Len() {
		t.Errorf("%d have begun something, of %d addresses; counted %d and %d", len(begun), len(begunFrom), len(s.beginners.byKey), len(s.beginners.origins))
	}
}

// A piece counts for whoever has written most of it, not for who began it.
func TestPieceCountsForWhoeverWroteMost(t *testing.T) {
	s := New(0)
	s.say("B", "groupA", 100)
	for range 20 {
		s.say("A", "groupA", 101)
		s.say("B", "groupA", 11)
	}
	if got := s.conversations["groupA"].pieces[0].of.author.key; got != s.hash("A") || len(s.authors.byKey) != 1 {
		t.Errorf("it counts for another one, of %d", len(s.authors.byKey))
	}
}
