package hub

import (
	"testing"
	"time"

	"wschat/hub/loop"
)

// PROTOCOL 5.2: to the others of the conversation who speak JSON.
func TestTyping(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	all := s.programs("A", "B", "C")
	a, b, c := all[0], all[1], all[2]
	second := s.program("A")
	l := s.client("L")
	for _, p := range []*program{a, b} {
		p.say(`{"op":"join","group":"groupA"}`)
		p.event()
	}
	a.event()
	second.event()
	second.event()
	l.say("join,groupA")
	l.next()
	for _, p := range []*program{a, second, b} {
		p.event()
	}
	a.say(`{"op":"typing","to":"groupA"}`, `{"op":"typing","to":"groupA"}`)
	b.wants(`{"event":"typing","user":"A","to":"groupA"}`)
	a.say(`{"op":"typing","to":"B"}`, `{"op":"typing","to":"B"}`, `{"op":"typing","to":"A"}`, `{"op":"typing","to":"L"}`, `{"op":"typing","to":"nobody"}`)
	b.wants(`{"event":"typing","user":"A","to":"B"}`)
	c.say(`{"op":"typing","id":"1","to":"groupA"}`, `{"op":"typing","id":"2","to":"all"}`, `{"op":"typing","id":"3"}`)
	c.wants(errorOf("1", "not_member"), errorOf("2", "bad_target"), errorOf("3", "bad_target"))
	calm(a, b, c, second)
	quiet(l)
}

// At most one in 2 s for each conversation is passed on.
func TestTypingPause(t *testing.T) {
	var seen typed
	now := time.Unix(0, 0)
	for _, step := range []struct {
		to    string
		after time.Duration
		want  bool
	}{
		{"B", 0, true}, {"B", 1999 * time.Millisecond, false}, {"C", 1999 * time.Millisecond, true},
		{"B", 2 * time.Second, true}, {"B", 3999 * time.Millisecond, false}, {"B", 4 * time.Second, true},
	} {
		if got := seen.may(step.to, now.Add(step.after)); got != step.want {
			t.Errorf("%s after %v: %v", step.to, step.after, got)
		}
	}
	for i := range 10_000 {
		seen.may(string(rune('a'+i%5000)), now.Add(time.Hour+time.Duration(i)*50*time.Millisecond))
	}
	if len(seen) > 2*manyTyped {
		t.Errorf("%d are remembered", len(seen))
	}
}
