package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
)

// do appends an entry about another one: what it is, and its text.
func (s *Memory) do(kind chat.Kind, about uint64, from, to, text string) error {
	m := &chat.Message{Conversation: chat.ConversationOf(from, to), From: from, To: to, Kind: kind, About: about, Body: []byte(text)}
	var failed error
	s.Append(m, func(err error) { failed = err })
	return failed
}

// Whatever is amended, dropped and forgotten, what has become of messages is kept as long as
// its newest amendment, counts where that is, and nothing else is kept or counted.
func TestPresentsAreCounted(t *testing.T) {
	for _, keep := range []int{0, 10} {
		random := rand.New(rand.NewPCG(2, uint64(keep)))
		s := New(keep)
		s.MaxBytes, s.MaxConversations, s.ForgetAfter = 60<<10, 20, time.Nanosecond
		s.Attend(func(conversation string) bool { return len(conversation)%2 == 0 })
		refused := 0
		for n := range 20_000 {
			from, to := fmt.Sprint("user", random.IntN(5)), fmt.Sprint("group", random.IntN(12))
			if n%3 == 0 {
				to = fmt.Sprint("user", random.IntN(5))
			}
			text := strings.Repeat("x", 1+random.IntN(1<<random.IntN(12)))
			kind := chat.Kind(max(0, random.IntN(9)-4))
			about := uint64(0)
			if c := s.conversations[chat.ConversationOf(from, to)]; c != nil {
				about = c.last - min(uint64(random.IntN(40)), c.last)
				if m, ok := c.target(about); ok && n%2 == 0 && m.To == to {
					from = strings.Clone(m.From)
				}
			}
			switch kind {
			case chat.Deletion:
				text = ""
			case chat.Reaction:
				text = strings.Repeat("y", random.IntN(4))
			}
			if s.do(kind, about, from, to, text) != nil {
				refused++
			}
			if n%100 == 0 {
				s.checkAuthors(t)
				s.checkPresents(t)
			}
			if t.Failed() {
				t.Fatalf("keep %d, after %d messages", keep, n)
			}
		}
		if s.stats.Dropped == 0 || s.stats.Forgotten == 0 || refused == 20_000 {
			t.Errorf("nothing was dropped or amended: %+v, %d refused", s.stats, refused)
		}
		for _, c := range s.conversations {
			s.forget(c)
		}
		if s.checkAuthors(t); s.bytes != 0 || s.disk != numberDisk*int64(len(s.numbers.last)) {
			t.Errorf("left: %d bytes, %d on disk", s.bytes, s.disk)
		}
	}
}

func (s *Memory) checkPresents(t *testing.T) {
	t.Helper()
	for _, c := range s.conversations {
		sizes := make(map[*piece]int64)
		for _, p := range c.amended {
			at := c.pieceOf(p.Last)
			if at == nil {
				t.Fatalf("%s keeps what message %d made, which is gone", c.name, p.Last)
			}
			sizes[at] += int64(p.Size())
		}
		for i := range c.pieces {
			p := &c.pieces[i]
			if p.presents != sizes[p] {
				t.Errorf("%d bytes of presents in a piece, counted %d", sizes[p], p.presents)
			}
			each([]piece{*p}, p.first, c.last, func(seq uint64, b []byte) {
				k := parseKept(b)
				about := k.about
				if !k.kind().Amends() {
					about = seq
				}
				now := c.amended[about]
				if k.kind().Amends() && (now == nil || now.Last < seq) {
					t.Errorf("%s: what %d made of %d is not kept", c.name, seq, about)
				}
				if now != nil && now.Deleted && !k.kind().Amends() && len(k.body)+len(k.file) > 0 {
					t.Errorf("%s: %d is deleted, and its text is kept", c.name, seq)
				}
			})
		}
	}
}

// "A deleted text, and every edit of it, is gone from memory at once."
func TestDeletedTextIsGone(t *testing.T) {
	const secret = "the secret"
	s := New(0)
	for i := range 300 { // several pieces
		s.say("A", "groupA", 100)
		if i%100 == 50 {
			s.do(chat.Plain, 0, "A", "groupA", secret)
		}
	}
	for seq := uint64(52); seq < 300; seq += 101 {
		s.do(chat.Edit, seq, "A", "groupA", secret+" of another kind")
		s.do(chat.Edit, seq, "A", "groupA", secret+" of a third kind")
	}
	before := s.bytes
	for seq := uint64(52); seq < 300; seq += 101 {
		if err := s.do(chat.Deletion, seq, "A", "groupA", ""); err != nil {
			t.Fatal(err)
		}
	}
	c := s.conversations["groupA"]
	for i, p := range c.pieces {
		if bytes.Contains(p.data[:cap(p.data)], []byte(secret)) {
			t.Errorf("piece %d has it", i)
		}
	}
	for _, p := range c.amended {
		if bytes.Contains(p.Text, []byte(secret)) {
			t.Errorf("a present has it: %+v", p)
		}
	}
	if s.bytes >= before {
		t.Errorf("%d bytes, %d before", s.bytes, before)
	}
	s.checkPresents(t)
}

