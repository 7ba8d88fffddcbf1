package hub

import (
	"fmt"
	"strings"
	"testing"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/store"
)

// PROTOCOL 5: each cause has its code, the id is repeated where there is a good
// one, and the connection always lives.
func TestJSONErrors(t *testing.T) {
	deep := strings.Repeat("[", 10_000)
	tests := []struct{ request, id, code string }{
		{``, "", "bad_request"},
		{`{`, "", "bad_request"},
		{`B,text`, "", "bad_request"},
		{`[]`, "", "bad_request"},
		{`"x"`, "", "bad_request"},
		{`5`, "", "bad_request"},
		{`null`, "", "bad_request"},
		{deep, "", "bad_request"},
		{`{"id":"1","op":"who","x":` + deep + strings.Repeat("]", 10_000) + `}`, "", "bad_request"},
		{`{"id":"1"}`, "1", "bad_request"},
		{`{"id":"1","OP":"who"}`, "1", "bad_request"},
		{`{"id":"1","op":7}`, "1", "bad_request"},
		{`{"id":"1","id":"2","op":"x"}`, "2", "unknown_op"},
		{`{"id":"1","op":"x"}`, "1", "unknown_op"},
		{`{"id":"1","op":""}`, "1", "unknown_op"},
		{`{"id":1,"op":"who"}`, "", "bad_request"},
		{`{"id":"` + strings.Repeat("x", 65) + `","op":"who"}`, "", "bad_request"},
		{`{"id":"` + strings.Repeat("x", 64) + `","op":"x"}`, strings.Repeat("x", 64), "unknown_op"},
		{`{"id":"<\"\\\u0000\n前>","op":"x"}`, "<\"\\\x00\n前>", "unknown_op"},
		{`{"id":"1","op":"send","text":"x"}`, "1", "bad_target"},
		{`{"id":"1","op":"send","to":"","text":"x"}`, "1", "bad_target"},
		{`{"id":"1","op":"send","to":"a b","text":"x"}`, "1", "bad_target"},
		{`{"id":"1","op":"send","to":"group","text":"x"}`, "1", "bad_target"},
		{`{"id":"1","op":"send","to":["B"],"text":"x"}`, "1", "bad_request"},
		{`{"id":"1","op":"send","to":"B"}`, "1", "bad_request"},
		{`{"id":"1","op":"send","to":"B","text":""}`, "1", "bad_request"},
		{`{"id":"1","op":"send","to":"B","text":["x"]}`, "1", "bad_request"},
		{`{"id":"1","op":"send","to":"groupNew","text":""}`, "1", "bad_request"}, // and does not join
		{`{"id":"1","op":"send","to":"Nobody","text":"x"}`, "1", "not_online"},
		{`{"op":"send","to":"Nobody","text":"x"}`, "", "not_online"},
		{`{"id":"1","op":"join"}`, "1", "bad_target"},
		{`{"id":"1","op":"join","group":""}`, "1", "bad_target"},
		{`{"id":"1","op":"join","group":"X"}`, "1", "bad_target"},
		{`{"id":"1","op":"join","group":7}`, "1", "bad_request"},
		{`{"id":"1","op":"leave"}`, "1", "bad_target"},
		{`{"id":"1","op":"leave","group":"groupX"}`, "1", "not_member"},
		{`{"id":"1","op":"who","group":"X"}`, "1", "bad_target"},
		{`{"id":"1","op":"who","group":""}`, "1", "bad_target"},
		{`{"id":"1","op":"history"}`, "1", "bad_target"},
		{`{"id":"1","op":"history","of":"groupX"}`, "1", "not_member"},
		{`{"id":"1","op":"history","of":"B","limit":0}`, "1", "bad_request"},
		{`{"id":"1","op":"history","of":"B","before":1,"after":1}`, "1", "bad_request"},
	}
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		all := s.programs("A", "A", "B")
		a, b := all[0], all[2]
		for _, test := range tests {
			a.say(test.request)
			got := plain(t, a.event())
			want := map[string]any{"event": "error", "code": test.code, "message": "M"}
			if test.id != "" {
				want["id"] = test.id
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%.80s: got %v, want %v", test.request, got, want)
			}
		}
		a.say(`{"op":"who","group":"groupNew"}`, `{"op":"send","to":"B","text":"alive"}`)
		a.wants(`{"event":"members","group":"groupNew","users":[],"count":0}`, messageText(1, "A", "B", "alive"))
		b.wants(messageText(1, "A", "B", "alive"))
		all[1].wants(messageText(1, "A", "B", "alive"))
		calm(all...)
		long := strings.Repeat("长", (1<<20-100)/3)
		a.say(`{"op":"send","id":"long","to":"B","text":"` + long + `"}`)
		b.wants(messageText(2, "A", "B", long))
		a.wantsBoth(messageText(2, "A", "B", long), ackOf("long", 2))
		zeros := strings.Repeat("\x00", 1<<20/6) // six bytes each
		a.say(`{"op":"send","to":"B","text":"` + strings.Repeat(`\u0000`, len(zeros)) + `"}`)
		b.wants(messageText(3, "A", "B", zeros))

		a.SendText("{\"op\":\"\xff\"}") // not UTF-8 is no matter of JSON (RFC 6455 §8.1)
		a.wants(messageText(3, "A", "B", zeros))
		a.wantClose(frame.InvalidPayload)
	})
}

// PROTOCOL 5: in a thousand groups, which is the most.
func TestJSONTooManyGroups(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	l, p := s.client("A"), s.program("A")
	for i := range chat.MaxGroups {
		l.say(fmt.Sprintf("join,group%d", i))
		l.want(fmt.Sprintf("系统:已加入 group%d", i))
		p.event()
	}
	p.say(`{"op":"join","id":"1","group":"groupX"}`, `{"op":"send","id":"1","to":"groupX","text":"x"}`)
	p.wants(errorOf("1", "forbidden"), errorOf("1", "forbidden"))
	p.say(`{"op":"leave","group":"group0"}`, `{"op":"send","id":"1","to":"groupX","text":"x"}`)
	p.wants(`{"event":"left","group":"group0","user":"A"}`, `{"event":"joined","group":"groupX","user":"A"}`)
	p.wantsBoth(messageText(1, "A", "groupX", "x"), ackOf("1", 1))
	calm(p)
}

// PROTOCOL 6: senders get unavailable, and the connections stay.
func TestJSONUnavailable(t *testing.T) {
	s := start(t, loop.Config{}, setup{Presence: chat.ToNone, Store: outOfReach{store.New(1)}})
	all := s.programs("A", "B")
	a := all[0]
	a.say(`{"op":"send","id":"1","to":"B","text":"x"}`, `{"op":"send","id":"1","to":"B","text":"x"}`,
		`{"op":"send","to":"all","text":"x"}`, `{"op":"history","id":"2","of":"all"}`)
	a.wants(errorOf("1", "unavailable"), errorOf("1", "unavailable"), errorOf("", "unavailable"), errorOf("2", "unavailable"))
	calm(all...)
}
