package hub

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// PROTOCOL 6: everyone in a conversation receives its messages in the order of
// their numbers, whatever protocol they speak, and JSON clients see no hole. The
// same with a store that reports later.
func TestConcurrentOrderOfBoth(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		t.Run("memory", func(t *testing.T) { mixedCrowd(t, start(t, driver, silent)) })
		t.Run("delayed", func(t *testing.T) {
			mixedCrowd(t, start(t, driver, setup{Presence: chat.ToNone, Store: NewDelayedStore(t)}))
		})
	})
}

// mixed is a member of a crowd in which some speak JSON.
type mixed struct {
	*client
	json bool
	read []string
}

func mixedCrowd(t *testing.T, s *server) {
	const users, actions = 24, 30
	var all []*mixed
	for i := range users + 4 { // the last four are second connections
		name := fmt.Sprintf("u%02d", i%users)
		m := &mixed{json: i%2 == 1}
		if m.json {
			m.client = s.program(name).client
		} else {
			m.client = s.client(name)
		}
		m.ask(wire.Join, "groupA", "")
		all = append(all, m)
	}
	for _, m := range all {
		if m.json {
			(&program{client: m.client}).sync()
		} else {
			m.sync()
		}
		m.pending = nil
	}
	var busy sync.WaitGroup
	for i, m := range all {
		busy.Go(func() { m.readOn(len(all)) })
		busy.Go(func() {
			for n := range actions {
				text := fmt.Sprintf("%d says %d", i, n)
				switch rand.IntN(3) {
				case 0:
					m.ask(wire.Send, "all", text)
				case 1:
					m.ask(wire.Send, "groupA", text)
				default:
					m.ask(wire.Send, fmt.Sprintf("u%02d", rand.IntN(users)), text)
				}
			}
			m.ask(wire.Send, "all", fmt.Sprintf("%d says its last", i)) // so that everyone knows when all have spoken
		})
	}
	busy.Wait()
	for _, m := range all {
		m.check(s)
	}
}

// ask sends a request in the client's protocol.
func (m *mixed) ask(op wire.Op, target, text string) {
	line, object := target+","+text, fmt.Sprintf(`{"op":"send","id":%q,"to":%q,"text":%q}`, text, target, text)
	if op == wire.Join {
		line, object = "join,"+target, fmt.Sprintf(`{"op":"join","group":%q}`, target)
	}
	if m.json {
		line = object
	}
	if err := m.SendText(line); err != nil {
		m.t.Error(err)
	}
}

// readOn reads until so many have said their last, and then what is still under
// way.
func (m *mixed) readOn(talking int) {
	asked := false
	for {
		text, err := m.NextText()
		if err != nil {
			m.t.Error(err)
			return
		}
		switch {
		case text == answer || strings.HasPrefix(text, `{"event":"members"`):
			return
		case strings.Contains(text, "says its last") && !strings.HasPrefix(text, `{"event":"ack"`):
			talking--
		}
		m.read = append(m.read, text)
		if talking == 0 && !asked {
			asked = true
			m.settle() // what is said elsewhere may come later than the last of all
			question := question
			if m.json {
				question = `{"op":"who","group":"groupNobodyEverJoins"}`
			}
			if err := m.SendText(question); err != nil {
				m.t.Error(err)
				return
			}
		}
	}
}

// check compares what was read with what the store has.
func (m *mixed) check(s *server) {
	m.t.Helper()
	if m.json {
		m.checkEvents(s)
		return
	}
	seq := make(map[string]uint64) // by text, of what everyone gets
	conversation := make(map[string]string)
	count := 0
	for _, name := range []string{"all", "groupA"} {
		messages, _, _ := s.engine.History(name, chat.Query{Limit: 1 << 20})
		count += len(messages)
		for _, message := range messages {
			seq[string(message.Body)], conversation[string(message.Body)] = message.Seq, name
		}
	}
	last := make(map[string]uint64)
	for _, line := range m.read {
		text := body(line)
		name := conversation[text]
		if name == "" { // a private one
			continue
		}
		if seq[text] != last[name]+1 {
			m.t.Fatalf("%s: message %d of %s comes behind %d", m.name, seq[text], name, last[name])
		}
		last[name]++
		count--
	}
	if count != 0 {
		m.t.Fatalf("%s has not got %d messages", m.name, count)
	}
}

// checkEvents makes sure that in each conversation that it takes part in the
// client has got every message from the first it saw on, its own included.
func (m *mixed) checkEvents(s *server) {
	m.t.Helper()
	last := make(map[string]uint64)
	for _, text := range m.read {
		e := parse(m.t, []byte(text))
		switch e["event"] {
		case "message":
		case "ack", "joined":
			continue
		default:
			m.t.Fatalf("%s got %s", m.name, text)
		}
		name := e["to"].(string)
		if name != "all" && name != "groupA" {
			name = chat.PairOf(name, e["from"].(string))
		}
		if seq := number(m.t, e["seq"]); seq != last[name]+1 {
			m.t.Fatalf("%s: message %d of %s comes behind %d", m.name, seq, name, last[name])
		}
		last[name]++
	}
	for name, seq := range last {
		messages, _, _ := s.engine.History(name, chat.Query{Limit: 1 << 20})
		if int(seq) != len(messages) {
			m.t.Fatalf("%s got %d of %d messages of %s", m.name, seq, len(messages), name)
		}
	}
}
