package hub

import (
	"fmt"
	"runtime"
	"testing"

	"wschat/frame/leaktest"
	"wschat/hub/chat"
	"wschat/hub/local"
	"wschat/hub/loop"
	"wschat/hub/store"
)

// What an entry of a table takes, with the longest names that there are. The defaults of the tables' bounds in
// cmd/wschat/memory.go are made of these.
func TestMemoryOfTables(t *testing.T) {
	const entries, loops = 10_000, 2
	long := func(kind string, i int) string { return fmt.Sprintf("%s%0*d", kind, chat.MaxName-len(kind), i) }
	fail := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	engine := local.New(local.Config{Store: store.New(0), Presence: chat.ToNone})
	defer engine.Close()
	s := start(t, loop.Config{Loops: loops}, setup{Presence: chat.ToNone, Store: store.New(0)})
	var members []*client
	for i := range entries / chat.MaxGroups {
		members = append(members, s.client(fmt.Sprint("member", i)))
	}
	ids := newAcks(DefaultIDs)
	engine.Attach(node{s.Hub})
	for _, row := range []struct {
		name string
		most int64
		fill func(i int)
	}{
		{"a conversation", 1300, func(i int) {
			from, to := long("A", i), long("B", i)
			s.store.Append(&chat.Message{Conversation: chat.PairOf(from, to), From: from, To: to, Address: fmt.Sprint(i), Body: []byte("x")}, fail)
		}},
		{"a user who is away", 500, func(i int) {
			user := long("A", i)
			engine.Enter(user, false, false)
			engine.Exit(user, fmt.Sprint("address", i))
		}},
		{"a membership", 400 + 32*loops, func(i int) {
			user := members[i/chat.MaxGroups].name
			s.engine.SetMember(user, long("group", i), true, func() {}, fail)
		}},
		{"a mark", 280, func(i int) {
			if i == 0 {
				engine.Enter("A", false, false)
			}
			engine.Mark("A", chat.PairOf(long("A", i), long("B", i)), chat.MarkChange{Set: chat.Pin}, nil, fail)
		}},
		{"an id of a send", 320, func(i int) { ids.done(long("A", i), long("", i), ack{}) }},
	} {
		each := leaktest.Heap(func() {
			for i := range entries {
				row.fill(i)
			}
			for _, m := range members {
				m.sync()
			}
		}) / entries
		t.Logf("%s: %d bytes", row.name, each)
		if each > row.most {
			t.Errorf("%s takes %d bytes, want at most %d", row.name, each, row.most)
		}
	}
	runtime.KeepAlive(engine)
	runtime.KeepAlive(ids)
}
