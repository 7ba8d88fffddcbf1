//go:build redis

package redis

import (
	"fmt"
	"testing"
	"time"

	"wschat/hub/redis/redistest"
)

// asked returns how many private conversations Redis is asked about when the messages that
// wait for B are fetched, and these.
func asked(t *testing.T, server *redistest.Server, s *Store) (n int, messages []string) {
	t.Helper()
	pairs, _, _, err := s.inboxes("B", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := s.Waiting("B")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range waiting {
		messages = append(messages, string(m.Body))
	}
	if err := s.Reach(); err != nil { // what was found is noted
		t.Fatal(err)
	}
	return len(pairs), messages
}

// A login does not ask about conversations in which nothing can wait, however many a user
// has.
func TestWaitingAsksFewConversations(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL()})
	for _, user := range []string{"A", "B", "C"} {
		enter(t, s, user)
	}
	s.Exit("B", "")
	first := say(t, s, "A", "B", "", "from A")
	say(t, s, "C", "B", "", "from C")
	hoursAgo := func(pair string, hours time.Duration) {
		then := time.Now().Add(-hours * time.Hour).UnixMicro()
		server.CLI("zadd", "wschat:{u:B}:p", fmt.Sprint(then), pair)
	}
	check := func(n int, messages ...string) {
		t.Helper()
		got, waiting := asked(t, server, s)
		if got != n {
			t.Errorf("asked about %d conversations, want %d", got, n)
		}
		want(t, "waiting", waiting, messages...)
	}
	hoursAgo("A,B", 3)
	hoursAgo("B,C", 2)
	hoursAgo("B,D", 4) // nothing waits
	check(3, "from A", "from C")
	check(2, "from A", "from C") // as long as they wait
	s.Written(first)
	check(2, "from C")
	check(1, "from C")
	// What is written to last now comes behind all that is settled, whatever the clock says.
	server.CLI("hset", "wschat:{u:B}:h", "w", fmt.Sprint(time.Now().Add(time.Hour).UnixMicro()))
	check(0)
	say(t, s, "A", "B", "", "again")
	check(1, "again")
}
