package local

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"wschat/hub/chat"
)

func say(t *testing.T, e *Engine, from, to string) *chat.Message {
	t.Helper()
	m := &chat.Message{Conversation: chat.ConversationOf(from, to), From: from, To: to, Body: []byte("text")}
	e.Publish(m, nil, func(_ bool, err error) {
		if err != nil {
			t.Fatal(err)
		}
	})
	return m
}

// marked changes marks and returns what comes of it: "" if there is no answer yet.
func marked(e *Engine, user, conversation string, c chat.MarkChange) *string {
	answer := new(string)
	e.Mark(user, conversation, c, nil, func(err error) { *answer = fmt.Sprint(err) })
	return answer
}

// marksIn returns those that a welcome has.
func marksIn(t *testing.T, e *Engine, user string) map[string]chat.Marks {
	t.Helper()
	w, err := e.Welcome(user, nil, func(group string) bool { return group != "groupForbidden" })
	if err != nil {
		t.Fatal(err)
	}
	return w.Marks
}

func wantMarks(t *testing.T, e *Engine, user string, want map[string]chat.Marks) {
	t.Helper()
	if got := marksIn(t, e, user); !maps.Equal(got, want) {
		t.Errorf("%s has the marks %v, want %v", user, got, want)
	}
}

// PROTOCOL 5.2: "read only goes forward and is cut to the last seq", "what has changed" is
// told, and "what is false is left out".
func TestMark(t *testing.T) {
	e, r := open(t, Config{Presence: chat.ToNone})
	enter(t, e, "A")
	enter(t, e, "B")
	for range 3 {
		say(t, e, "B", "all")
		say(t, e, "B", "A")
	}
	r.told = nil
	for _, row := range []struct {
		conversation string
		c            chat.MarkChange
		told         string // the effect
		want         chat.Marks
	}{
		{"all", chat.MarkChange{Read: 2}, "{Read:2 Set:0 Clear:0}", chat.Marks{Read: 2}},
		{"all", chat.MarkChange{Read: 2}, "", chat.Marks{Read: 2}},
		{"all", chat.MarkChange{Read: 1, Set: chat.Pin}, "{Read:0 Set:4 Clear:0}", chat.Marks{Read: 2, Flags: chat.Pin}},
		{"all", chat.MarkChange{Read: 99, Clear: chat.Mute | chat.Pin}, "{Read:3 Set:0 Clear:4}", chat.Marks{Read: 3}},
		{"A,B", chat.MarkChange{Read: 99}, "{Read:3 Set:0 Clear:0}", chat.Marks{Read: 3}},
		{"A,C", chat.MarkChange{Read: 99}, "", chat.Marks{}},
		{"A,C", chat.MarkChange{Set: chat.Hide}, "{Read:0 Set:2 Clear:0}", chat.Marks{Flags: chat.Hide}},
		{"A,C", chat.MarkChange{Clear: chat.Hide}, "{Read:0 Set:0 Clear:2}", chat.Marks{}},
		{"A,A", chat.MarkChange{Set: chat.Mute}, "{Read:0 Set:1 Clear:0}", chat.Marks{Flags: chat.Mute}},
		{"groupForbidden", chat.MarkChange{Set: chat.Mute}, "{Read:0 Set:1 Clear:0}", chat.Marks{}},
	} {
		if answer := marked(e, "A", row.conversation, row.c); *answer != "<nil>" {
			t.Errorf("%s %+v: answered %q", row.conversation, row.c, *answer)
		}
		if row.told == "" {
			r.want(t)
		} else {
			r.want(t, fmt.Sprintf("A marked %s: %s", row.conversation, row.told))
		}
		if got := marksIn(t, e, "A")[chat.OtherOf(row.conversation, "A")]; got != row.want {
			t.Errorf("%s %+v: got %+v, want %+v", row.conversation, row.c, got, row.want)
		}
	}
	wantMarks(t, e, "A", map[string]chat.Marks{"all": {Read: 3}, "B": {Read: 3}, "A": {Flags: chat.Mute}})
	if answer := marked(e, "nobody", "all", chat.MarkChange{Read: 1}); *answer != chat.ErrUnavailable.Error() {
		t.Errorf("nobody: answered %q", *answer)
	}
}

// PROTOCOL 5.2: "One's own send moves one's read to it if nothing unread lies between."
func TestOwnMessagesAreRead(t *testing.T) {
	e, r := open(t, Config{Presence: chat.ToNone})
	enter(t, e, "A")
	enter(t, e, "B")
	r.told = nil
	say(t, e, "A", "B")
	say(t, e, "A", "B")
	say(t, e, "B", "A")
	say(t, e, "A", "B")
	r.want(t, "A to B", "A to B", "B to A", "A to B") // no marks are told
	wantMarks(t, e, "A", map[string]chat.Marks{"B": {Read: 2}})
	wantMarks(t, e, "B", nil)
	marked(e, "A", "A,B", chat.MarkChange{Read: 4, Set: chat.Pin})
	say(t, e, "A", "B")
	wantMarks(t, e, "A", map[string]chat.Marks{"B": {Read: 5, Flags: chat.Pin}})
}

