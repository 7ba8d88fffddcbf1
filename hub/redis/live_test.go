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

func setTopic(t *testing.T, s *Store, user, group, text string) {
	t.Helper()
	done := make(chan error, 1)
	s.SetTopic(chat.Topic{Group: group, Text: text, User: user}, func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func join(t *testing.T, s *Store, user, group string) {
	t.Helper()
	if err := s.join(user, group, func() {}); err != nil {
		t.Fatal(err)
	}
}

// A topic is told to each node that follows the group, once, even if the channel has not
// brought it; a welcome has it.
func TestTopics(t *testing.T) {
	server := redistest.Start(t)
	a, toldA := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	b, toldB := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	enter(t, a, "A")
	enter(t, b, "B")
	join(t, a, "A", "groupX")
	join(t, b, "B", "groupX")
	setTopic(t, a, "A", "groupX", "one, two")
	for _, told := range []*recorder{toldA, toldB} {
		redistest.Eventually(t, "it is told", func() bool { return len(told.about("groupX has the topic ")) == 1 })
		want(t, "topic", told.about("groupX has the topic "), `"one, two", by A`)
	}
	topics := func(s *Store, user string) string {
		w, err := s.Welcome(user, nil, func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(w.Topics)
	}
	if got := topics(b, "B"); got != "map[groupX:one, two]" {
		t.Errorf("the welcome has %s", got)
	}
	c, toldC := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	enter(t, c, "B")
	if got := topics(c, "B"); got != "map[groupX:one, two]" {
		t.Errorf("the welcome has %s", got)
	}
	want(t, "who follows it later", toldC.about("groupX has the topic "))

	server.CLI("hset", conversationKey("groupX")+":h", "topic", "A three")
	server.CLI("client", "kill", "type", "pubsub")
	for _, told := range []*recorder{toldA, toldB} {
		redistest.Eventually(t, "it is told after a gap", func() bool { return len(told.about("groupX has the topic ")) == 2 })
	}
	setTopic(t, b, "B", "groupX", "")
	redistest.Eventually(t, "it is told", func() bool { return len(toldA.about("groupX has the topic ")) == 3 })
	want(t, "topic", toldA.about("groupX has the topic "), `"one, two", by A`, `"three", by A`, `"", by B`)
	if got := topics(a, "A"); got != "map[]" {
		t.Errorf("the welcome has %s", got)
	}

	// "A topic lives as long as its group's history."
	redistest.Eventually(t, "logins are let in again", func() bool { return a.Err() == nil })
	enter(t, a, "D")
	for what, gone := range map[string]bool{"history": false, "no history": true} {
		group := "groupZ" + fmt.Sprint(gone)
		join(t, a, "D", group)
		setTopic(t, a, "D", group, "lasts")
		say(t, a, "D", group, "", "x")
		if err := a.leave("D", group, func() {}); err != nil {
			t.Fatal(err)
		}
		if gone {
			server.CLI("del", conversationKey(group)+":s") // as if an hour had passed
		}
		join(t, a, "D", group)
		if topic := server.CLI("hget", conversationKey(group)+":h", "topic"); (topic == "") != gone {
			t.Errorf("%s: the topic is %q", what, topic)
		}
	}
}

// "A topic lives as long as its group's history": who joins a group of which that has expired is
// not welcomed with the topic, on whatever node.
func TestTopicOfAnExpiredHistory(t *testing.T) {
	server := redistest.Start(t)
	a, told := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	b, _ := node(t, Config{URL: server.URL(), MembershipTTL: time.Hour})
	enter(t, a, "A")
	join(t, a, "A", "groupX")
	setTopic(t, a, "A", "groupX", "old")
	say(t, a, "A", "groupX", "", "x")
	if err := a.leave("A", "groupX", func() {}); err != nil {
		t.Fatal(err)
	}
	server.CLI("del", conversationKey("groupX")+":s") // as if an hour had passed
	enter(t, b, "B")
	for i, s := range []*Store{a, b} {
		user := []string{"A", "B"}[i]
		join(t, s, user, "groupX")
		w, err := s.Welcome(user, nil, func(string) bool { return true })
		if err != nil || len(w.Groups) != 1 || len(w.Topics) > 0 {
			t.Errorf("%s is welcomed with %v in %v, %v", user, w.Topics, w.Groups, err)
		}
	}
	setTopic(t, a, "A", "groupX", "new")
	redistest.Eventually(t, "the new one is told", func() bool {
		all := told.about("groupX has the topic ")
		return len(all) > 0 && all[len(all)-1] == `"new", by A`
	})
}

// Who is typing is told where somebody may see it, and nowhere else; nothing is kept.
func TestTyping(t *testing.T) {
	server := redistest.Start(t)
	a, toldA := node(t, Config{URL: server.URL()})
	b, toldB := node(t, Config{URL: server.URL()})
	c, toldC := node(t, Config{URL: server.URL()})
	enter(t, a, "A")
	enter(t, b, "B")
	enter(t, c, "C")
	join(t, a, "A", "groupX")
	join(t, b, "B", "groupX")
	a.Typing("A", "groupX")
	a.Typing("A", "B")
	a.Typing("A", "nobody")
	redistest.Eventually(t, "B's node is told", func() bool { return len(toldB.about("A is typing to ")) == 2 })
	got := toldB.about("A is typing to ")
	slices.Sort(got)
	want(t, "B", got, "B", "groupX")
	want(t, "C", toldC.about("A is typing to "))
	redistest.Eventually(t, "A's node is told of the group", func() bool { return len(toldA.about("A is typing to ")) == 1 })
	if keys := server.CLI("keys", "*nobody*"); keys != "" {
		t.Errorf("there are %s", keys)
	}
}

// The list of groups is read in pages, by name; and of a group, who is away.
func TestDirectory(t *testing.T) {
	server := redistest.Start(t)
	s, _ := node(t, Config{URL: server.URL()})
	enter(t, s, "A")
	enter(t, s, "B")
	for _, group := range []string{"groupA", "groupP1", "groupP2", "groupP3", "groupQ", "group前端"} {
		join(t, s, "A", group)
	}
	join(t, s, "B", "groupP2")
	setTopic(t, s, "A", "groupP2", "topic")
	s.Exit("B", "")
	if err := s.Reach(); err != nil {
		t.Fatal(err)
	}
	server.CLI("zadd", groupsKey, "0", "groupP21") // has no members
	any := func(string) bool { return true }
	for _, test := range []struct {
		prefix, after string
		limit         int
		may           func(string) bool
		want          string
	}{
		{"", "", 100, any, "groupA groupP1 groupP2 groupP3 groupQ group前端 false"},
		{"groupP", "", 100, any, "groupP1 groupP2 groupP3 false"},
		{"groupP", "", 3, any, "groupP1 groupP2 groupP3 false"},
		{"groupP", "", 2, any, "groupP1 groupP2 true"},
		{"groupP", "groupP1", 1, any, "groupP2 true"},
		{"groupP", "groupP2", 1, any, "groupP3 false"},
		{"groupP", "groupA", 1, any, "groupP1 true"},
		{"groupP", "groupZ", 1, any, "false"},
		{"groupP2", "", 2, any, "groupP2 false"},
		{"group前", "", 2, any, "group前端 false"},
		{"x", "", 2, any, "false"},
		{"", "groupA", 2, func(group string) bool { return group >= "groupP3" }, "groupP3 groupQ true"},
	} {
		groups, more, err := s.Directory(test.prefix, test.after, test.limit, test.may)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range groups {
			got = append(got, g.Group)
		}
		if got := strings.Join(append(got, fmt.Sprint(more)), " "); got != test.want {
			t.Errorf("%+v: got %s", test, got)
		}
	}
	groups, _, err := s.Directory("groupP2", "", 1, any)
	if want := (chat.GroupInfo{Group: "groupP2", Members: 2, Online: 1, Topic: "topic"}); err != nil || groups[0] != want {
		t.Errorf("got %+v, %v", groups, err)
	}
	for group, want := range map[string]string{"groupP2": "[B]", "groupA": "[]", "groupZ": "[]"} {
		if names, _, err := s.MembersAway(group); err != nil || fmt.Sprint(names) != want {
			t.Errorf("away in %s are %v, %v", group, names, err)
		}
	}
	server.CLI("eval", `for i = 1, 5000 do redis.call('HSET', KEYS[1], 'U' .. i, i % 2) end
	for i = 1, 2000 do redis.call('ZADD', KEYS[2], 0, 'groupM' .. i) end`, "2", conversationKey("groupQ")+":m", groupsKey)
	if names, looked, err := s.MembersAway("groupQ"); err != nil || looked < 5000 || len(names) != chat.MaxNames || names[0] != "U10" || names[1] != "U100" || !slices.IsSorted(names) {
		t.Errorf("%d are away, %v, %v", len(names), names[:2], err)
	}
	if groups, more, err := s.Directory("group", "groupB", 2, any); err != nil || more || len(groups) != 5 {
		if len(groups) != 2 || !more {
			t.Errorf("among many: %+v, %v, %v", groups, more, err)
		}
	}
}
