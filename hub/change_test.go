package hub

import (
	"fmt"
	"testing"
	"time"

	"wschat/hub/chat"
	"wschat/hub/loop"
)

// What a hub does with a registry that takes its time.

func joinOf(id, group string) string {
	return fmt.Sprintf(`{"op":"join","id":%q,"group":%q}`, id, group)
}
func leaveOf(id, group string) string {
	return fmt.Sprintf(`{"op":"leave","id":%q,"group":%q}`, id, group)
}
func done(id string) string { return fmt.Sprintf(`{"event":"ack","id":%q}`, id) }
func joined(group, user string) string {
	return fmt.Sprintf(`{"event":"joined","group":%q,"user":%q}`, group, user)
}
func left(group, user string) string {
	return fmt.Sprintf(`{"event":"left","group":%q,"user":%q}`, group, user)
}
func membersOf(id, group, users string, count int) string {
	return fmt.Sprintf(`{"event":"members","id":%q,"group":%q,"users":[%s],"count":%d}`, id, group, users, count)
}
func whoOf(id, group string) string {
	return fmt.Sprintf(`{"op":"who","id":%q,"group":%q}`, id, group)
}

// registered starts a hub with such a registry.
func registered(t *testing.T, test func(t *testing.T, s *server, r *delayedRegistry)) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		r := newDelayedRegistry(t)
		test(t, start(t, driver, setup{Presence: chat.ToNone, Store: r}), r)
	})
}

// PROTOCOL 5: an acknowledged join or leave is as safe as an acknowledged message:
// until it is stored nobody is told of it, and it does not hold; what its client asks
// for behind it comes behind it.
func TestChangeHoldsWhenItIsStored(t *testing.T) {
	registered(t, func(t *testing.T, s *server, r *delayedRegistry) {
		all := s.programs("A", "B")
		a, b, l := all[0], all[1], s.client("L")
		b.say(joinOf("1", "groupX"))
		b.wantsBoth(joined("groupX", "B"), done("1"))
		r.hold()
		a.say(joinOf("2", "groupX"), whoOf("3", "groupX"))
		l.say("join,groupX", "who,groupX")
		r.underWay(t, 2)
		b.say(whoOf("4", "groupX"))
		b.wants(membersOf("4", "groupX", `"B"`, 1))
		r.release()
		for _, p := range all {
			p.pending = nil
		}
		wantSet(t, b, joined("groupX", "A"), joined("groupX", "L"))
		l.want("系统:已加入 groupX")
		l.next() // who, which may be before or behind A
		eventually(t, "A is a member", func() bool { return r.remembers("A in groupX: true") })
		b.say(whoOf("5", "groupX"))
		b.wants(membersOf("5", "groupX", `"A","B","L"`, 3))
		a.sync()
		a.pending = nil

		r.hold()
		a.say(leaveOf("6", "groupX"), `{"op":"history","id":"7","of":"groupX"}`)
		r.underWay(t, 1)
		b.say(whoOf("8", "groupX"), `{"op":"send","to":"groupX","text":"x"}`)
		b.wants(membersOf("8", "groupX", `"A","B","L"`, 3))
		r.underWay(t, 2) // the message is ahead of L
		l.say("leave,groupX")
		r.underWay(t, 3)
		r.release()
		a.wantsBoth(left("groupX", "A"), done("6")) // and not the message, which has its number behind that
		a.wants(errorOf("7", "not_member"))
		b.wants(left("groupX", "A"), messageText(1, "B", "groupX", "x"), left("groupX", "L"))
		l.want("用户(B=>L):x", "系统:已离开 groupX")
		calm(all...)
		quiet(l)
	})
}

// wantSet reads two events in whatever order.
func wantSet(t *testing.T, p *program, one, two string) {
	t.Helper()
	got := plain(t, p.event())
	if fmt.Sprint(got) != fmt.Sprint(plain(t, parse(t, []byte(one)))) {
		one, two = two, one
	}
	if fmt.Sprint(got) != fmt.Sprint(plain(t, parse(t, []byte(one)))) {
		t.Fatalf("%s got %v", p.name, got)
	}
	p.wants(two)
}

