//go:build redis

package redis

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/redistest"
)

// publish says something, and returns what comes of it.
func publish(s *Store, from, to string, body []byte) error {
	said := make(chan error, 1)
	s.Publish(&chat.Message{Conversation: chat.ConversationOf(from, to), From: from, To: to, Body: body}, nil,
		func(_ bool, err error) { said <- err })
	return <-said
}

// kept returns how many messages of a conversation there are.
func kept(t *testing.T, s *Store, conversation string) int {
	t.Helper()
	messages, _, err := s.History(conversation, chat.Query{Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	return len(messages)
}

// left has users come and go, and waits until that is known.
func left(t *testing.T, s *Store, users ...string) {
	t.Helper()
	for _, user := range users {
		enter(t, s, user)
		s.Exit(user, "")
	}
	if err := s.Reach(); err != nil {
		t.Fatal(err)
	}
}

// withHistory has B say 1,000 messages in a group, and 100 to C, who is away. what is kept
// of it must not change.
func withHistory(t *testing.T, s *Store) (check func()) {
	t.Helper()
	left(t, s, "C")
	for range 1000 {
		say(t, s, "B", "groupB", "", "said")
	}
	for range 100 {
		say(t, s, "B", "C", "", "sent")
	}
	return func() {
		t.Helper()
		if n := kept(t, s, "groupB"); n < 1000 {
			t.Errorf("of groupB %d messages are kept", n)
		}
		if waiting, err := allWaiting(s, "C"); len(waiting) != 100 || err != nil {
			t.Errorf("%d messages wait for C, %v", len(waiting), err)
		}
	}
}

// One who fills Redis loses what is his, before Redis is full: nobody else is refused, or
// loses anything.
func TestRoomBeforeRedisIsFull(t *testing.T) {
	server := redistest.Start(t, "maxmemory 32mb", "maxmemory-policy noeviction")
	s, _ := node(t, Config{URL: server.URL(), Keep: 1000})
	check := withHistory(t, s)
	body := make([]byte, 256<<10)
	for i := range 250 {
		// A machine that others use makes room later, but it makes some.
		redistest.Eventually(t, "the node makes room", func() bool {
			short, err := s.shortages(t.Context())
			return err == nil && short[0].bytes < 4<<20 // of the eight below maxmemory
		})
		if err := publish(s, "A", fmt.Sprint("group", i), body); err != nil {
			t.Fatalf("A is refused after %d messages: %v", i, err)
		}
		say(t, s, "B", "groupB", "", "more")
	}
	check()
	if kept(t, s, "group249") == 0 {
		t.Error("A has lost the newest message, too")
	}
}

// When Redis is full all the same, there is room again soon.
func TestRoomWhenRedisIsFull(t *testing.T) {
	server := redistest.Start(t, "maxmemory 32mb", "maxmemory-policy noeviction")
	s, _ := node(t, Config{URL: server.URL(), Keep: 1000})
	check := withHistory(t, s)
	body := make([]byte, 1<<20)
	for i := 0; ; i++ {
		if publish(s, "A", fmt.Sprint("group", i), body) != nil {
			break
		}
	}
	redistest.Eventually(t, "there is room", func() bool { return s.Err() == nil })
	say(t, s, "B", "groupB", "", "more")
	check()
}

// Messages of which the ledger knows nothing are found when room is needed.
func TestRoomWithoutLedger(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL(), Keep: 1000})
	check := withHistory(t, s)
	body := make([]byte, 256<<10)
	for i := range 100 {
		say(t, s, "A", fmt.Sprint("group", i), "", string(body))
	}
	s.balance()
	for _, key := range strings.Fields(server.CLI("keys", ledgerKey+"*")) {
		server.CLI("del", key)
	}
	server.CLI("config", "set", "maxmemory", "24mb")
	redistest.Eventually(t, "there is room", func() bool {
		s.balance()
		short, err := s.shortages(t.Context())
		return err == nil && short[0].bytes <= 0
	})
	check()
}

// Where one master of a cluster is short of memory, messages of the others stay.
func TestRoomInACluster(t *testing.T) {
	cluster := redistest.StartCluster(t, 3)
	s, _ := node(t, Config{URL: cluster.URL(), Keep: 1000})
	check := withHistory(t, s)
	body := make([]byte, 256<<10)
	for i := range 100 {
		say(t, s, "A", fmt.Sprint("group", i), "", string(body))
	}
	full := cluster.Owner(conversationKey("group0"))
	cluster.Nodes[full].CLI("config", "set", "maxmemory", "8mb")
	redistest.Eventually(t, "there is room", func() bool {
		s.balance()
		short, err := s.shortages(t.Context())
		return err == nil && short[0].bytes <= 0 && short[1].bytes <= 0 && short[2].bytes <= 0
	})
	check()
	lost := 0
	for i := range 100 {
		group := fmt.Sprint("group", i)
		if kept(t, s, group) > 0 {
			continue
		}
		lost++
		if cluster.Owner(conversationKey(group)) != full {
			t.Errorf("%s is lost", group)
		}
	}
	if lost == 0 {
		t.Error("nothing is lost")
	}
}

// Of two nodes one makes room, and the other one when that has gone.
func TestOneMakesRoom(t *testing.T) {
	server := redistest.Start(t)
	stores := []*Store{open(t, Config{URL: server.URL()}), open(t, Config{URL: server.URL()})}
	chosen := func() string { return server.CLI("get", ledgerKey+":room") }
	redistest.Eventually(t, "one is chosen", func() bool { return chosen() != "" })
	first, other := stores[0], stores[1]
	if chosen() == other.id {
		first, other = other, first
	}
	if chosen() != first.id {
		t.Fatalf("chosen is %s", chosen())
	}
	first.ledger.balancing.Lock() // as if it hung
	defer first.ledger.balancing.Unlock()
	redistest.Eventually(t, "the other one is chosen", func() bool { return chosen() == other.id })
}

// What one user may send another who is away is bounded on all nodes together, and begins
// anew when the other has been here.
func TestMissedOnManyNodes(t *testing.T) {
	server := redistest.Start(t)
	a, _ := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	b, _ := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	left(t, a, "C")
	for i := range chat.MaxWaiting {
		say(t, []*Store{a, b}[i%2], "A", "C", "", "x")
	}
	for _, s := range []*Store{a, b} {
		if err := publish(s, "A", "C", []byte("x")); !errors.Is(err, chat.ErrFull) {
			t.Errorf("got %v, want ErrFull", err)
		}
		if err := s.Err(); err != nil {
			t.Errorf("one is refused, and Err says %v", err)
		}
	}
	say(t, a, "D", "C", "", "x")
	left(t, b, "C")
	say(t, a, "A", "C", "", "x")
}

// A user of Redis who may not ask for its memory is served all the same, up to Bytes.
func TestRoomWithoutInfo(t *testing.T) {
	server := redistest.Start(t)
	server.CLI("acl", "setuser", "chat", "on", ">secret", "~wschat:*", "&wschat:*", "+@all", "-@dangerous")
	s, _ := node(t, Config{URL: strings.Replace(server.URL(), "//", "//chat:secret@", 1), Keep: 1000, Bytes: 1 << 20})
	check := withHistory(t, s)
	for i := range 20 {
		say(t, s, "A", fmt.Sprint("group", i), "", string(make([]byte, 256<<10)))
	}
	redistest.Eventually(t, "there is room", func() bool {
		s.balance()
		return s.Stats().Held <= 1<<20
	})
	check()
	if n := s.refusal.count.Load(); n > 0 {
		t.Errorf("%d refusals", n)
	}
}
