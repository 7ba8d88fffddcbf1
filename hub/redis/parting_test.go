//go:build redis

package redis

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/redistest"
)

// Ever new groups that are left behind leave nothing for ever.
func TestAbandonedGroups(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL(), Keep: 1000, MembershipTTL: time.Hour})
	set := func(user, group string, member bool) {
		s.SetMember(user, group, member, func() {}, func(err error) {
			if err != nil {
				t.Error(err)
			}
		})
	}
	enter(t, s, "B")
	set("B", "groupB", true)
	say(t, s, "B", "groupB", "", "x")
	var users sync.WaitGroup
	for i := range 30 {
		user := fmt.Sprint("A", i)
		enter(t, s, user)
		users.Go(func() {
			for n := range 100 {
				group := fmt.Sprintf("group%d.%d", i, n)
				set(user, group, true)
				if n%2 == 0 {
					if err := publish(s, user, group, []byte("x")); err != nil {
						t.Error(err)
					}
				}
				set(user, group, false)
			}
		})
	}
	users.Wait()
	const lasting = `local found = {}
		for _, key in ipairs(redis.call('KEYS', 'wschat:{c:group*')) do
			if redis.call('PTTL', key) < 0 then found[#found + 1] = key end
		end
		table.sort(found)
		return table.concat(found, ' ')`
	want := "wschat:{c:groupB}:h wschat:{c:groupB}:m wschat:{c:groupB}:o wschat:{c:groupB}:s"
	if got := server.CLI("eval", lasting, "0"); got != want {
		t.Errorf("these last: %.1000s", got)
	}

	// Who comes back finds the messages, and stays.
	set("A0", "group0.0", true)
	if m := say(t, s, "A0", "group0.0", "", "again"); m.Seq != 2 || kept(t, s, "group0.0") != 2 {
		t.Errorf("it goes on with %d, %d are kept", m.Seq, kept(t, s, "group0.0"))
	}
	for _, part := range []string{":h", ":s"} {
		if got := server.CLI("ttl", conversationKey("group0.0")+part); got != "-1" {
			t.Errorf("%s ends in %s s", part, got)
		}
	}
	set("A0", "group0.0", false)
	server.CLI("del", conversationKey("group0.0")+":s") // as if an hour had passed
	set("A0", "group0.0", true)
	if m := say(t, s, "A0", "group0.0", "", "again"); m.Seq != 3 || kept(t, s, "group0.0") != 1 {
		t.Errorf("it goes on with %d, %d are kept", m.Seq, kept(t, s, "group0.0"))
	}
}

// Who leaves too many groups behind may join no more, and nobody else is refused.
func TestTooManyLeftBehind(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	join := func(user, group string) (err error) {
		s.SetMember(user, group, true, func() {}, func(e error) { err = e })
		return err
	}
	enter(t, s, "A")
	enter(t, s, "B")
	if err := join("A", "group1"); err != nil {
		t.Fatal(err)
	}
	s.SetMember("A", "group1", false, func() {}, func(error) {})
	if err := s.Reach(); err != nil {
		t.Fatal(err)
	}
	key := userKey("A") + ":h"
	if got := server.CLI("hget", key, "l"); got != "1" {
		t.Errorf("A has left %s groups", got)
	}
	server.CLI("hincrby", key, "l", fmt.Sprint(maxLeft-1))
	if err := join("A", "group2"); !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	if err := join("B", "group2"); err != nil {
		t.Error(err)
	}
}

// A private conversation ends when nothing is known of both users, and goes on if they
// write again.
func TestParting(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	forget := func(user string) {
		t.Helper()
		left(t, s, user)
		server.CLI("hset", userKey(user)+":h", "seen", "1")
		server.CLI("zadd", dueKey, "1", user)
		s.forgetUsers()
	}
	want := func(what string, lasts bool, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if ttl := server.CLI("ttl", conversationKey("A,B")+part); (ttl == "-1") != lasts {
				t.Errorf("%s: %s ends in %s s", what, part, ttl)
			}
		}
	}
	left(t, s, "A", "B")
	say(t, s, "A", "B", "", "x")
	left(t, s, "A", "B")
	forget("A")
	want("B is known", true, ":h", ":s")
	forget("B")
	want("nobody is", false, ":h", ":s")
	if got := server.CLI("keys", "wschat:{u:*:p"); got != "" {
		t.Errorf("there is %s", got)
	}
	left(t, s, "A", "B")
	want("they are back", false, ":h", ":s")
	if m := say(t, s, "B", "A", "", "y"); m.Seq != 2 || kept(t, s, "A,B") != 2 {
		t.Errorf("it goes on with %d, %d are kept", m.Seq, kept(t, s, "A,B"))
	}
	want("they write", true, ":h", ":s")
	say(t, s, "A", "A", "", "to oneself")
	forget("A")
	if ttl := server.CLI("ttl", conversationKey("A,A")+":s"); ttl == "-1" {
		t.Error("what A wrote to A stays")
	}
}
