package hub

import (
	"fmt"
	"strings"
	"testing"

	"wschat/hub/chat"
	"wschat/hub/loop"
)

// bounds is what a history answer holds: the numbers of its first and last
// message, which must have all between them.
func bounds(t *testing.T, e event) (first, last uint64, more bool) {
	t.Helper()
	if e["event"] != "history" {
		t.Fatalf("got %.200v", e)
	}
	for i, m := range e["messages"].([]any) {
		seq := number(t, m.(event)["seq"])
		if i == 0 {
			first = seq
		}
		if seq != first+uint64(i) {
			t.Fatalf("message %d is number %d, the first is %d", i, seq, first)
		}
		last = seq
	}
	return first, last, e["more"].(bool)
}

// page is a question for a part of a history, and its answer.
type page struct {
	query       string
	first, last uint64 // 0: an empty list
	more        bool
}

// historian is a member of groupA, which has so many messages.
func (s *server) historian(count int) *program {
	s.t.Helper()
	p := s.program("A")
	for range count {
		s.append(&chat.Message{Conversation: "groupA", From: "A", To: "groupA", Body: []byte("x")})
	}
	p.say(`{"op":"join","group":"groupA"}`)
	p.event()
	return p
}

// pages asks for parts of the history of groupA.
func (p *program) pages(t *testing.T, pages []page) {
	t.Helper()
	for _, want := range pages {
		text := `{"op":"history","id":"h","of":"groupA"`
		if want.query != "" {
			text += "," + want.query
		}
		p.say(text + "}")
		e := p.event()
		first, last, more := bounds(t, e)
		if first != want.first || last != want.last || more != want.more || e["id"] != "h" || e["of"] != "groupA" {
			t.Errorf("%s: %v: %d to %d, more %v; want %d to %d, %v", want.query, e["id"], first, last, more, want.first, want.last, want.more)
		}
	}
}

// PROTOCOL 5: before, after and limit.
func TestJSONHistory(t *testing.T) {
	p := start(t, loop.Config{}, silent).historian(300)
	p.pages(t, []page{
		{``, 251, 300, true},
		{`"limit":1`, 300, 300, true},
		{`"limit":200`, 101, 300, true},
		{`"limit":201`, 101, 300, true},
		{`"limit":99999999999999999999999`, 101, 300, true},
		{`"before":300`, 250, 299, true},
		{`"before":812`, 251, 300, true},
		{`"before":51`, 1, 50, false},
		{`"before":52`, 2, 51, true},
		{`"before":2,"limit":200`, 1, 1, false},
		{`"before":1`, 0, 0, false},
		{`"before":0`, 0, 0, false},
		{`"before":99999999999999999999999`, 251, 300, true},
		{`"before":300,"limit":1000`, 100, 299, true},
		{`"after":0`, 1, 50, true},
		{`"after":0,"limit":200`, 1, 200, true},
		{`"after":40,"limit":50`, 41, 90, true},
		{`"after":100,"limit":500`, 101, 300, false},
		{`"after":99,"limit":500`, 100, 299, true},
		{`"after":249`, 250, 299, true},
		{`"after":250`, 251, 300, false},
		{`"after":299`, 300, 300, false},
		{`"after":300`, 0, 0, false},
		{`"after":18446744073709551615`, 0, 0, false},
		{`"after":99999999999999999999999`, 0, 0, false},
		{`"after": 7 ,"limit": 3 `, 8, 10, true},
	})
	for _, query := range []string{
		`"before":1,"after":1`, `"before":1,"after":null`, `"before":null`, `"after":null`, `"limit":null`,
		`"limit":0`, `"limit":-1`, `"limit":-0`, `"limit":1.5`, `"limit":1.0`, `"limit":1e2`, `"limit":"1"`, `"limit":[1]`, `"limit":true`, `"limit":{}`,
		`"before":-1`, `"before":1.5`, `"before":1e1`, `"before":"1"`, `"before":false`, `"after":-1`, `"after":""`, `"after":[]`,
		`"limit":-99999999999999999999999`, `"after":-99999999999999999999999`,
	} {
		p.say(`{"op":"history","id":"h","of":"groupA",` + query + `}`)
		p.wants(errorOf("h", "bad_request"))
	}
	p.say(`{"op":"leave","group":"groupA"}`, `{"op":"history","id":"h","of":"groupA"}`) // for members
	p.wants(`{"event":"left","group":"groupA","user":"A"}`, errorOf("h", "not_member"))
	calm(p)
}

