package store

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"wschat/hub/chat"
)

// The newest of a user's conversations are known, however they speak and are forgotten.
func TestPairs(t *testing.T) {
	const steps = 20_000
	random := rand.New(rand.NewPCG(14, 4))
	s := New(0)
	names := []string{"A", "M", "Z"}
	for step := range steps {
		user := names[random.IntN(3)]
		other := names[random.IntN(3)]
		if random.IntN(2) > 0 {
			other = fmt.Sprint([]string{"B", "Y"}[random.IntN(2)], random.IntN(1000))
		}
		c := s.conversations[chat.PairOf(user, other)]
		if step > steps/2 && random.IntN(2) > 0 && c != nil {
			s.forget(c)
		} else {
			s.say(user, other, 1)
		}
		if step%101 == 0 {
			s.checkPairs(t, names)
		}
	}
	for _, c := range s.conversations {
		s.forget(c)
	}
	if len(s.users) > 0 || s.unread.Oldest() != nil {
		t.Errorf("%d users have conversations", len(s.users))
	}
}

func (s *Memory) checkPairs(t *testing.T, users []string) {
	t.Helper()
	for _, user := range users {
		count := 0
		for _, c := range s.conversations {
			if s.sideOf(user, c) != nil {
				count++
			}
		}
		newest, more := s.users[user].newestPairs()
		for i, c := range newest {
			if s.conversations[c.name] != c || i > 0 && newest[i-1].spoken <= c.spoken {
				t.Fatalf("%s: number %d is %s, of %d", user, i, c.name, c.spoken)
			}
		}
		if len(newest) != min(count, chat.MaxConversations) || more != (len(newest) < count) {
			t.Fatalf("%s: %d of %d, more: %v", user, len(newest), count, more)
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