// A message costs no more once there is a mark.
func TestOwnMessagesAllocateNothing(t *testing.T) {
	for name, open := range map[string]func(*testing.T) *Engine{
		"memory":   func(t *testing.T) *Engine { e, _ := open(t, Config{Presence: chat.ToNone}); return e },
		"registry": func(t *testing.T) *Engine { e, _, _ := openKeeping(t, chat.Known{}, Config{}); return e },
	} {
		e := open(t)
		enter(t, e, "A")
		m := &chat.Message{Conversation: "groupA", From: "A", To: "groupA"}
		if n := testing.AllocsPerRun(1000, func() { m.Seq++; e.settle(m) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
		if got := e.mark(e.users["A"], "groupA").Read; got != m.Seq {
			t.Errorf("%s: read up to %d of %d", name, got, m.Seq)
		}
	}
}

// The marks of a user are bounded, and so are those of all: whoever has most loses those that
// are unchanged longest.
func TestMarksAreShared(t *testing.T) {
	const most = 3 * chat.MaxMarks / 2
	e, _ := open(t, Config{Presence: chat.ToNone, MaxMarks: most})
	for _, user := range []string{"A", "B", "mallory"} {
		enter(t, e, user)
	}
	mark := func(user string, i int) {
		marked(e, user, fmt.Sprint("group", i), chat.MarkChange{Set: chat.Mute})
	}
	mark("A", 1)
	for i := range chat.MaxMarks {
		mark("mallory", i)
	}
	marked(e, "mallory", "group0", chat.MarkChange{Set: chat.Pin})
	mark("mallory", chat.MaxMarks)
	if u := e.users["mallory"]; len(e.marks[u].of) != chat.MaxMarks || e.mark(u, "group0") == nil || e.mark(u, "group1") != nil || e.mark(u, "group2") == nil {
		t.Errorf("of one user there are %d", len(e.marks[u].of))
	}
	for i := range chat.MaxMarks {
		mark("B", i)
	}
	for i := range 100 {
		mark("A", i)
	}
	if e.markCount != most || len(e.marks[e.users["A"]].of) != 100 {
		t.Errorf("there are %d, %d of A", e.markCount, len(e.marks[e.users["A"]].of))
	}
	if b, m := len(e.marks[e.users["B"]].of), len(e.marks[e.users["mallory"]].of); b-m > 1 || m-b > 1 {
		t.Errorf("the greatest have %d and %d", b, m)
	}
	for _, user := range []string{"A", "B", "mallory"} {
		e.Exit(user, "")
	}
	e.mu.Lock()
	for _, u := range e.users {
		e.forget(u)
	}
	e.mu.Unlock()
	if e.markCount != 0 || e.marked.Len() != 0 {
		t.Errorf("%d are left, of %d users", e.markCount, e.marked.Len())
	}
}

// One mark alone has room in the least of bounds.
func TestOneMark(t *testing.T) {
	e, _ := open(t, Config{Presence: chat.ToNone, MaxMarks: 1})
	enter(t, e, "A")
	enter(t, e, "B")
	for range 1000 {
		user := []string{"A", "B"}[rand.IntN(2)]
		conversation := fmt.Sprint("group", rand.IntN(4))
		marked(e, user, conversation, chat.MarkChange{Set: chat.Pin})
		if e.markCount != 1 || e.marked.Len() != 1 || e.mark(e.users[user], conversation) == nil {
			t.Fatalf("there are %d", e.markCount)
		}
	}
}

// PROTOCOL 5.2: marks "survive what messages survive", so an ack says that they are safe: the
// change itself, or an equal one that is still being written.
func TestMarksAreAckedWhenSafe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, r, kept := openKeeping(t, chat.Known{}, Config{Presence: chat.ToNone})
		enter(t, e, "A")
		pin, unpin := chat.MarkChange{Set: chat.Pin}, chat.MarkChange{Clear: chat.Pin}
		first, again := marked(e, "A", "all", pin), marked(e, "A", "all", pin)
		r.want(t, "A marked all: {Read:0 Set:4 Clear:0}")
		kept.store(nil)
		if *first != "<nil>" || *again != "" {
			t.Errorf("answered %q and %q", *first, *again)
		}
		if third := marked(e, "A", "all", pin); *third != "<nil>" {
			t.Errorf("what is safe is answered %q", *third)
		}
		kept.store(nil)
		kept.want(t, "A keeps all: 0 4", "A keeps all: 0 4")

		gone, goneAgain := marked(e, "A", "all", unpin), marked(e, "A", "all", unpin)
		if *gone != "" || *goneAgain != "" {
			t.Errorf("answered %q and %q", *gone, *goneAgain)
		}
		wantMarks(t, e, "A", map[string]chat.Marks{})
		kept.store(errDisk)
		if *gone != chat.ErrUnavailable.Error() {
			t.Errorf("answered %q", *gone)
		}
		kept.store(nil)
		if e.markCount != 0 {
			t.Errorf("%d marks are left", e.markCount)
		}
		kept.want(t, "A keeps all: 0 0", "A keeps all: 0 0")
	})
}

