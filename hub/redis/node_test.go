//go:build redis

package redis

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/redistest"
)

// recorder is a chat.Node that writes down what it is told.
type recorder struct {
	behind atomic.Bool

	mu   sync.Mutex
	told []string
}

func (r *recorder) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, fmt.Sprintf(format, args...))
}

func (r *recorder) Deliver(m *chat.Message, _ any) {
	r.note("%s %d %s", m.Conversation, m.Seq, m.Body)
	if m.Now != nil && !m.Now.Deleted {
		r.note("folded: %d", m.Seq)
	}
}

func (r *recorder) Member(user, group string, member bool) {
	r.note("%s in %s: %v", user, group, member)
}

func (r *recorder) Presence(user, where string, _ uint64, online bool) {
	r.note("%s at %s: %v", user, where, online)
}

func (r *recorder) Replace(user string, serial uint64) { r.note("replace %s %d", user, serial) }
func (r *recorder) Kick(user string)                   { r.note("kick %s", user) }
func (r *recorder) Idle(string)                        {}
func (r *recorder) Behind() bool                       { return r.behind.Load() }

func (r *recorder) Marked(user, conversation string, c chat.MarkChange, origin any) {
	r.note("%s marked %s: %+v", user, conversation, c)
	if origin != nil {
		r.note("asked by %v", origin)
	}
}
func (r *recorder) Typing(user, to string) { r.note("%s is typing to %s", user, to) }
func (r *recorder) Topic(group, text, user string) {
	r.note("%s has the topic %q, by %s", group, text, user)
}

func (r *recorder) Renumber() error {
	r.note("renumber")
	return nil
}

// about returns what was told that begins so, in order.
func (r *recorder) about(prefix string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []string
	for _, text := range r.told {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			found = append(found, rest)
		}
	}
	return found
}

// node opens a store that tells a recorder.
func node(t *testing.T, config Config) (*Store, *recorder) {
	t.Helper()
	s, r := open(t, config), new(recorder)
	s.Attach(r)
	return s, r
}