// What cannot be stored is unavailable, and everything is as it was.
func TestChangeThatIsNotStored(t *testing.T) {
	registered(t, func(t *testing.T, s *server, r *delayedRegistry) {
		all := s.programs("A", "B")
		a, b, l := all[0], all[1], s.client("L")
		b.say(joinOf("1", "groupX"))
		b.wantsBoth(joined("groupX", "B"), done("1"))
		r.breaks(errFullDisk)
		a.say(joinOf("2", "groupX"), `{"op":"send","id":"3","to":"groupX","text":"x"}`, leaveOf("4", "groupX"))
		a.wants(errorOf("2", "unavailable"), errorOf("3", "unavailable"), errorOf("4", "not_member"))
		l.say("join,groupX", "groupX,x", "leave,groupX")
		l.want("错误:暂时无法发送", "错误:暂时无法发送", "错误:你不在 groupX 中")
		b.say(leaveOf("5", "groupX"), joinOf("6", "groupX"), whoOf("7", "groupX"))
		b.wants(errorOf("5", "unavailable"), done("6"), membersOf("7", "groupX", `"B"`, 1))
		r.breaks(nil)
		a.say(`{"op":"send","id":"3","to":"groupX","text":"x"}`)
		a.wants(joined("groupX", "A"))
		a.wantsBoth(messageText(1, "A", "groupX", "x"), ackOf("3", 1))
		b.wants(joined("groupX", "A"), messageText(1, "A", "groupX", "x"))
		calm(all...)
		quiet(l)
	})
}

// A send to a group joins it first: when it is acknowledged the membership is stored.
// So it is if the sender has gone meanwhile.
func TestSendJoinsFirst(t *testing.T) {
	registered(t, func(t *testing.T, s *server, r *delayedRegistry) {
		all := s.programs("A", "B")
		a, b := all[0], all[1]
		b.say(joinOf("1", "groupX"))
		b.wantsBoth(joined("groupX", "B"), done("1"))
		r.hold()
		send := `{"op":"send","id":"2","to":"groupX","text":"x"}`
		a.say(send, send, `{"op":"history","id":"3","of":"groupY"}`)
		r.underWay(t, 1)
		calm(b)
		a.reset()
		r.release()
		b.wants(joined("groupX", "A"), messageText(1, "A", "groupX", "x"))
		if !r.remembers("A in groupX: true") {
			t.Errorf("remembered is %q", r.log)
		}
		s.gone("A")
		again, welcome := s.welcomed(Access{User: "A"})
		if fmt.Sprint(welcome["groups"]) != "[groupX]" {
			t.Errorf("%v", welcome)
		}
		again.say(send)
		again.wants(ackOf("2", 1))
		calm(again, b)
	})
}

// Several connections of a user may ask for the same, or for the opposite, at the
// same time.
func TestChangesOfOneUser(t *testing.T) {
	registered(t, func(t *testing.T, s *server, r *delayedRegistry) {
		all := s.programs("A", "A", "B")
		one, two, b := all[0], all[1], all[2]
		b.say(joinOf("1", "groupX"))
		b.wantsBoth(joined("groupX", "B"), done("1"))
		r.hold()
		one.say(joinOf("2", "groupX"))
		r.underWay(t, 1)
		two.say(joinOf("3", "groupX"))
		r.underWay(t, 2)
		r.release()
		b.wants(joined("groupX", "A"))
		one.wantsBoth(joined("groupX", "A"), done("2"))
		two.wantsBoth(joined("groupX", "A"), done("3"))

		r.hold()
		one.say(leaveOf("4", "groupX"))
		r.underWay(t, 1)
		two.say(joinOf("5", "groupX")) // is one, and that is safe
		two.wants(done("5"))
		two.say(leaveOf("6", "groupX"))
		r.underWay(t, 2)
		r.release()
		b.wants(left("groupX", "A"))
		one.wantsBoth(left("groupX", "A"), done("4"))
		two.wants(left("groupX", "A"), errorOf("6", "not_member"))
		calm(all...)
	})
}

// The bound of groups holds for joins that are under way together.
func TestManyGroupsAtOnce(t *testing.T) {
	registered(t, func(t *testing.T, s *server, r *delayedRegistry) {
		all := s.programs("A", "A")
		for i := range chat.MaxGroups - 1 {
			all[0].say(fmt.Sprintf(`{"op":"join","group":"group%d"}`, i))
		}
		for _, p := range all {
			p.sync()
		}
		eventually(t, "all are joined", func() bool { return r.remembers(fmt.Sprintf("A in group%d: true", chat.MaxGroups-2)) })
		for _, p := range all {
			p.sync()
			p.pending = nil
		}
		r.hold()
		all[0].say(joinOf("1", "groupX"))
		r.underWay(t, 1)
		all[1].say(joinOf("2", "groupY"))
		r.underWay(t, 2)
		r.release()
		all[0].wantsBoth(joined("groupX", "A"), done("1"))
		all[1].wants(joined("groupX", "A"), errorOf("2", "forbidden"))
		all[1].say(leaveOf("3", "groupX"))
		all[1].wantsBoth(left("groupX", "A"), done("3"))
		all[0].wants(left("groupX", "A"))
		eventually(t, "what was too much is taken back", func() bool { return r.remembers("A in groupY: false") })
		calm(all...)
	})
}

