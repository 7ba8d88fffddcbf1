package hub

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/store"
)

// PROTOCOL 8: users and groups, sorted.
func TestUsersAndGroups(t *testing.T) {
	s := start(t, loop.Config{Loops: 2}, silent)
	if users, n, _ := s.engine.Users(); users == nil || len(users) != 0 || n != 0 {
		t.Errorf("got %v, %d of nobody", users, n) // not nil: JSON would show null
	}
	if groups, n, _ := s.engine.Groups(); groups == nil || len(groups) != 0 || n != 0 {
		t.Errorf("got %v, %d of none", groups, n)
	}
	b, a, c := s.client("B"), s.client("A"), s.client("张三")
	s.client("A")
	b.say("join,groupZ", "join,groupB")
	b.want("系统:已加入 groupZ", "系统:已加入 groupB")
	a.say("join,groupZ")
	a.want("系统:已加入 groupZ")
	c.say("join,groupC", "leave,groupC")
	c.want("系统:已加入 groupC", "系统:已离开 groupC")
	b.conn.Close()
	s.gone("B")
	users, n, _ := s.engine.Users()
	if want := []chat.UserInfo{{User: "A", Connections: 2}, {User: "张三", Connections: 1}}; !slices.Equal(users, want) || n != 2 {
		t.Errorf("got %v, %d, want %v", users, n, want)
	}
	groups, n, _ := s.engine.Groups()
	if want := []chat.GroupInfo{{Group: "groupB", Members: 1, Online: 0}, {Group: "groupZ", Members: 2, Online: 1}}; !slices.Equal(groups, want) || n != 2 {
		t.Errorf("got %v, %d, want %v", groups, n, want)
	}
	if users, groups := s.engine.Counts(); !spread(t) && (users != 2 || groups != 2) {
		t.Errorf("got %d, %d", users, groups)
	}
}

// PROTOCOL 8: "at most 1,000", and the count is the whole.
func TestManyUsersAndGroups(t *testing.T) {
	s := start(t, loop.Config{Loops: 1}, silent)
	const many = 1234
	for i := range many {
		name := fmt.Sprintf("%04d", i)
		s.present(name, "group"+name)
		s.present(name, "group"+name)
	}
	users, n, _ := s.engine.Users()
	if len(users) != 1000 || n != many || users[0] != (chat.UserInfo{User: "0000", Connections: 2}) || users[999] != (chat.UserInfo{User: "0999", Connections: 2}) {
		t.Errorf("got %d of %d, %v to %v", len(users), n, users[0], users[len(users)-1])
	}
	groups, n, _ := s.engine.Groups()
	if len(groups) != 1000 || n != many || groups[0] != (chat.GroupInfo{Group: "group0000", Members: 1, Online: 1}) || groups[999] != (chat.GroupInfo{Group: "group0999", Members: 1, Online: 1}) {
		t.Errorf("got %d of %d, %v to %v", len(groups), n, groups[0], groups[len(groups)-1])
	}
}

// PROTOCOL 8: all connections of a user are closed with 1008.
func TestKick(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, setup{})
		b := s.client("B")
		all := []*client{s.client("A"), s.client("A"), s.client("A")}
		b.want("用户(A)登录了")
		for _, nobody := range []string{"C", "", "all", "groupA", "a"} {
			if n, _ := s.engine.Kick(nobody, 0); n != 0 {
				t.Errorf("%d connections of %q", n, nobody)
			}
		}
		if n, _ := s.engine.Kick("A", 0); n != len(all) {
			t.Errorf("%d connections, want %d", n, len(all))
		}
		for _, c := range all {
			c.wantClose(frame.PolicyViolation)
		}
		b.want("用户(A)退出了")
		if n, _ := s.engine.Kick("A", 0); n != 0 { // known, but away
			t.Errorf("%d connections of who is away", n)
		}
		quiet(b)
		s.client("A")
		b.want("用户(A)登录了")
	})
}

// A connection that is just being made is closed, too.
func TestKickWhileEntering(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	near, far, err := s.connect()
	if err != nil {
		t.Fatal(err)
	}
	handler := s.handler(Access{User: "A"})
	if n, _ := s.engine.Kick("A", 0); n != 1 {
		t.Errorf("%d connections", n)
	}
	s.settle()
	if err := s.loops.Add(loop.Arrival{Conn: far, Handler: handler}); err != nil {
		t.Fatal(err)
	}
	newClient(t, "A", near).wantClose(frame.PolicyViolation)
	s.gone("A")
}