// A message that is not kept any more is not found, and what is kept of its amendments reads
// as before.
func TestAmendmentsOutliveTheirMessage(t *testing.T) {
	s := New(5)
	for range 8 {
		s.say("A", "groupA", 1)
	}
	s.do(chat.Reaction, 1, "B", "groupA", "👍")
	s.do(chat.Edit, 1, "A", "groupA", "edited") // 10 has the piece with 1 dropped
	if got, _, _ := s.History("groupA", chat.Query{Limit: 100}); got[0].Seq != 6 || string(got[3].Body) != "👍" || string(got[4].Body) != "edited" {
		t.Errorf("%d kept, %q, %q", len(got), got[3].Body, got[4].Body)
	}
	if err := s.do(chat.Edit, 1, "A", "groupA", "again"); !errors.Is(err, chat.ErrNotFound) {
		t.Error(err)
	}
	for range 4 {
		s.say("A", "groupA", 1)
	}
	if c := s.conversations["groupA"]; c.amended == nil || c.first() > 10 {
		t.Errorf("%v from %d", c.amended, c.first())
	}
	s.say("A", "groupA", 1)
	if c := s.conversations["groupA"]; c.amended != nil || c.first() <= 10 {
		t.Errorf("%v from %d", c.amended, c.first())
	}
}

// An amendment that takes more than all bytes is refused.
func TestAmendmentsAreBounded(t *testing.T) {
	s := New(0)
	s.MaxBytes = 10 << 10
	s.say("A", "groupA", 1)
	if err := s.do(chat.Edit, 1, "A", "groupA", strings.Repeat("x", 10<<10)); !errors.Is(err, chat.ErrFull) {
		t.Error(err)
	}
	for i := range 300 {
		s.do(chat.Reaction, 1, fmt.Sprint("user", i), "groupA", "👍")
		if s.checkAuthors(t); t.Failed() {
			t.Fatalf("after %d reactions", i)
		}
	}
}

// Edits to a user who is away count for what he may miss if what they change does not; deletions
// and reactions never do.
func TestAmendmentsToAUserWhoIsAway(t *testing.T) {
	s := New(0)
	send := func(kind chat.Kind, text string) (failed error) {
		m := &chat.Message{Conversation: "A,B", From: "A", To: "B", Kind: kind, About: 1, Away: true, Body: []byte(text)}
		s.Append(m, func(err error) { failed = err })
		return failed
	}
	if err := send(chat.Plain, "old"); err != nil {
		t.Fatal(err)
	}
	s.Left("B") // and has read that
	for i := range chat.MaxWaiting {
		if err := send(chat.Plain, "x"); err != nil {
			t.Fatal(i, err)
		}
	}
	for _, test := range []struct {
		kind chat.Kind
		want error
	}{{chat.Plain, chat.ErrFull}, {chat.Reply, chat.ErrFull}, {chat.Edit, chat.ErrFull}, {chat.Reaction, nil}, {chat.Deletion, nil}, {chat.Plain, chat.ErrFull}} {
		if err := send(test.kind, "x"); !errors.Is(err, test.want) {
			t.Errorf("kind %d: got %v, want %v", test.kind, err, test.want)
		}
	}
	if waiting, err := s.Waiting("B", time.Time{}); err != nil || len(waiting) != chat.MaxWaiting {
		t.Errorf("%d wait, %v", len(waiting), err)
	}
}

// A conversation that begins with a topic is a conversation as any other; when it is
// forgotten, the topic is.
func TestTopicsAreForgotten(t *testing.T) {
	s := New(0)
	s.MaxConversations, s.ForgetAfter = 3, time.Nanosecond
	s.Attend(func(string) bool { return false })
	for i := range 100 {
		s.SetTopic(&chat.Topic{Group: fmt.Sprint("group", i), Text: "topic"}, func(err error) {
			if err != nil {
				t.Error(err)
			}
		})
	}
	if s.checkAuthors(t); len(s.conversations) > 3 || len(s.numbers.last) > 0 {
		t.Errorf("%d conversations, %d numbers", len(s.conversations), len(s.numbers.last))
	}
	if got := s.Topics([]string{"group0", "group99"}); len(got) != 1 || got["group99"] != "topic" {
		t.Errorf("the topics are %v", got)
	}
	s.forget(s.conversations["group99"])
	s.say("A", "group99", 1)
	if got := s.Topics([]string{"group99"}); len(got) != 0 {
		t.Errorf("the topics are %v", got)
	}
}
