package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"wschat/hub/chat"
)

// Shares runs the tests of how a bounded store shares what it keeps (hub/chat). open
// returns an empty one that takes so many conversations and bytes of messages, 0: any
// number, and keeps at least a thousand messages of each conversation otherwise.
func Shares(t *testing.T, open func(t *testing.T, conversations int, bytes int64) chat.Store) {
	SharesOfBytes(t, func(t *testing.T, bytes int64) chat.Store { return open(t, 0, bytes) })
	t.Run("conversations", func(t *testing.T) { testConversations(t, open(t, 3, 0)) })
	for name, test := range map[string]func(*testing.T, chat.Store){
		"conversations of whoever has most":          testBeginners,
		"conversations that somebody is in":          testInhabited,
		"conversations in which messages wait":       testInhabitedWaiting,
		"conversations of many names of one address": testBeginnersOfAnAddress,
		"conversations that begin with a topic":      testBeginnersByTopic,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t, 20, 0)) })
	}
}

// SharesOfBytes runs those that are about bytes and messages, for a store that takes any
// number of conversations.
func SharesOfBytes(t *testing.T, open func(t *testing.T, bytes int64) chat.Store) {
	for name, test := range map[string]func(*testing.T, chat.Store){
		"one conversation":    testOneAlone,
		"own conversations":   testOwnConversations,
		"many conversations":  testManyConversations,
		"shared conversation": testSharedConversation,
		"the greatest":        testGreatest,
		"all messages":        testAllMessages,
		"waiting goes last":   testWaitingGoesLast,
		"too large":           testTooLarge,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t, room)) })
	}
	for name, test := range map[string]func(*testing.T, chat.Store){
		"missed messages":     testMissed,
		"missed bytes":        testMissedBytes,
		"missed amendments":   testMissedAmendments,
		"missed concurrently": testMissedConcurrently,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t, 0)) })
	}
}

// room is how many bytes the stores keep.
const room = 256 << 10

// try appends a message and returns what comes of it.
func try(s chat.Store, m *chat.Message) error {
	stored := make(chan error, 1)
	s.Append(m, func(err error) { stored <- err })
	return <-stored
}

var kilobyte = strings.Repeat("x", 1<<10)

// long is a kilobyte to a group.
func long(group string) *chat.Message {
	return &chat.Message{Conversation: group, From: "A", To: group, Body: []byte(kilobyte)}
}

