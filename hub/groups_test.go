package hub

import (
	"fmt"
	"strings"
	"testing"

	"wschat/hub/loop"
)

// PROTOCOL 5.2: a topic is the members' to set, told to them, in their welcome, and shown in
// the list of groups.
func TestTopic(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		all := s.programs("A", "B", "C")
		a, b, c := all[0], all[1], all[2]
		a.say(`{"op":"join","group":"groupA"}`)
		a.event()
		b.say(`{"op":"join","group":"groupA"}`)
		a.event()
		b.event()
		a.say(`{"op":"topic","id":"1","group":"groupA","text":"tea at five"}`)
		a.wantsBoth(`{"event":"topic","group":"groupA","text":"tea at five","user":"A"}`, `{"event":"ack","id":"1"}`)
		b.wants(`{"event":"topic","group":"groupA","text":"tea at five","user":"A"}`)
		c.say(`{"op":"topic","id":"2","group":"groupA","text":"mine"}`, `{"op":"groups","id":"3"}`)
		c.wants(errorOf("2", "not_member"), `{"event":"groups","id":"3","groups":[{"group":"groupA","members":2,"online":2,"topic":"tea at five"}],"more":false}`)
		if groups, _, err := s.Hub.engine.Groups(); err != nil || len(groups) != 1 || groups[0].Topic != "" {
			t.Errorf("the operator sees %v, %v", groups, err) // PROTOCOL 8 has no topic
		}
		b.say(`{"op":"topic","id":"same","group":"groupA","text":"tea at five"}`) // told to nobody
		b.wants(`{"event":"ack","id":"same"}`)
		second, welcome := s.welcomed(Access{User: "B"})
		if got := fmt.Sprint(welcome["topics"]); got != "map[groupA:tea at five]" {
			t.Errorf("topics: %s", got)
		}
		second.say(`{"op":"topic","id":"4","group":"groupA"}`)
		second.wantsBoth(`{"event":"topic","group":"groupA","text":"","user":"B"}`, `{"event":"ack","id":"4"}`)
		for _, p := range []*program{a, b} {
			p.wants(`{"event":"topic","group":"groupA","text":"","user":"B"}`)
		}
		c.say(`{"op":"groups","id":"5"}`)
		c.wants(`{"event":"groups","id":"5","groups":[{"group":"groupA","members":2,"online":2}],"more":false}`)
		calm(a, b, c, second)
	})
}

// PROTOCOL 5.2: groups with members that the connection may be in, by name, behind after.
func TestGroupDirectory(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	a := s.program("A")
	for _, group := range []string{"groupB", "groupA", "groupPb", "groupPa", "groupPc"} {
		a.say(`{"op":"join","group":"` + group + `"}`)
		a.event()
	}
	a.settle()
	limited, _ := s.welcomed(Access{User: "B", Allows: func(group string) bool { return group != "groupPb" }})
	for _, test := range []struct {
		from           *program
		request, names string
		more           bool
	}{
		{a, ``, "groupA groupB groupPa groupPb groupPc", false},
		{a, `,"limit":2`, "groupA groupB", true},
		{a, `,"limit":5`, "groupA groupB groupPa groupPb groupPc", false},
		{a, `,"prefix":"groupP"`, "groupPa groupPb groupPc", false},
		{a, `,"prefix":"groupP","after":"groupPa"`, "groupPb groupPc", false},
		{a, `,"prefix":"groupP","after":"groupPa","limit":1`, "groupPb", true},
		{a, `,"prefix":"groupP","after":"groupZ"`, "", false},
		{a, `,"prefix":"x"`, "", false},
		{limited, `,"prefix":"groupP"`, "groupPa groupPc", false},
		{limited, `,"prefix":"groupP","limit":2`, "groupPa groupPc", false},
	} {
		test.from.say(`{"op":"groups","id":"1"` + test.request + `}`)
		e := test.from.event()
		var names []string
		for _, g := range e["groups"].([]any) {
			names = append(names, g.(event)["group"].(string))
		}
		if got := strings.Join(names, " "); e["event"] != "groups" || got != test.names || e["more"] != test.more {
			t.Errorf("%s: got %s, more %v", test.request, got, e["more"])
		}
	}
	calm(a, limited)
}

// PROTOCOL 5.2: members of the group who are not online.
func TestWhoIsAway(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	a, c := s.program("A"), s.client("C")
	c.say("join,groupA")
	c.next()
	a.say(`{"op":"join","group":"groupA"}`)
	a.event()
	for _, step := range []struct{ request, want string }{
		{`"group":"groupA","away":true`, `"group":"groupA","users":["A","C"],"count":2,"away":[]`},
		{`"group":"groupA"`, `"group":"groupA","users":["A","C"],"count":2`},
		{`"group":"groupNone","away":true`, `"group":"groupNone","users":[],"count":0,"away":[]`},
	} {
		a.say(`{"op":"who","id":"1",` + step.request + `}`)
		a.wants(`{"event":"members","id":"1",` + step.want + `}`)
	}
	c.conn.Close()
	s.gone("C")
	a.say(`{"op":"who","id":"2","group":"groupA","away":true}`)
	a.wants(`{"event":"members","id":"2","group":"groupA","users":["A"],"count":1,"away":["C"]}`)
	calm(a)
}
