//go:build redis

package redis

import (
	"fmt"
	"testing"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/redistest"
)

// mark changes marks, and waits until that is done.
func mark(t *testing.T, s *Store, user, conversation string, c chat.MarkChange) {
	t.Helper()
	done := make(chan error, 1)
	s.Mark(user, conversation, c, "a client of "+user, func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// wantMarks waits until the welcome of a user has these.
func wantMarks(t *testing.T, s *Store, user, want string) {
	t.Helper()
	var got string
	redistest.Eventually(t, "the marks are "+want, func() bool {
		w, err := s.Welcome(user, nil, func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		got = fmt.Sprint(w.Marks)
		return got == want
	})
}

// Marks are the same on all nodes, which are told of what changes, and on those that a user
// comes to later. "read only goes forward and is cut to the last seq."
func TestMarks(t *testing.T) {
	server := redistest.Start(t)
	a, toldA := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	b, toldB := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	for _, s := range []*Store{a, b} {
		enter(t, s, "A")
	}
	for range 5 {
		say(t, b, "B", "all", "", "x")
		say(t, b, "B", "groupX", "", "x")
		say(t, b, "B", "A", "", "x")
	}
	for _, c := range []struct {
		conversation string
		change       chat.MarkChange
	}{
		{"all", chat.MarkChange{Read: 3}},
		{"all", chat.MarkChange{Read: 2}},
		{"all", chat.MarkChange{Set: chat.Mute | chat.Pin}},
		{"all", chat.MarkChange{Read: 9, Clear: chat.Mute | chat.Hide}},
		{"groupX", chat.MarkChange{Read: 9}}, // which A is not in
		{"groupY", chat.MarkChange{Read: 9}}, // where nothing was said
		{"groupZ", chat.MarkChange{Set: chat.Hide}},
		{"groupZ", chat.MarkChange{Clear: chat.Hide}},
		{"A,B", chat.MarkChange{Read: 2}},
	} {
		mark(t, a, "A", c.conversation, c.change)
	}
	const marks = "map[B:{2 0} all:{5 4} groupX:{5 0}]"
	for _, s := range []*Store{a, b} {
		wantMarks(t, s, "A", marks)
	}
	for _, told := range []*recorder{toldA, toldB} {
		redistest.Eventually(t, "the node is told of all", func() bool { return len(told.about("A marked ")) >= 7 })
		want(t, "told", told.about("A marked "), "all: {Read:3 Set:0 Clear:0}", "all: {Read:0 Set:5 Clear:0}", "all: {Read:5 Set:0 Clear:1}",
			"groupX: {Read:5 Set:0 Clear:0}", "groupZ: {Read:0 Set:2 Clear:0}", "groupZ: {Read:0 Set:0 Clear:2}", "A,B: {Read:2 Set:0 Clear:0}")
	}
	if n := len(toldA.about("asked by a client of A")); n != 7 || len(toldB.about("asked by ")) != 0 {
		t.Errorf("the origin of %d changes is known where they were asked for, and elsewhere of %q", n, toldB.about("asked by "))
	}
	a.mu.Lock()
	if left := len(a.users["A"].marks.asked); left > 0 {
		t.Errorf("%d origins are left", left)
	}
	a.mu.Unlock()
	third, _ := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	enter(t, third, "A")
	wantMarks(t, third, "A", marks)

	// "Live as long as the user is remembered".
	for _, s := range []*Store{a, b, third} {
		s.Exit("A", "")
		if err := s.Reach(); err != nil {
			t.Fatal(err)
		}
	}
	enter(t, a, "A")
	wantMarks(t, a, "A", marks)
	left(t, a, "A")
	a.Exit("A", "")
	if err := a.Reach(); err != nil {
		t.Fatal(err)
	}
	server.CLI("hset", userKey("A")+":h", "seen", "1")
	enter(t, b, "A") // before anybody has forgotten A
	wantMarks(t, b, "A", "map[]")
	mark(t, b, "A", "all", chat.MarkChange{Read: 1})
	b.Exit("A", "")
	if err := b.Reach(); err != nil {
		t.Fatal(err)
	}
	server.CLI("hset", userKey("A")+":h", "seen", "1")
	server.CLI("zadd", dueKey, "1", "A")
	b.forgetUsers()
	if n := server.CLI("exists", userKey("A")+":k", userKey("A")+":kt"); n != "0" {
		t.Errorf("of a user who is forgotten %s keys are there", n)
	}
}

// What a node has missed of marks it is told when it hears again.
func TestMarksAfterAGap(t *testing.T) {
	server := redistest.Start(t)
	s, told := node(t, Config{URL: server.URL()})
	enter(t, s, "A")
	mark(t, s, "A", "all", chat.MarkChange{Set: chat.Pin | chat.Mute})
	redistest.Eventually(t, "the node is told", func() bool { return len(told.about("A marked ")) == 1 })
	server.CLI("hset", userKey("A")+":k", "all", "0 6 "+s.Epoch(), "groupX", "0 1 "+s.Epoch(), "groupOld", "7 1 other")
	server.CLI("client", "kill", "type", "pubsub")
	redistest.Eventually(t, "the node is told of the difference", func() bool { return len(told.about("A marked ")) >= 4 })
	want(t, "all", told.about("A marked all: "), "{Read:0 Set:5 Clear:0}", "{Read:0 Set:2 Clear:1}")
	wantMarks(t, s, "A", "map[all:{0 6} groupOld:{0 1} groupX:{0 1}]")
}

// "One's own send moves one's read to it if nothing unread lies between", on all nodes, and
// costs no command for each.
func TestOwnMessagesAreRead(t *testing.T) {
	server := redistest.Start(t)
	a, toldA := node(t, Config{URL: server.URL()})
	b, _ := node(t, Config{URL: server.URL()})
	for _, s := range []*Store{a, b} {
		enter(t, s, "A")
	}
	for range 10 {
		say(t, a, "A", "all", "", "x")
		say(t, b, "A", "all", "", "x")
	}
	for _, s := range []*Store{a, b} {
		wantMarks(t, s, "A", "map[all:{20 0}]")
	}
	say(t, a, "B", "all", "", "unread")
	say(t, a, "A", "all", "", "x")
	if err := b.Reach(); err != nil {
		t.Fatal(err)
	}
	wantMarks(t, b, "A", "map[all:{20 0}]")
	mark(t, b, "A", "all", chat.MarkChange{Read: 22})
	redistest.Eventually(t, "A is told of that alone", func() bool { return len(toldA.about("A marked ")) == 1 })
	say(t, a, "A", "all", "", "x")
	want(t, "told", toldA.about("A marked "), "all: {Read:22 Set:0 Clear:0}")

	calls := func() string { return server.CLI("zcard", userKey("A")+":kt") }
	redistest.Eventually(t, "Redis is told", func() bool {
		return server.CLI("hget", userKey("A")+":k", "all") == "23 0 "+a.Epoch() && calls() == "1"
	})
	say(t, a, "A", "groupX", "", "x") // which nobody here follows
	say(t, a, "A", "all", "", "x")
	a.Exit("A", "")
	redistest.Eventually(t, "Redis is told at the exit", func() bool {
		return server.CLI("hget", userKey("A")+":k", "all") == "24 0 "+a.Epoch()
	})
}

// A node that dies may not have told Redis of what its users have read by what they said: another
// one finds that in what was said, at the login and whenever they go on.
func TestOwnMessagesAreReadThoughANodeDied(t *testing.T) {
	server := redistest.Start(t)
	a, _ := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	enter(t, a, "A")
	join(t, a, "A", "groupX")
	say(t, a, "B", "groupX", "", "x")
	for range 5 {
		say(t, a, "A", "groupX", "", "x")
		say(t, a, "A", "A", "", "x")
		say(t, a, "A", "all", "", "x")
	}
	say(t, a, "B", "all", "", "unread")
	say(t, a, "A", "all", "", "x")
	a.Exit("A", "")
	if err := a.Reach(); err != nil {
		t.Fatal(err)
	}
	marks := userKey("A") + ":k"
	for conversation, read := range map[string]int{"groupX": 2, "all": 2} { // as if nothing more was told of
		server.CLI("hset", marks, conversation, fmt.Sprintf("%d 1 %s", read, a.Epoch()))
	}
	server.CLI("hdel", marks, "A,A")
	b, told := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	enter(t, b, "A")
	wantMarks(t, b, "A", "map[A:{5 0} all:{2 1} groupX:{6 1}]")
	redistest.Eventually(t, "Redis is told", func() bool {
		return server.CLI("hget", marks, "groupX") == "6 1 "+b.Epoch() && server.CLI("hget", marks, "A,A") == "5 0 "+b.Epoch()
	})
	say(t, b, "A", "groupX", "", "x")
	wantMarks(t, b, "A", "map[A:{5 0} all:{2 1} groupX:{7 1}]")
	want(t, "told", told.about("A marked "))

	// Elsewhere it was read before the marks went back, and nobody has logged in since.
	b.mu.Lock()
	b.users["A"].marks.of["groupX"] = chat.Marks{Read: 2}
	b.mu.Unlock()
	say(t, b, "A", "groupX", "", "x")
	wantMarks(t, b, "A", "map[A:{5 0} all:{2 1} groupX:{8 0}]")
	say(t, b, "B", "groupX", "", "unread")
	say(t, b, "A", "groupX", "", "x")
	wantMarks(t, b, "A", "map[A:{5 0} all:{2 1} groupX:{8 0}]")
}

// Beyond a number of marks, the one that has been unchanged longest is dropped.
func TestManyMarks(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL()})
	enter(t, s, "A")
	server.CLI("eval", `for i = 1, tonumber(ARGV[1]) do
		redis.call('HSET', KEYS[1], 'group' .. i, '0 1 x')
		redis.call('ZADD', KEYS[2], i, 'group' .. i)
	end`, "2", userKey("A")+":k", userKey("A")+":kt", fmt.Sprint(chat.MaxMarks))
	other, _ := node(t, Config{URL: server.URL()})
	enter(t, other, "A")
	mark(t, s, "A", "group1", chat.MarkChange{Set: chat.Pin})
	mark(t, s, "A", "groupX", chat.MarkChange{Set: chat.Pin})
	for _, part := range []string{"hlen :k", "zcard :kt"} {
		var command, key string
		fmt.Sscan(part, &command, &key)
		if n := server.CLI(command, userKey("A")+key); n != fmt.Sprint(chat.MaxMarks) {
			t.Errorf("there are %s marks", n)
		}
	}
	redistest.Eventually(t, "another node knows", func() bool {
		w, err := other.Welcome("A", nil, func(string) bool { return true })
		_, old := w.Marks["group2"]
		return err == nil && !old && w.Marks["groupX"].Flags == chat.Pin && w.Marks["group1"].Flags == chat.Pin|chat.Mute && len(w.Marks) == chat.MaxMarks
	})
}

// "read is void with a new epoch", and what is lost is lost.
func TestMarksInANewEpoch(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL()})
	enter(t, s, "A")
	say(t, s, "A", "all", "", "x")
	mark(t, s, "A", "all", chat.MarkChange{Set: chat.Pin})
	mark(t, s, "A", "groupX", chat.MarkChange{Set: chat.Hide})
	wantMarks(t, s, "A", "map[all:{1 4} groupX:{0 2}]")
	epoch := s.Epoch()
	server.CLI("del", conversationKey("all")+":h", conversationKey("all")+":s", userKey("A")+":kt")
	server.CLI("hdel", userKey("A")+":k", "groupX")
	server.CLI("client", "kill", "type", "pubsub")
	redistest.Eventually(t, "a new epoch", func() bool { return s.Err() == nil && s.Epoch() != epoch })
	wantMarks(t, s, "A", "map[all:{0 4}]")
	say(t, s, "A", "all", "", "x")
	wantMarks(t, s, "A", "map[all:{1 4}]")
}