// Who is forgotten while a join is under way stays forgotten, and with -single it is
// the newer connection that is a member then.
func TestChangeOfWhoHasGone(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		r := newDelayedRegistry(t)
		s := start(t, driver, setup{Presence: chat.ToNone, Store: r, MaxUsers: 1, Single: true})
		a, b := s.program("A"), s.program("B")
		r.hold()
		a.say(joinOf("1", "groupX"))
		r.underWay(t, 1)
		s.engine.Kick("A", 0) // as it is not read from, it may not be noticed that it ends by itself
		a.reset()
		s.gone("A")
		s.away("C")
		if !r.remembers("forget A") {
			t.Fatal("A is not forgotten")
		}
		b.say(joinOf("2", "groupX"))
		r.underWay(t, 2)
		newer, _ := s.welcomed(Access{User: "B"})
		r.release()
		newer.wants(joined("groupX", "B"))
		newer.say(whoOf("3", "groupX"))
		newer.wants(membersOf("3", "groupX", `"B"`, 1))
		s.away("D")
		eventually(t, "A is forgotten again", func() bool {
			r.logged.Lock()
			defer r.logged.Unlock()
			n := 0
			for _, what := range r.log {
				if what == "forget A" {
					n++
				}
			}
			return n == 2
		})
	})
}

// PROTOCOL 6: what a send was answered with is kept, also if its user came or went
// while it was stored.
func TestFirstAnswerIsRemembered(t *testing.T) {
	registered(t, func(t *testing.T, s *server, r *delayedRegistry) {
		s.away("C")
		all := s.programs("A", "B")
		a, b := all[0], all[1]
		away := func(id string, seq int) string {
			return fmt.Sprintf(`{"event":"ack","id":%q,"seq":%d,"offline":true}`, id, seq)
		}
		r.hold()
		a.say(`{"op":"send","id":"1","to":"B","text":"x"}`, `{"op":"send","id":"2","to":"C","text":"x"}`)
		r.underWay(t, 2)
		b.reset()
		s.gone("B")
		c := s.client("C")
		r.release()
		for range 2 {
			a.next() // its own messages
		}
		a.wants(away("1", 1), ackOf("2", 1))
		c.want("用户(A=>C):x")
		if !r.remembers("A 1: away true") || !r.remembers("A 2: away false") {
			t.Errorf("remembered is %q", r.log)
		}
		a.say(`{"op":"send","id":"3","to":"B","text":"x"}`, `{"op":"send","id":"4","to":"C","text":"x"}`)
		a.wantsBoth(messageText(2, "A", "B", "x"), away("3", 2))
		a.wantsBoth(messageText(2, "A", "C", "x"), ackOf("4", 2))
		if r.remembers("A 3: away true") || r.remembers("A 4: away false") {
			t.Errorf("remembered is %q, which the messages say", r.log)
		}
	})

	// And a start has them.
	now := time.Now()
	r := newDelayedRegistry(t)
	r.known.Requests = []chat.KnownRequest{
		{User: "A", ID: "1", Seq: 7, Away: true, Time: now}, {User: "A", ID: "2", Seq: 8, Time: now},
	}
	s := start(t, loop.Config{}, setup{Presence: chat.ToNone, Store: r})
	a := s.program("A")
	a.say(`{"op":"send","id":"1","to":"B","text":"x"}`, `{"op":"send","id":"2","to":"B","text":"x"}`)
	a.wants(`{"event":"ack","id":"1","seq":7,"offline":true}`, ackOf("2", 8))
}

// slowToSee is a registry that takes its time to note who is here.
type slowToSee struct {
	*delayedRegistry
	begun, said chan struct{}
}

func (r *slowToSee) Seen(user string, t time.Time) {
	if t.IsZero() { // the login
		close(r.begun)
		select {
		case <-r.said:
			r.note("too early")
		case <-time.After(50 * time.Millisecond):
		}
	}
	r.delayedRegistry.Seen(user, t)
}

func (r *slowToSee) Append(m *chat.Message, stored func(error)) {
	close(r.said)
	r.delayedRegistry.Append(m, stored)
}

// A message to a user is stored behind the note that there is such a user: or else
// a crash could leave a message that waits for nobody.
func TestUserIsNotedBeforeTheMessage(t *testing.T) {
	r := &slowToSee{newDelayedRegistry(t), make(chan struct{}), make(chan struct{})}
	s := start(t, loop.Config{}, setup{Presence: chat.ToNone, Store: r})
	s.raw("B")
	<-r.begun
	if _, _, err := s.Publish("A", "B", "x"); err != nil {
		t.Error(err)
	}
	if !r.remembers("seen B, here true") || r.remembers("too early") {
		t.Errorf("remembered is %q", r.log)
	}
}
