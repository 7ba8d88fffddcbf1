package hub

import (
	"fmt"
	"strings"
	"testing"

	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/store"
)

// found reads the answer to a search: the texts, the newest first.
func (p *program) found() (texts string, more bool, before uint64) {
	p.t.Helper()
	e := p.event()
	if e["event"] != "found" {
		p.t.Fatalf("got %.200v", e)
	}
	var all []string
	for _, m := range e["messages"].([]any) {
		all = append(all, m.(event)["text"].(string))
	}
	if e["before"] != nil {
		before = number(p.t, e["before"])
	}
	return strings.Join(all, "|"), e["more"].(bool), before
}

// PROTOCOL 5.2: all words, anywhere, whatever their case, in the present text, and only where
// history would show it.
func TestSearch(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	all := s.programs("A", "B", "C")
	a, b, c := all[0], all[1], all[2]
	for i, to := range []string{"all", "groupA", "B", "groupA", "all"} {
		a.say(fmt.Sprintf(`{"op":"send","to":%q,"text":"Invoice %d of MAY"}`, to, i))
		if a.event()["event"] == "joined" {
			a.event()
		}
	}
	a.say(`{"op":"send","to":"all","text":"invoice 5 of June","edit":2}`, `{"op":"send","to":"groupA","delete":2}`, `{"op":"send","to":"groupA","text":"may invoice 7","reply":1}`)
	for range 3 {
		a.event()
	}
	for _, p := range all {
		p.sync()
		p.pending = nil
	}
	for _, test := range []struct {
		from           *program
		request, texts string
	}{
		{a, `"text":"invoice may"`, "may invoice 7|Invoice 2 of MAY|Invoice 1 of MAY|Invoice 0 of MAY"},
		{a, `"text":"INVOICE may","of":"groupA"`, "may invoice 7|Invoice 1 of MAY"},
		{a, `"text":"june"`, "invoice 5 of June"},
		{a, `"text":"voic 4"`, ""},
		{a, `"text":"invoice","of":"B"`, "Invoice 2 of MAY"},
		{a, `"text":"invoice","of":"all","before":2`, "Invoice 0 of MAY"},
		{a, `"text":"invoice","of":"all","before":1`, ""},
		{a, `"text":"invoice","of":"all","before":0`, ""},
		{b, `"text":"invoice"`, "invoice 5 of June|Invoice 2 of MAY|Invoice 0 of MAY"},
		{c, `"text":"invoice"`, "invoice 5 of June|Invoice 0 of MAY"},
		{c, `"text":"invoice","of":"B"`, ""},
	} {
		test.from.say(`{"op":"search","id":"1",` + test.request + `}`)
		if texts, more, _ := test.from.found(); texts != test.texts || more {
			t.Errorf("%s: got %s, more %v", test.request, texts, more)
		}
	}
	c.say(`{"op":"search","id":"1","text":"invoice","of":"groupA"}`)
	c.wants(errorOf("1", "not_member"))
	limited, _ := s.welcomed(Access{User: "A", Allows: func(string) bool { return false }})
	limited.say(`{"op":"search","id":"1","text":"invoice","of":"groupA"}`, `{"op":"search","id":"2","text":"invoice may"}`)
	limited.wants(errorOf("1", "forbidden"))
	if texts, _, _ := limited.found(); texts != "Invoice 2 of MAY|Invoice 0 of MAY" {
		t.Errorf("got %s", texts)
	}
	calm(a, b, c, limited)
}

// A search says where to go on, and what is found is the same as all at once.
func TestSearchGoesOn(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	for i := range 100 {
		s.append(&chat.Message{Conversation: "all", From: "A", To: "all", Body: []byte(fmt.Sprint("x", i))})
	}
	p := s.program("A")
	var got []string
	before := uint64(0)
	for more := true; more; {
		from := ""
		if before > 0 {
			from = fmt.Sprintf(`,"before":%d`, before)
		}
		p.say(`{"op":"search","text":"x","of":"all","limit":30` + from + `}`)
		var texts string
		texts, more, before = p.found()
		got = append(got, strings.Split(texts, "|")...)
	}
	if len(got) != 100 || got[0] != "x99" || got[99] != "x0" {
		t.Errorf("got %d: %v", len(got), got)
	}
}

// Other requests do not wait for a search, and many searches of one client come one after
// the other.
func TestManySearches(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	p := s.program("A")
	p.say(`{"op":"send","to":"all","text":"x"}`)
	p.event()
	for i := range 20 {
		p.say(fmt.Sprintf(`{"op":"search","id":"%d","text":"x"}`, i))
	}
	for i := range 20 {
		if e := p.event(); e["event"] != "found" || e["id"] != fmt.Sprint(i) {
			t.Fatalf("answer %d: %v", i, e)
		}
	}
	p.say(`{"op":"search","id":"last","text":"x"}`)
	p.conn.Close() // ends it
}

// While a client's searches wait for each other, its messages do not.
func TestMessagesDoNotWaitForSearches(t *testing.T) {
	memory := &pausedStore{store.New(0), make(chan chat.Query), make(chan bool)}
	config := silent
	config.Store = memory
	s := start(t, loop.Config{}, config)
	for range 300 { // more than a page
		s.append(&chat.Message{Conversation: "all", From: "A", To: "all", Body: []byte("y")})
	}
	p := s.program("P")
	p.say(`{"op":"search","id":"first","text":"x"}`)
	<-memory.asked
	for i := range maxSearches + 1 {
		p.say(fmt.Sprintf(`{"op":"search","id":"%d","text":"x"}`, i))
	}
	p.wants(errorOf(fmt.Sprint(maxSearches), "unavailable"))
	p.send("m", `{"op":"send","id":"m","to":"all","text":"x"}`, messageText(301, "P", "all", "x"), 301)
	memory.answer <- true
	for i := range maxSearches + 1 {
		if i > 0 {
			<-memory.asked
			memory.answer <- true
		}
		if texts, _, _ := p.found(); texts != "x" && i > 0 {
			t.Errorf("search %d has found %q", i, texts)
		}
	}
}
