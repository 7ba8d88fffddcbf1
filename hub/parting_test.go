package hub

import (
	"fmt"
	"testing"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/store"
)

// PROTOCOL 4 and 6: however the server ends a connection, what was accepted is
// answered before the close frame, in both protocols.
func TestAnswersBeforeTheEnd(t *testing.T) {
	const sends = 20
	for _, row := range []struct {
		name string
		code frame.CloseCode
		end  func(s *server)
	}{
		{"drain", frame.GoingAway, func(s *server) { go s.loops.Drain(s.t.Context(), 0) }},
		{"kick", frame.PolicyViolation, func(s *server) { s.engine.Kick("A", 0) }},
		{"replaced", frame.Replaced, func(s *server) {
			node{s.Hub}.Replace("A", 1<<30)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			drivers(t, func(t *testing.T, driver loop.Config) {
				store := NewDelayedStore(t)
				s := start(t, driver, setup{Presence: chat.ToNone, Store: store})
				s.away("C")
				a, l := s.program("A"), s.client("A")
				store.hold()
				for i := range sends {
					a.say(fmt.Sprintf(`{"op":"send","id":"%d","to":"all","text":"%d"}`, i, i))
				}
				calm(a)
				l.say("C,x")
				quiet(l)
				row.end(s)
				a.say(`{"op":"send","id":"late","to":"all","text":"late"}`) // accepted or not
				store.release()
				acked := a.acksUntilClose(row.code)
				for i := range sends {
					if !acked[fmt.Sprint(i)] {
						t.Errorf("%d is not acked", i)
					}
				}
				messages, _, _ := store.History(chat.Everyone, chat.Query{Limit: 100})
				if len(messages) != len(acked) {
					t.Errorf("%d are stored, %d are acked", len(messages), len(acked))
				}
				told := false
				m := l.next()
				for ; m.Opcode == frame.Text; m = l.next() {
					told = told || string(m.Payload) == offline("C")
				}
				if code, _, _ := frame.ParseClose(m.Payload); code != row.code || !told {
					t.Errorf("the line client got %v, told of its message: %v", code, told)
				}
			})
		})
	}
}

// acksUntilClose reads up to a close frame, and returns the ids that are acked.
func (p *program) acksUntilClose(want frame.CloseCode) map[string]bool {
	p.t.Helper()
	acked := make(map[string]bool)
	for {
		m := p.next()
		if m.Opcode == frame.Close {
			if code, _, _ := frame.ParseClose(m.Payload); code != want {
				p.t.Errorf("closed with %v, want %v", code, want)
			}
			return acked
		}
		if e := parse(p.t, m.Payload); e["event"] == "ack" {
			acked[e["id"].(string)] = true
		}
	}
}

// PROTOCOL 6: "Waiting means: not yet written to any line connection". If the store
// does not tell what waits the connection ends, and nothing is marked: a live message
// must not vouch for those before it.
func TestWaitingOutOfReach(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		store := &lateStore{Memory: store.New(0)}
		s := start(t, driver, setup{Presence: chat.ToNone, Store: store})
		s.away("B")
		a := s.client("A")
		a.say("B,1", "B,2")
		a.want(offline("B"), offline("B"))
		store.fails.Store(true)
		meanwhile := func() { s.send(a, "B", "3") }
		store.beforeWaiting.Store(&meanwhile)
		b := s.raw("B")
		b.wantClose(frame.InternalError)
		b.conn.Close()
		s.gone("B")
		store.beforeWaiting.Store(nil)
		store.fails.Store(false)
		a.say("B,4")
		a.want(offline("B"))
		b = s.client("B")
		b.want("用户(A=>B):1", "用户(A=>B):2", "用户(A=>B):3", "用户(A=>B):4")
		quiet(a, b)
	})
}