// The first write of a change is not that of a later change to the same.
func TestMarksThatChangeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _, kept := openKeeping(t, chat.Known{}, Config{Presence: chat.ToNone})
		enter(t, e, "A")
		pin, unpin := chat.MarkChange{Set: chat.Pin}, chat.MarkChange{Clear: chat.Pin}
		marked(e, "A", "all", pin)
		marked(e, "A", "all", unpin)
		marked(e, "A", "all", pin)
		kept.store(nil)
		if again := marked(e, "A", "all", pin); *again != "" {
			t.Errorf("answered %q before it is safe", *again)
		}
		for range 3 {
			kept.store(nil)
		}
		if again := marked(e, "A", "all", pin); *again != "<nil>" {
			t.Errorf("answered %q", *again)
		}
	})
}

// What one's own messages have read is kept within noteDelay, at once for many, and in order
// with what else is kept.
func TestOwnMessagesAreKeptRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _, kept := openKeeping(t, chat.Known{}, Config{Presence: chat.ToNone})
		enter(t, e, "A")
		for range 5 {
			say(t, e, "A", "all")
		}
		kept.want(t)
		time.Sleep(noteDelay)
		synctest.Wait()
		kept.want(t, "A keeps all: 5 0")
		say(t, e, "A", "all")
		if answer := marked(e, "A", "all", chat.MarkChange{Read: 6}); *answer != "" {
			t.Errorf("answered %q before it is safe", *answer)
		}
		kept.want(t, "A keeps all: 6 0", "A keeps all: 6 0")
		say(t, e, "A", "all")
		e.Exit("A", "")
		e.mu.Lock()
		e.forget(e.users["A"])
		e.unlock()
		kept.want(t, "A keeps all: 7 0", "forget A")
	})
}

// What is known from before the start: the newest MaxMarks, none that say nothing. They are
// safe.
func TestMarksAreRestored(t *testing.T) {
	var known []chat.KnownMarks
	for i := range chat.MaxMarks + 1 {
		known = append(known, chat.KnownMarks{Conversation: fmt.Sprint("group", i), Marks: chat.Marks{Read: uint64(i)}})
	}
	known[chat.MaxMarks-1].Marks = chat.Marks{}
	e, _, kept := openKeeping(t, chat.Known{Users: []chat.KnownUser{
		{Name: "A", Marks: []chat.KnownMarks{{Conversation: "A,B", Marks: chat.Marks{Read: 7, Flags: chat.Mute}}}},
		{Name: "B", Marks: known},
	}}, Config{Presence: chat.ToNone})
	wantMarks(t, e, "A", map[string]chat.Marks{"B": {Read: 7, Flags: chat.Mute}})
	if got := marksIn(t, e, "B"); len(got) != chat.MaxMarks-1 || got["group0"] != (chat.Marks{}) || got["group1"] != (chat.Marks{Read: 1}) {
		t.Errorf("there are %d", len(got))
	}
	if answer := marked(e, "A", "A,B", chat.MarkChange{Read: 3, Set: chat.Mute}); *answer != "<nil>" {
		t.Errorf("answered %q", *answer)
	}
	enter(t, e, "B")
	marked(e, "B", "all", chat.MarkChange{Set: chat.Pin})
	marked(e, "B", "groupNew", chat.MarkChange{Set: chat.Pin})
	kept.want(t, "B keeps all: 0 4", "B keeps group1: 0 0", "B keeps groupNew: 0 4")
}

// PROTOCOL 5.2: topics are for members to set.
func TestTopicsAreOfMembers(t *testing.T) {
	e, _ := open(t, Config{})
	enter(t, e, "A")
	var got error
	e.SetTopic(chat.Topic{Group: "groupA", Text: "text", User: "A"}, func(err error) { got = err })
	if !errors.Is(got, chat.ErrNotMember) || got.(*chat.Error).Subject != "groupA" {
		t.Errorf("got %v", got)
	}
}

// PROTOCOL 5.2: a group, or a user who is here.
func TestTyping(t *testing.T) {
	e, r := open(t, Config{Presence: chat.ToNone})
	come(t, e, "C", "", "")
	enter(t, e, "B")
	r.told = nil
	for _, to := range []string{"groupA", "B", "C", "D"} {
		e.Typing("A", to)
	}
	r.want(t, "A is typing to groupA", "A is typing to B")
}