func enter(t *testing.T, s *Store, user string) chat.Entry {
	t.Helper()
	e, err := s.Enter(user, false, true)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// say has a user say something, and waits until that is done.
func say(t *testing.T, s *Store, from, to, id, text string) *chat.Message {
	t.Helper()
	m := &chat.Message{Conversation: to, From: from, To: to, ID: id, Body: []byte(text)}
	if to != chat.Everyone && !chat.ValidGroup(to) {
		m.Conversation = chat.PairOf(from, to)
	}
	said := make(chan error, 1)
	s.Publish(m, nil, func(_ bool, err error) { said <- err })
	if err := <-said; err != nil {
		t.Fatal(err)
	}
	return m
}

func want(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// A subscription that is lost loses and doubles nothing.
func TestLostSubscription(t *testing.T) {
	server := redistest.Start(t)
	a, _ := node(t, Config{URL: server.URL()})
	b, told := node(t, Config{URL: server.URL()})
	enter(t, b, "B")
	const count = 600 // several pages of a sync
	for i := 1; i <= count; i++ {
		if i%100 == 50 {
			server.CLI("client", "kill", "type", "pubsub")
		}
		say(t, a, "A", "all", "", "x")
	}
	redistest.Eventually(t, "B has been told of all", func() bool { return len(told.about("all ")) >= count })
	if err := b.Reach(); err != nil {
		t.Fatal(err)
	}
	for i, text := range told.about("all ") {
		if text != fmt.Sprintf("%d x", i+1) {
			t.Fatalf("message %d is %q", i+1, text)
		}
	}
}

// A node that is behind is told of nothing, but of what one answer of Redis had already. Redis
// gives up on it, and it is told of the rest later.
func TestNodeIsBehind(t *testing.T) {
	server := redistest.Start(t, "client-output-buffer-limit pubsub 1mb 512kb 1")
	a, _ := node(t, Config{URL: server.URL()})
	b, told := node(t, Config{URL: server.URL()})
	enter(t, b, "B")
	say(t, a, "A", "all", "", "1")
	redistest.Eventually(t, "B has been told", func() bool { return len(told.about("all ")) == 1 })
	told.behind.Store(true)
	body := strings.Repeat("x", 100<<10)
	const count = 100 // more than all buffers take
	for i := 2; i <= count; i++ {
		say(t, a, "A", "all", "", fmt.Sprint(i, body))
	}
	if n := len(told.about("all ")); n > count/2 {
		t.Errorf("B has been told of %d messages", n)
	}
	told.behind.Store(false)
	redistest.Eventually(t, "B has been told of all", func() bool { return len(told.about("all ")) >= count })
	for i, text := range told.about("all ") {
		if want := fmt.Sprintf("%d %d", i+1, i+1); strings.TrimRight(text, "x") != want {
			t.Fatalf("message %d is %.20q", i+1, text)
		}
	}
}

// Messages that the channel has not brought are fetched when it brings a later one, and
// nothing is told twice.
func TestHole(t *testing.T) {
	server := redistest.Start(t)
	s, told := node(t, Config{URL: server.URL()})
	enter(t, s, "A")
	if err := s.join("A", "groupX", func() {}); err != nil {
		t.Fatal(err)
	}
	key := conversationKey("groupX")
	server.CLI("eval", `for n = 1, 3 do
		redis.call('XADD', KEYS[1] .. ':s', n .. '-0', 'd', 'tB' .. string.char(0, 0) .. 'x', 't', '1')
		redis.call('HSET', KEYS[1] .. ':h', 'n', n)
	end
	redis.call('SPUBLISH', KEYS[1], 'm 3 1 tB' .. string.char(0, 0) .. 'x')`, "1", key)
	say(t, s, "A", "groupX", "", "y")
	if err := s.Reach(); err != nil {
		t.Fatal(err)
	}
	want(t, "groupX", told.about("groupX "), "1 x", "2 x", "3 x", "4 y")
}

// The same ID on another node gets the first answer, and only within the
// conversation it was used in.
func TestRepeatedElsewhere(t *testing.T) {
	server := redistest.Start(t)
	a, _ := node(t, Config{URL: server.URL()})
	b, told := node(t, Config{URL: server.URL()})
	enter(t, a, "A")
	enter(t, b, "A")
	first := say(t, a, "A", "all", "7", "x")
	say(t, a, "A", "all", "8", "y")
	again := say(t, b, "A", "all", "7", "x")
	if again.Seq != first.Seq || first.Seq != 1 {
		t.Errorf("got %d, then %d", first.Seq, again.Seq)
	}
	if err := b.Reach(); err != nil {
		t.Fatal(err)
	}
	want(t, "told", told.about("all "), "1 x", "2 y")
}

// What could not be done in time is not done later: the sender has been told.
func TestTooLate(t *testing.T) {
	server := redistest.Start(t)
	s, told := node(t, Config{URL: server.URL()})
	enter(t, s, "A")
	s.clock.offset.Add(-time.Minute.Microseconds())
	said := make(chan error, 1)
	s.Publish(&chat.Message{Conversation: "all", From: "A", To: "all", Body: []byte("x")}, nil, func(_ bool, err error) { said <- err })
	if err := <-said; err != chat.ErrUnavailable {
		t.Errorf("got %v", err)
	}
	if messages, _, err := s.History("all", chat.Query{Limit: 1}); len(messages) > 0 || err != nil {
		t.Errorf("kept: %v, %v", messages, err)
	}
	want(t, "told", told.about("all "))
}

// PROTOCOL 6: who has been away for longer than the TTL is a member of nothing and
// known to nobody, even if no node has found out yet.
func TestForgotten(t *testing.T) {
	server := redistest.Start(t)
	const ttl = 200 * time.Millisecond
	a, told := node(t, Config{URL: server.URL(), MembershipTTL: ttl})
	b, _ := node(t, Config{URL: server.URL(), MembershipTTL: ttl})
	enter(t, a, "A")
	enter(t, b, "B")
	for user, s := range map[string]*Store{"A": a, "B": b} {
		if err := s.join(user, "groupX", func() {}); err != nil {
			t.Fatal(err)
		}
	}
	b.Exit("B", "")
	redistest.Eventually(t, "the others are told that B is no member", func() bool {
		return slices.Contains(told.about("B in groupX: "), "false")
	})
	said := make(chan error, 1)
	a.Publish(&chat.Message{Conversation: "A,B", From: "A", To: "B", Body: []byte("x")}, nil, func(_ bool, err error) { said <- err })
	if err := <-said; !errors.Is(err, chat.ErrNotOnline) {
		t.Errorf("got %v", err)
	}
	if e := enter(t, b, "B"); len(e.Groups) > 0 {
		t.Errorf("B is a member of %v", e.Groups)
	}
	groups, n, err := a.Groups()
	if err != nil || n != 1 || groups[0] != (chat.GroupInfo{Group: "groupX", Members: 1, Online: 1}) {
		t.Errorf("%v, %d, %v", groups, n, err)
	}
}

// A node knows the time of Redis only about: whom it finds due too early, it finds
// again later.
func TestForgottenTooEarly(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	enter(t, s, "A")
	s.Exit("A", "")
	redistest.Eventually(t, "A is to be forgotten", func() bool {
		return server.CLI("zadd", dueKey, "XX", "CH", "1", "A") == "1" // as if it were long ago
	})
	s.forgetUsers()
	if err := s.Reach(); err != nil {
		t.Fatal(err)
	}
	if at := server.CLI("zscore", dueKey, "A"); at != "1" {
		t.Errorf("A is due at %q", at)
	}
	enter(t, s, "A") // who is here is not due
	s.forgetUsers()
	redistest.Eventually(t, "A is not to be forgotten", func() bool {
		return server.CLI("zscore", dueKey, "A") == ""
	})
}

// However many are due, they are all forgotten.
func TestForgetsMany(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	const many = 2*batch + 1
	server.CLI("eval", `for i = 1, ARGV[2] do
		redis.call('ZADD', ARGV[1], 1, 'A' .. i)
		redis.call('HSET', 'wschat:{u:A' .. i .. '}:h', 'seen', 1, 't', 0)
	end`, "0", dueKey, fmt.Sprint(many))
	s.forgetUsers()
	if n := server.CLI("zcard", dueKey); n != "0" {
		t.Errorf("%s of %d are not forgotten", n, many)
	}
	if ttl := server.CLI("ttl", userKey("A7")+":h"); ttl == "-1" {
		t.Error("A7 is not forgotten")
	}
}

// uninterrupted has a store believe that it has reached Redis for a long time.
func uninterrupted(s *Store) { s.interrupt(time.Now().Add(-2 * leaseTime)) }

// A node that is not heard of any more: others take its users offline, once; one
// who is connected elsewhere, too, stays.
func TestDeadNode(t *testing.T) {
	server := redistest.Start(t)
	a, told := node(t, Config{URL: server.URL()})
	c, _ := node(t, Config{URL: server.URL()})
	dead, err := Open(Config{URL: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	dead.Attach(new(recorder))
	redistest.Eventually(t, "Redis is reached", func() bool { return dead.Err() == nil })
	enter(t, a, "A")
	enter(t, dead, "B")
	enter(t, dead, "A")
	close(dead.stop)
	dead.keeper.Wait()
	dead.client.Close()
	server.CLI("zadd", nodesKey+":lease", "1", dead.id) // as if it were long ago
	for _, s := range []*Store{a, c} {
		uninterrupted(s)
		s.renew()
	}
	redistest.Eventually(t, "B is offline", func() bool {
		names, _, err := a.Who("")
		return err == nil && slices.Equal(names, []string{"A"})
	})
	if err := a.Reach(); err != nil {
		t.Fatal(err)
	}
	want(t, "B", told.about("B at all: "), "true", "false")
	want(t, "A", told.about("A at all: "), "true")
	if users, _, err := a.Users(); err != nil || !slices.Equal(users, []chat.UserInfo{{User: "A", Connections: 1}}) {
		t.Errorf("%v, %v", users, err)
	}
	if left := server.CLI("zcard", nodesKey+":lease"); left != "2" {
		t.Errorf("%s nodes are left", left)
	}
}

// A node that was taken for dead puts its users back.
func TestTakenForDead(t *testing.T) {
	server := redistest.Start(t)
	a, told := node(t, Config{URL: server.URL()})
	b, _ := node(t, Config{URL: server.URL()})
	enter(t, a, "A")
	enter(t, b, "B")
	if err := b.join("B", "groupX", func() {}); err != nil {
		t.Fatal(err)
	}
	server.CLI("zadd", nodesKey+":lease", "1", b.id)
	uninterrupted(a)
	a.renew()
	redistest.Eventually(t, "B is offline", func() bool { return slices.Contains(told.about("B at all: "), "false") })
	b.renew()
	names, count, err := a.Who("groupX")
	if err != nil || count != 1 || names[0] != "B" {
		t.Errorf("online in groupX: %v, %d, %v", names, count, err)
	}
	if err := a.Reach(); err != nil {
		t.Fatal(err)
	}
	want(t, "B", told.about("B at all: "), "true", "false", "true")
	b.Exit("B", "")
	redistest.Eventually(t, "B is offline", func() bool { return len(told.about("B at all: ")) == 4 })
}

// A Redis that has lost its last moments is told again who is here and who is not.
func TestLastMomentsLost(t *testing.T) {
	server := redistest.Start(t)
	s, told := node(t, Config{URL: server.URL()})
	enter(t, s, "A")
	u, n := userKey("B"), nodeKey(s.id)
	server.CLI("hset", u+":h", "t", "1", "@"+s.id, "1", "gen", "1") // B's exit is lost
	server.CLI("sadd", n, "B")
	server.CLI("zadd", conversationKey("all")+":o", "0", "B")
	server.CLI("hset", conversationKey("all")+":m", "B", "1")
	server.CLI("del", userKey("A")+":h") // and A's login
	server.CLI("srem", n, "A")
	server.CLI("client", "kill", "type", "normal", "skipme", "yes")
	redistest.Eventually(t, "B is offline and A online", func() bool {
		users, _, err := s.Users()
		return err == nil && slices.Equal(users, []chat.UserInfo{{User: "A", Connections: 1}})
	})
	redistest.Eventually(t, "A alone is at the node", func() bool { return server.CLI("smembers", n) == "A" })
	want(t, "B", told.about("B at all: ")) // the node had told both
	want(t, "A", told.about("A at all: "), "true")
}

// What a user joined and left on another node, while this one could not hear it.
func TestMembershipMissed(t *testing.T) {
	server := redistest.Start(t)
	s, told := node(t, Config{URL: server.URL()})
	enter(t, s, "A")
	if err := s.join("A", "groupOld", func() {}); err != nil {
		t.Fatal(err)
	}
	old, new := conversationKey("groupOld"), conversationKey("groupNew")
	server.CLI("srem", userKey("A")+":g", "groupOld")
	server.CLI("hdel", old+":m", "A")
	server.CLI("sadd", userKey("A")+":g", "groupNew")
	server.CLI("hset", new+":m", "A", "1")
	server.CLI("client", "kill", "type", "pubsub")
	redistest.Eventually(t, "it is told of both", func() bool {
		return len(told.about("A in groupNew: ")) > 0 && len(told.about("A in groupOld: ")) > 1
	})
	want(t, "groupNew", told.about("A in groupNew: "), "true")
	want(t, "groupOld", told.about("A in groupOld: "), "true", "false")
	say(t, s, "B", "groupNew", "", "x")
	redistest.Eventually(t, "what is said in the new one is heard", func() bool { return len(told.about("groupNew ")) == 1 })
}

// If only a part of the data is lost, as with one master of a cluster, there is a
// new epoch, but only what is lost begins anew.
func TestPartOfTheDataLost(t *testing.T) {
	server := redistest.Start(t)
	s, told := node(t, Config{URL: server.URL()})
	enter(t, s, "A")
	for _, group := range []string{"groupX", "groupY", "groupZ"} {
		if err := s.join("A", group, func() {}); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			say(t, s, "A", group, "", "before")
		}
	}
	epoch := s.Epoch()
	x, z := conversationKey("groupX"), conversationKey("groupZ")
	server.CLI("del", x+":h", x+":s", x+":m", x+":o")
	server.CLI("hset", z+":h", "n", "2") // the last message only, as after a failover
	server.CLI("eval", `local list = redis.call('XRANGE', KEYS[1], '-', '2-0')
	redis.call('DEL', KEYS[1])
	for _, m in ipairs(list) do redis.call('XADD', KEYS[1], m[1], unpack(m[2])) end`, "1", z+":s")
	server.CLI("client", "kill", "type", "pubsub")
	redistest.Eventually(t, "a new epoch", func() bool { return s.Err() == nil && s.Epoch() != epoch })
	for _, group := range []string{"groupX", "groupY", "groupZ"} {
		say(t, s, "A", group, "", "after")
	}
	if err := s.Reach(); err != nil {
		t.Fatal(err)
	}
	want(t, "groupX", told.about("groupX "), "1 before", "2 before", "3 before", "1 after")
	want(t, "groupY", told.about("groupY "), "1 before", "2 before", "3 before", "4 after")
	want(t, "groupZ", told.about("groupZ "), "1 before", "2 before", "3 before", "3 after")
	if names, _, err := s.Who("groupX"); err != nil || !slices.Equal(names, []string{"A"}) {
		t.Errorf("online in groupX: %v, %v", names, err)
	}
	if n := len(told.about("renumber")); n != 1 {
		t.Errorf("renumbered %d times", n)
	}
}

// Several entries and exits of one user at the same time, on several nodes, end
// with the right count, and are told by turns.
func TestManyEntries(t *testing.T) {
	server := redistest.Start(t)
	watcher, told := node(t, Config{URL: server.URL()})
	enter(t, watcher, "W")
	stores := []*Store{watcher, open(t, Config{URL: server.URL()}), open(t, Config{URL: server.URL()})}
	var busy sync.WaitGroup
	for i := range 30 {
		s := stores[i%3]
		busy.Go(func() {
			for range 20 {
				if _, err := s.Enter("A", false, false); err != nil {
					t.Error(err)
					return
				}
				s.Exit("A", "")
			}
		})
	}
	busy.Wait()
	enter(t, stores[1], "A")
	for range 2 {
		for _, s := range stores {
			if err := s.Reach(); err != nil {
				t.Fatal(err)
			}
		}
	}
	users, _, err := watcher.Users()
	if err != nil || !slices.Equal(users, []chat.UserInfo{{User: "A", Connections: 1}, {User: "W", Connections: 1}}) {
		t.Errorf("%v, %v", users, err)
	}
	online := "false"
	for i, text := range told.about("A at all: ") {
		if text == online {
			t.Fatalf("event %d says %s again", i, text)
		}
		online = text
	}
	if online != "true" {
		t.Error("A is said to be offline")
	}
}