// Nor does what was said in the old epoch count for what is said in the new one.
func TestOwnMessagesInANewEpoch(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL()})
	enter(t, s, "A")
	say(t, s, "B", "all", "", "x")
	for range 3 {
		say(t, s, "A", "all", "", "x")
	}
	epoch := s.Epoch()
	server.CLI("del", conversationKey("all")+":h", conversationKey("all")+":s")
	server.CLI("client", "kill", "type", "pubsub")
	redistest.Eventually(t, "a new epoch", func() bool { return s.Err() == nil && s.Epoch() != epoch })
	say(t, s, "A", "all", "", "x")
	wantMarks(t, s, "A", "map[all:{1 0}]")
	say(t, s, "A", "all", "", "x")
	wantMarks(t, s, "A", "map[all:{2 0}]")
}

// Two changes of one connection are made in their order, also if Redis has to be asked first how
// far the conversation goes.
func TestMarksInOrder(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	enter(t, s, "A")
	for i := range 20 {
		conversation := fmt.Sprint("group", i)
		done := make(chan error, 2)
		for _, c := range []chat.MarkChange{{Read: 99, Set: chat.Mute}, {Clear: chat.Mute}} {
			s.Mark("A", conversation, c, nil, func(err error) { done <- err })
		}
		for range 2 {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
	}
	wantMarks(t, s, "A", "map[]")
}
