package store

import (
	"fmt"
	"testing"
	"time"

	"wschat/hub/chat"
)

// Very much may be due: Expire forgets some of it at a time, and looks at nothing else.
func TestExpireGivesWay(t *testing.T) {
	const users = 3*maxExpired + maxExpired/2
	s := New(0)
	say := func(i int) {
		from, to := fmt.Sprint("A", i), fmt.Sprint("B", i)
		s.Append(&chat.Message{Conversation: chat.ConversationOf(from, to), From: from, To: to, Body: []byte("x")}, func(error) {})
	}
	for i := range users {
		say(i)
	}
	before := s.Newest() + 1
	for i := range maxExpired { // again, which is not due
		say(i)
	}
	waiting := func() (n int) {
		for u := s.unread.Oldest(); u != nil; u = u.ofAll.Newer() {
			n++
		}
		return n
	}
	for more := true; more; {
		was := waiting()
		more = s.expireSome(before)
		if n := was - waiting(); n > maxExpired || more != (n == maxExpired) {
			t.Fatalf("%d are forgotten at once, more: %v", n, more)
		}
	}
	if n := waiting(); n != maxExpired {
		t.Errorf("messages wait in %d, want %d", n, maxExpired)
	}
	s.Expire(time.Now().Add(time.Hour))
	if n := waiting(); n > 0 {
		t.Errorf("messages wait in %d", n)
	}
}