// kept returns the first and the last seq that is kept of a conversation, 0 if none is, and
// fails if there are holes.
func kept(t *testing.T, s chat.Store, conversation string) (first, last uint64) {
	t.Helper()
	messages, _, err := s.History(conversation, chat.Query{Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if len(messages) == 0 {
		return 0, 0
	}
	first, last = messages[0].Seq, messages[len(messages)-1].Seq
	if last-first+1 != uint64(len(messages)) {
		t.Errorf("%s: %d to %d are %d messages", conversation, first, last, len(messages))
	}
	return first, last
}

// bystander is who must lose nothing: B has a history in a group, and messages wait for C.
type bystander struct {
	chat.Store
	waiting string
}

const (
	bystanderSaid = 200
	bystanderSent = 30
)

func newBystander(t *testing.T, s chat.Store) *bystander {
	t.Helper()
	for range bystanderSaid {
		say(t, s, "B", "groupB", "said")
	}
	var sent []*chat.Message
	for range bystanderSent {
		m := missed("B", "C", "sent")
		appendAll(t, s, m)
		sent = append(sent, m)
	}
	return &bystander{s, show(sent)}
}

// missed is a message to a user who is away.
func missed(from, to, text string) *chat.Message {
	return &chat.Message{Conversation: chat.PairOf(from, to), From: from, To: to, Away: true, Body: []byte(text)}
}

// check fails if B has lost anything, or is refused.
func (b *bystander) check(t *testing.T) {
	t.Helper()
	if first, last := kept(t, b, "groupB"); first != 1 || last < bystanderSaid {
		t.Errorf("of groupB %d to %d are kept", first, last)
	}
	wantWaiting(t, b, "C", b.waiting)
	say(t, b, "B", "groupB", "more")
	if err := b.Err(); err != nil {
		t.Errorf("somebody may speak, and Err says %v", err)
	}
}

// A conversation that talks alone loses its own old messages.
func testOneAlone(t *testing.T, s chat.Store) {
	for i := range uint64(1000) {
		say(t, s, "A", "groupA", kilobyte)
		if i%20 > 0 && (i < room>>10-50 || i > room>>10+50) { // at the edge each one matters
			continue
		}
		if first, last := kept(t, s, "groupA"); last != i+1 || (last-first+1)<<10 > room {
			t.Fatalf("%d to %d", first, last)
		}
	}
	if err := s.Err(); err != nil {
		t.Errorf("there is room, and Err says %v", err)
	}
	if first, last := kept(t, s, "groupA"); last-first < 50 {
		t.Errorf("only %d to %d are kept", first, last)
	}
}

// Whoever writes in conversations of his own harms nobody.
func testOwnConversations(t *testing.T, s chat.Store) {
	b := newBystander(t, s)
	for range 200 {
		say(t, s, "A", "groupA", kilobyte)
		say(t, s, "A", "A", kilobyte)
		say(t, s, "A", "D", kilobyte)
	}
	b.check(t)
}

// Nor does who writes once in each of very many. They lose all that they have, and go on
// behind it.
func testManyConversations(t *testing.T, s chat.Store) {
	b := newBystander(t, s)
	large := strings.Repeat(kilobyte, 20)
	for i := range 100 {
		say(t, s, "A", fmt.Sprint("group", i), large)
	}
	b.check(t)
	empty := 0
	for i := range 100 {
		group := fmt.Sprint("group", i)
		if _, last := kept(t, s, group); last == 0 {
			empty++
		}
		if m := say(t, s, "D", group, "on"); m.Seq != 2 {
			t.Fatalf("%s goes on with %d", group, m.Seq)
		}
	}
	if empty < 85 || empty > 97 {
		t.Errorf("%d of 100 have nothing left", empty)
	}
}

// Where he writes as well as others, nothing is lost while he has written more elsewhere.
func testSharedConversation(t *testing.T, s chat.Store) {
	b := newBystander(t, s)
	for range 20 {
		say(t, s, "A", "groupB", kilobyte)
		say(t, s, "B", "groupB", "said")
	}
	for range 400 {
		say(t, s, "A", "groupA", kilobyte)
	}
	b.check(t)
	for range 400 {
		say(t, s, "A", "groupB", kilobyte)
	}
	wantWaiting(t, s, "C", b.waiting)
	if first, last := kept(t, s, "groupB"); first == 1 || last != bystanderSaid+20+20+1+400 {
		t.Errorf("of groupB %d to %d are kept", first, last)
	}
}

// Of many who write too much, all come to have as much.
func testGreatest(t *testing.T, s chat.Store) {
	b := newBystander(t, s)
	for range 100 {
		say(t, s, "A1", "groupA1", kilobyte)
	}
	for range 200 {
		say(t, s, "A2", "groupA2", kilobyte)
	}
	for range 30 {
		say(t, s, "A3", "groupA3", kilobyte)
	}
	b.check(t)
	var number [4]uint64
	for i := 1; i <= 3; i++ {
		first, last := kept(t, s, fmt.Sprint("groupA", i))
		number[i] = last - first + 1
	}
	if number[1] < 70 || number[1] > 110 || number[2] < 70 || number[2] > 110 || number[3] != 30 {
		t.Errorf("kept are %v", number[1:])
	}
}

// A history stays a suffix without holes until nothing is left; numbers go on.
func testAllMessages(t *testing.T, s chat.Store) {
	for range 3 {
		say(t, s, "A", "groupOld", strings.Repeat(kilobyte, 4))
	}
	if first, last := kept(t, s, "groupOld"); first != 1 || last != 3 {
		t.Errorf("%d to %d", first, last)
	}
	for i := range 300 {
		say(t, s, "A", fmt.Sprint("group", i), strings.Repeat(kilobyte, 4))
	}
	if first, last := kept(t, s, "groupOld"); last != 0 {
		t.Errorf("%d to %d are left", first, last)
	}
	if last, _, err := s.Last("A", []string{"groupOld"}); err != nil || len(last) > 0 {
		t.Errorf("%v, %v", last, err)
	}
	for seq := uint64(4); seq < 7; seq++ {
		if m := say(t, s, "A", "groupOld", "on"); m.Seq != seq {
			t.Errorf("goes on with %d", m.Seq)
		}
	}
	if got, more := history(t, s, "groupOld", chat.Query{Direction: chat.After, Seq: 2, Limit: 2}); got != "A>groupOld:4:on A>groupOld:5:on" || !more {
		t.Errorf("got %q, %v", got, more)
	}
}

// Of what the greatest has written, what waits for a user who is away goes last.
func testWaitingGoesLast(t *testing.T, s chat.Store) {
	want := ""
	for range 100 {
		m := missed("A", "C", kilobyte)
		appendAll(t, s, m)
		want += " " + show([]*chat.Message{m})
	}
	for i := range 200 {
		say(t, s, "A", fmt.Sprint("group", i%3), kilobyte)
	}
	wantWaiting(t, s, "C", want[1:])
	s.Left("C") // has been here meanwhile, and could have read them
	for i := range 200 {
		say(t, s, "A", fmt.Sprint("group", i%3), kilobyte)
	}
	if first, _ := kept(t, s, "A,C"); first == 1 {
		t.Error("what no longer waits for somebody who is away stays")
	}
}

// What is larger than all there may be is refused.
func testTooLarge(t *testing.T, s chat.Store) {
	b := newBystander(t, s)
	if err := try(s, missed("A", "groupA", strings.Repeat(kilobyte, room>>10))); !errors.Is(err, chat.ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	b.check(t)
}
