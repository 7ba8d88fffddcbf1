package hub

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"wschat/frame"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// program is a client that speaks JSON.
type program struct {
	*client
	asked int
}

// event is a JSON object.
type event = map[string]any

// program lets a user in, and reads its welcome.
func (s *server) program(user string) *program {
	s.t.Helper()
	p, _ := s.welcomed(Access{User: user})
	return p
}

// programs lets users in one after the other, and forgets what they have heard of
// each other's logins.
func (s *server) programs(users ...string) []*program {
	s.t.Helper()
	var all []*program
	for _, user := range users {
		all = append(all, s.program(user))
	}
	for _, p := range all {
		p.sync()
		p.pending = nil
	}
	return all
}

// welcomed lets somebody in, and returns the first event, which must be a welcome.
func (s *server) welcomed(access Access) (*program, event) {
	s.t.Helper()
	near, far, err := s.connect()
	if err != nil {
		s.t.Fatal(err)
	}
	access.Protocol = wire.JSONProtocol
	p := &program{client: s.arrive(access, loop.Arrival{Conn: far}, near)}
	e := p.event()
	if e["event"] != "welcome" {
		s.t.Fatalf("the first event is %v", e)
	}
	if access.User == "" {
		p.name = e["user"].(string)
	}
	return p, e
}

// parse reads a JSON object, which must be all there is and name each member once.
func parse(t *testing.T, text []byte) event {
	t.Helper()
	var e event
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&e); err != nil || e == nil {
		t.Fatalf("%.200q is no JSON object: %v", text, err)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Fatalf("%.200q is more than one object", text)
	}
	if members := strings.Count(string(text), `"event":`); e["event"] != "history" && e["event"] != "found" && members != 1 {
		t.Fatalf("%.200q has %d kinds", text, members)
	}
	return e
}

// event reads the next event.
func (p *program) event() event {
	p.t.Helper()
	m := p.next()
	if m.Opcode != frame.Text {
		p.t.Fatalf("%s got %v %.200q, want an event", p.name, m.Opcode, m.Payload)
	}
	return parse(p.t, m.Payload)
}

// plain puts T for the times in an event, which must be as they should be, and
// has nothing to say about the words of an error.
func plain(t *testing.T, e event) event {
	t.Helper()
	if messages, ok := e["messages"].([]any); ok {
		for _, m := range messages {
			plain(t, m.(event))
		}
	}
	for _, name := range []string{"time", "edited"} {
		text, ok := e[name].(string)
		if !ok {
			continue
		}
		at, err := time.Parse("2006-01-02T15:04:05.000Z", text)
		if since := time.Since(at); err != nil || since < -time.Second || since > time.Minute {
			t.Errorf("the time %q: %v, %v ago", text, err, since)
		}
		e[name] = "T"
	}
	if text, ok := e["message"].(string); ok && e["event"] == "error" {
		if text == "" || strings.Contains(text, "%") || len(text) > 200 {
			t.Errorf("an error says %q", text)
		}
		e["message"] = "M"
	}
	return e
}

// wants reads events, which must be these, member for member.
func (p *program) wants(events ...string) {
	p.t.Helper()
	for _, text := range events {
		got, want := plain(p.t, p.event()), parse(p.t, []byte(text))
		if !reflect.DeepEqual(got, want) {
			p.t.Fatalf("%s got\n%.300v, want\n%.300v", p.name, got, want)
		}
	}
}

// wantsBoth reads two events, in whatever order they come.
func (p *program) wantsBoth(one, two string) {
	p.t.Helper()
	m := p.next()
	p.pending = append([]frame.Message{m}, p.pending...)
	if parse(p.t, m.Payload)["event"] != parse(p.t, []byte(one))["event"] {
		one, two = two, one
	}
	p.wants(one, two)
}

// sync is client.sync for a program.
func (p *program) sync() {
	p.t.Helper()
	p.settle()
	p.asked++
	id := fmt.Sprintf("sync %d", p.asked)
	p.say(`{"op":"who","id":"` + id + `","group":"groupNobodyEverJoins"}`)
	for {
		m, err := p.Next()
		if err != nil {
			p.t.Fatalf("%s: %v", p.name, err)
		}
		if m.Opcode == frame.Text && parse(p.t, m.Payload)["id"] == id {
			return
		}
		p.pending = append(p.pending, m)
	}
}

// calm is quiet for programs.
func calm(programs ...*program) {
	for _, p := range programs {
		p.t.Helper()
		p.sync()
		for _, m := range p.pending {
			p.t.Errorf("%s got %v %.200q, want nothing", p.name, m.Opcode, m.Payload)
		}
		p.pending = nil
	}
}

// The events that tests want most.
func messageText(seq int, from, to, text string) string {
	quoted, _ := json.Marshal(text)
	return fmt.Sprintf(`{"event":"message","seq":%d,"from":%q,"to":%q,"text":%s,"time":"T"}`, seq, from, to, quoted)
}

func ackOf(id string, seq int) string {
	return fmt.Sprintf(`{"event":"ack","id":%q,"seq":%d}`, id, seq)
}

func errorOf(id, code string) string {
	if id == "" {
		return fmt.Sprintf(`{"event":"error","code":%q,"message":"M"}`, code)
	}
	return fmt.Sprintf(`{"event":"error","id":%q,"code":%q,"message":"M"}`, id, code)
}
