package store

import (
	"fmt"
	"testing"
	"time"

	"wschat/hub/chat"
)

// Very much may wait: while Expire looks at all of it, others have their turn.
func TestExpireGivesWay(t *testing.T) {
	const users = 50_000
	s := New(0)
	for i := range users {
		from, to := fmt.Sprint("A", i), fmt.Sprint("B", i)
		s.Append(&chat.Message{Conversation: chat.ConversationOf(from, to), From: from, To: to, Body: []byte("x")}, func(error) {})
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Expire(time.Now().Add(time.Hour))
	}()
	turns := 0 // in the middle of it
	for inboxes := users; inboxes > 0; {
		s.mu.Lock()
		if inboxes = len(s.waiting); inboxes > 0 && inboxes < users {
			turns++
		}
		s.mu.Unlock()
	}
	<-ended
	if turns == 0 {
		t.Error("nobody has a turn before everything has expired")
	}
}
