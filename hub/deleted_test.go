package hub

import (
	"fmt"
	"strings"
	"testing"

	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/store"
)

// pausedStore stops a question about history that a test has chosen, until the test goes on.
type pausedStore struct {
	*store.Memory
	asked  chan chat.Query
	answer chan bool
}

func (p *pausedStore) History(name string, q chat.Query) ([]*chat.Message, bool, error) {
	if q.Direction == chat.Before {
		p.asked <- q
		<-p.answer
	}
	return p.Memory.History(name, q)
}

// PROTOCOL 5.1: a deleted text "is gone: from answers at once", also from those that were begun
// before.
func TestSearchFindsNothingDeleted(t *testing.T) {
	memory := &pausedStore{store.New(0), make(chan chat.Query), make(chan bool)}
	config := silent
	config.Store = memory
	s := start(t, loop.Config{}, config)
	for i := range uint64(300) { // more than a page
		text := "y"
		if seq := i + 1; seq == 299 || seq == 298 || seq == 200 || seq == 10 {
			text = fmt.Sprint("x", seq)
		}
		s.append(&chat.Message{Conversation: "all", From: "A", To: "all", Body: []byte(text)})
	}
	p := s.program("P")
	p.say(`{"op":"search","id":"1","text":"x","of":"all"}`)
	<-memory.asked // the first page, with message 299, has been looked at
	for _, seq := range []uint64{299, 200} {
		if _, err := s.Hub.Delete("all", seq); err != nil {
			t.Fatal(err)
		}
		p.event()
	}
	memory.answer <- true
	if texts, _, _ := p.found(); texts != "x298|x10" {
		t.Errorf("found %s", texts)
	}
}

// A line client that reads its history slowly is not sent what is deleted meanwhile.
func TestSlowHistoryTellsNothingDeleted(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	const size = 128 << 10
	for i := range 50 {
		s.append(&chat.Message{Conversation: "all", From: "A", To: "all", Body: []byte(strings.Repeat(string(rune('a'+i%26)), size))})
	}
	l := s.small("L")
	l.say("history,all")
	l.want("用户(A=>L):" + strings.Repeat("a", size)) // the answer is under way
	if _, err := s.Hub.Delete("all", 50); err != nil {
		t.Fatal(err)
	}
	for i := 1; i < 49; i++ {
		l.want("用户(A=>L):" + strings.Repeat(string(rune('a'+i%26)), size))
	}
	quiet(l)
}

// So many deletions at once are remembered, and no more.
func TestDeletions(t *testing.T) {
	var d deletions
	at := func(seq uint64) *chat.Message { return &chat.Message{Conversation: "all", Seq: seq} }
	d.add(message{"all", 1})
	since := d.now()
	for seq := range uint64(maxDeletions) {
		d.add(message{"all", seq + 2})
	}
	if !d.remembers(since) || d.has(since, at(1)) || !d.has(since, at(2)) || !d.has(since, at(maxDeletions+1)) {
		t.Error("the last deletions are not known")
	}
	if edit := (&chat.Message{Conversation: "all", Kind: chat.Edit, Seq: 90_000, About: 2}); !d.has(since, edit) {
		t.Error("an edit of what is deleted is not")
	}
	d.add(message{"all", 2}) // again, as after a new epoch
	d.add(message{"all", 90_001})
	if d.remembers(since) || len(d.of) > maxDeletions || !d.has(d.now()-2, at(2)) {
		t.Errorf("%d deletions are remembered", len(d.of))
	}
}
