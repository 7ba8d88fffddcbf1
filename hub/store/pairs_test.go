package store

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"wschat/hub/chat"
)

// The newest of a user's conversations are known, however they speak and are forgotten,
// and in whatever order they are loaded.
func TestPairs(t *testing.T) {
	const steps = 20_000
	random := rand.New(rand.NewPCG(14, 4))
	var p pairs
	all := make(map[*Conversation]bool)
	for step := range steps {
		var c *Conversation
		if n := len(p); n > 0 {
			c = p[n-1-min(random.IntN(n), random.IntN(n))]
		}
		switch {
		case c == nil || step < steps/4 || random.IntN(10) == 0:
			c = &Conversation{spoken: int64(step)}
			if step < steps/8 { // they are loaded
				c.spoken = random.Int64N(steps / 8)
			}
			p = append(p, c)
			p.spoke(c)
			all[c] = true
		case step > steps/2 && random.IntN(4) > 0:
			p = p.remove(c)
			delete(all, c)
		default:
			c.spoken = int64(step)
			p.spoke(c)
		}
		if step%101 == 0 {
			checkPairs(t, p, all)
		}
	}
	for len(p) > 0 {
		c := p[random.IntN(len(p))]
		p = p.remove(c)
		delete(all, c)
		if len(p)%97 == 0 {
			checkPairs(t, p, all)
		}
	}
}

func checkPairs(t *testing.T, p pairs, all map[*Conversation]bool) {
	t.Helper()
	want := slices.SortedFunc(maps.Keys(all), func(a, b *Conversation) int { return cmp.Compare(a.spoken, b.spoken) })
	want = want[max(0, len(want)-chat.MaxConversations):]
	for i, c := range p.newest() {
		if len(p) != len(all) || c.spoken != want[i].spoken {
			t.Fatalf("%d of %d: the newest but %d has spoken at %d, want %d", len(p), len(all), len(want)-1-i, c.spoken, want[i].spoken)
		}
	}
}

// Of a user with very many conversations the newest are told.
func TestLastOfMany(t *testing.T) {
	s := New(0)
	say := func(from, to string) {
		m := &chat.Message{Conversation: chat.ConversationOf(from, to), From: from, To: to, Body: []byte("x")}
		s.Append(m, func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		})
	}
	say("A", "groupOld")
	for i := range 2 * chat.MaxConversations {
		say("A", fmt.Sprint("B", i))
	}
	say("A", "B7")
	say("A", "all")
	last, more, err := s.Last("A", []string{"all", "groupOld"})
	if len(last) != chat.MaxConversations || !more || err != nil || last["B7"] != 2 || last["all"] != 1 || last["groupOld"] != 0 || last["B1003"] != 1 || last["B1001"] != 0 {
		t.Errorf("%d, more: %v, %v: B7 %d, all %d, groupOld %d, B1003 %d, B1001 %d", len(last), more, err, last["B7"], last["all"], last["groupOld"], last["B1003"], last["B1001"])
	}
	if last, more, _ := s.Last("B7", []string{"all"}); len(last) != 2 || more {
		t.Errorf("B7 has %v, more: %v", last, more)
	}
}