// PROTOCOL 8: kick with for. The user need not be online, and the last ban counts.
func TestBan(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	a, b := s.client("A"), s.client("B")
	enter := func(user string) error {
		handler, err := s.nextHub().Enter(Access{User: user})
		if err == nil {
			s.Abandon(handler)
		}
		return err
	}
	for user, connections := range map[string]int{"A": 1, "Never": 0} {
		if n, err := s.engine.Kick(user, time.Hour); n != connections || err != nil {
			t.Errorf("kick %s: %d, %v", user, n, err)
		}
		for range 3 { // on every node
			if err := enter(user); !errors.Is(err, chat.ErrBanned) {
				t.Errorf("%s enters: %v", user, err)
			}
		}
	}
	a.wantClose(frame.PolicyViolation)
	s.gone("A")
	if _, err := s.engine.Kick("A", 0); err != nil {
		t.Error(err)
	}
	if err := enter("A"); !errors.Is(err, chat.ErrBanned) {
		t.Errorf("a kick without for has ended the ban: %v", err)
	}
	if _, err := s.engine.Kick("A", time.Nanosecond); err != nil {
		t.Error(err)
	}
	eventually(t, "the ban is over", func() bool { return enter("A") == nil })
	if err := enter("Never"); !errors.Is(err, chat.ErrBanned) {
		t.Errorf("Never enters: %v", err)
	}
	quiet(b)
}

// PROTOCOL 8: "from need not be online and does not join the group".
func TestPublish(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		s.away("C")
		all := s.clients("A", "B")
		a, b := all[0], all[1]
		a.say("join,groupX")
		a.want("系统:已加入 groupX")
		for _, row := range []struct {
			from, to string
			seq      uint64
			offline  bool
			err      error
		}{
			{"bot", chat.Everyone, 1, false, nil},
			{"A", chat.Everyone, 2, false, nil},
			{"bot", "groupX", 1, false, nil},
			{"B", "groupX", 2, false, nil},
			{"bot", "groupY", 1, false, nil}, // which nobody is in
			{"bot", "A", 1, false, nil},
			{"A", "bot", 0, false, chat.ErrNotOnline.About("bot")}, // who has published, but was never here
			{"B", "A", 1, false, nil},
			{"A", "B", 2, false, nil}, // the same conversation
			{"A", "A", 1, false, nil},
			{"bot", "C", 1, true, nil},
			{"bot", "C", 2, true, nil},
			{"bot", "D", 0, false, chat.ErrNotOnline.About("D")},
			{"all", "A", 0, false, chat.ErrBadUser},
			{"", "A", 0, false, chat.ErrBadUser},
			{"groupX", "A", 0, false, chat.ErrBadUser},
			{"bot", "", 0, false, chat.ErrBadUser},
			{"bot", "who", 0, false, chat.ErrBadUser},
			{"bot", "group", 0, false, chat.ErrBadGroup},
		} {
			seq, offline, err := s.Publish(row.from, row.to, "text")
			s.settle() // conversations have no order among them
			if seq != row.seq || offline != row.offline || !errors.Is(err, row.err) {
				t.Errorf("%s to %s: got %d, %v, %v, want %+v", row.from, row.to, seq, offline, err, row)
			}
		}
		if _, _, err := s.Publish("bot", "A", ""); !errors.Is(err, chat.ErrEmptyBody) {
			t.Errorf("empty: got %v", err)
		}
		a.want("用户(bot=>A):text", "用户(A=>A):text", "用户(bot=>A):text", "用户(B=>A):text",
			"用户(bot=>A):text", "用户(B=>A):text", "用户(A=>A):text")
		b.want("用户(bot=>B):text", "用户(A=>B):text", "用户(A=>B):text")
		a.say("who,groupX", "history,groupX")
		a.want("系统:在线 1: A", "用户(bot=>A):text", "用户(B=>A):text")
		quiet(a, b)
		s.raw("C").want("用户(bot=>C):text", "用户(bot=>C):text")
	})
}

// unstored is a Store that keeps nothing for now.
type unstored struct{ chat.Store }

func (unstored) Append(_ *chat.Message, stored func(error)) { stored(errors.New("disk full")) }

func TestPublishUnavailable(t *testing.T) {
	s := start(t, loop.Config{}, setup{Presence: chat.ToNone, Store: unstored{store.New(0)}})
	a := s.client("A")
	if _, _, err := s.Publish("bot", chat.Everyone, "text"); !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	quiet(a)
}