// PROTOCOL 5: both sides of a conversation, and nobody else.
func TestJSONHistoryOfPair(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	all := s.programs("A", "B", "C")
	a, b := all[0], all[1]
	a.say(`{"op":"send","to":"B","text":"1"}`)
	b.wants(messageText(1, "A", "B", "1"))
	b.say(`{"op":"send","to":"A","text":"2"}`)
	a.wants(messageText(1, "A", "B", "1"), messageText(2, "B", "A", "2"))
	b.wants(messageText(2, "B", "A", "2"))
	both := messageText(1, "A", "B", "1") + "," + messageText(2, "B", "A", "2")
	for _, p := range all {
		for _, of := range []string{"A", "B", "C"} {
			messages := ""
			if p.name == "A" && of == "B" || p.name == "B" && of == "A" {
				messages = both
			}
			p.say(fmt.Sprintf(`{"op":"history","of":%q}`, of))
			p.wants(fmt.Sprintf(`{"event":"history","of":%q,"messages":[%s],"more":false}`, of, messages))
		}
	}
	calm(all...)
}

// PROTOCOL 5: at most some 256 KiB of what is sent, whatever that is made of; but
// one message at least.
func TestJSONHistorySize(t *testing.T) {
	for name, body := range map[string]chat.Message{
		"text":       {Body: []byte(strings.Repeat("x", 20<<10))},
		"binary":     {Body: make([]byte, 20<<10), Binary: true},
		"escaped":    {Body: make([]byte, 10<<10)},
		"very large": {Body: []byte(strings.Repeat("x", 1<<20))},
	} {
		s := start(t, loop.Config{}, silent)
		p := s.program("A")
		count := uint64(60)
		if name == "very large" {
			count = 5
		}
		for range count {
			m := body
			m.Conversation, m.From, m.To = "all", "A", "all"
			s.append(&m)
		}
		size := 0
		ask := func(query string) (first, last uint64, more bool) {
			t.Helper()
			p.say(`{"op":"history","of":"all","limit":200` + query + `}`)
			m := p.next()
			size = len(m.Payload)
			if size > 260<<10 && name != "very large" {
				t.Errorf("%s: %d bytes", name, size)
			}
			return bounds(t, parse(t, m.Payload))
		}
		// Forwards and backwards, each message comes once.
		for at := uint64(0); ; {
			first, last, more := ask(fmt.Sprintf(`,"after":%d`, at))
			if first != at+1 {
				t.Fatalf("%s: after %d comes %d", name, at, first)
			}
			if at = last; !more {
				break
			}
			if size < 220<<10 {
				t.Errorf("%s: only %d bytes", name, size)
			}
		}
		for at, query := count+1, ""; at > 1; {
			first, last, more := ask(query)
			if last != at-1 || more != (first > 1) {
				t.Fatalf("%s: before %d come %d to %d, %v", name, at, first, last, more)
			}
			at = first
			query = fmt.Sprintf(`,"before":%d`, at)
		}
	}
}

// PROTOCOL 5: users sorted, at most 1,000 of them; the count is the whole.
func TestJSONWhoManyUsers(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	for i := range 1500 {
		s.present(fmt.Sprintf("u%04d", i), "groupA")
	}
	check := func(e event, list, first string, count uint64) {
		t.Helper()
		users := e[list].([]any)
		if len(users) != 1000 || users[0] != first || users[999] != "u0999" && users[999] != "u0998" || number(t, e["count"]) != count {
			t.Errorf("%d users from %v to %v, count %v", len(users), users[0], users[999], e["count"])
		}
	}
	p, e := s.welcomed(Access{User: "A"})
	check(e, "online", "A", 1501)
	p.say(`{"op":"who"}`, `{"op":"who","group":"groupA"}`)
	check(p.event(), "users", "A", 1501)
	check(p.event(), "users", "u0000", 1500)
	late, e := s.welcomed(Access{User: "z"}) // "online includes the user", but for the bound
	check(e, "online", "A", 1502)
	calm(p, late)
}
