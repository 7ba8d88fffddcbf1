//go:build redis

package redis

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/redistest"
)

// asked returns how many private conversations Redis is asked about when the messages that
// wait for B are fetched, and these.
func asked(t *testing.T, server *redistest.Server, s *Store) (n int, messages []string) {
	t.Helper()
	pairs, _, _, err := s.inboxes("B", 0, s.data())
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := allWaiting(s, "B")
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

// allWaiting returns all messages that wait for a user.
func allWaiting(s *Store, user string) ([]*chat.Message, error) { return collect(s.Waiting(user)) }

// collect puts pages together.
func collect(next func() ([]*chat.Message, error)) (all []*chat.Message, err error) {
	for {
		page, err := next()
		if err != nil || len(page) == 0 {
			return all, err
		}
		all = append(all, page...)
	}
}

// whileAway is a node with A and C, whom B has left.
func whileAway(t *testing.T) (*redistest.Server, *Store) {
	t.Helper()
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL()})
	for _, user := range []string{"A", "B", "C"} {
		enter(t, s, user)
	}
	s.Exit("B", "")
	return server, s
}

// A login does not ask about conversations in which nothing can wait, however many a user
// has.
func TestWaitingAsksFewConversations(t *testing.T) {
	server, s := whileAway(t)
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
	later := time.Now().Add(time.Hour).UnixMicro()
	server.CLI("hset", "wschat:{u:B}:h", "settled", fmt.Sprint(s.data(), " ", later))
	check(0)
	say(t, s, "A", "B", "", "again")
	check(1, "again")
	// What was settled in other data may be lacking in these.
	server.CLI("hset", "wschat:{u:B}:h", "settled", fmt.Sprint("other ", later))
	check(3, "from C", "again")
}

// What waits is fetched as it is sent, and a message that is dropped meanwhile is left out.
func TestWaitingPages(t *testing.T) {
	server, s := whileAway(t)
	const count = 130
	var sent []string
	for i := range count {
		for _, from := range []string{"A", "C"} {
			text := fmt.Sprint(from, " ", i, strings.Repeat(".", 7<<10))
			say(t, s, from, "B", "", text)
			sent = append(sent, text)
		}
	}
	next := s.Waiting("B")
	var got []string
	for pages := 0; ; pages++ {
		page, err := next()
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		if len(page) > waitingMessages {
			t.Errorf("a page of %d messages", len(page))
		}
		for _, m := range page {
			got = append(got, string(m.Body))
		}
		if pages == 0 {
			server.CLI("xdel", "wschat:{c:A,B}:s", fmt.Sprint(count, "-0"))
		}
	}
	want(t, "waiting", got, slices.Delete(sent, 2*count-2, 2*count-1)...)
	for range 9 { // more than a page
		say(t, s, "A", "C", "", strings.Repeat("x", 300<<10))
	}
	s.Exit("C", "")
	next = s.Waiting("C")
	if page, err := next(); len(page) != waitingBytes/(300<<10) || err != nil {
		t.Errorf("a page of %d long messages, %v", len(page), err)
	}
}

// However many line clients log in at once, Redis is asked little at a time: others are not
// refused for that.
func TestManyAskForWhatWaits(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL()})
	enter(t, s, "B")
	const users, pairs = 140, 500 // as many commands as may not wait at once
	server.CLI("eval", `for i = 1, ARGV[1] do redis.call('ZADD', KEYS[1], ARGV[2], 'B,p' .. i) end`,
		"1", "wschat:{u:B}:p", fmt.Sprint(pairs), fmt.Sprint(time.Now().UnixMicro()))
	errs := make(chan error, users)
	for range users {
		go func() {
			_, err := allWaiting(s, "B")
			errs <- err
		}()
	}
	for range users {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if s.refusal.count.Load() > 0 {
		t.Error("senders are refused")
	}
}
