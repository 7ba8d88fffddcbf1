package hub

import (
	"fmt"
	"net"
	"testing"

	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/store"
	"wschat/hub/wire"
)

// PROTOCOL 5: every request, its answer, and what others hear of it.
func TestJSONRequests(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		all := s.programs("A", "B", "C")
		a, b, c := all[0], all[1], all[2]
		s.away("D")

		a.say(`{"op":"join","id":"1","group":"groupA"}`)
		a.wantsBoth(`{"event":"ack","id":"1"}`, `{"event":"joined","group":"groupA","user":"A"}`)
		a.say(`{"op":"join","id":"2","group":"groupA"}`) // nothing changes, nobody is told
		a.wants(`{"event":"ack","id":"2"}`)
		b.say(`{"op":"send","id":"3","to":"groupA","text":"hi"}`) // joins first
		a.wants(`{"event":"joined","group":"groupA","user":"B"}`, messageText(1, "B", "groupA", "hi"))
		b.wants(`{"event":"joined","group":"groupA","user":"B"}`)
		b.wantsBoth(messageText(1, "B", "groupA", "hi"), ackOf("3", 1))
		calm(all...)

		a.say(`{"op":"who","id":"4","group":"groupA"}`, `{"op":"who","id":"5"}`, `{"op":"who"}`, `{"op":"who","id":"6","group":"groupZ"}`)
		a.wants(`{"event":"members","id":"4","group":"groupA","users":["A","B"],"count":2}`,
			`{"event":"members","id":"5","users":["A","B","C"],"count":3}`,
			`{"event":"members","users":["A","B","C"],"count":3}`,
			`{"event":"members","id":"6","group":"groupZ","users":[],"count":0}`)

		b.say(`{"op":"leave","id":"7","group":"groupA"}`)
		b.wantsBoth(`{"event":"ack","id":"7"}`, `{"event":"left","group":"groupA","user":"B"}`)
		a.wants(`{"event":"left","group":"groupA","user":"B"}`)
		b.say(`{"op":"leave","id":"8","group":"groupA"}`)
		b.wants(errorOf("8", "not_member"))
		calm(all...)

		// Without an id there is no ack.
		a.say(`{"op":"leave","group":"groupA"}`, `{"op":"join","group":"groupA"}`, `{"op":"send","to":"groupA","text":"x"}`)
		a.wants(`{"event":"left","group":"groupA","user":"A"}`, `{"event":"joined","group":"groupA","user":"A"}`,
			messageText(2, "A", "groupA", "x"))
		c.say(`{"op":"send","to":"D","text":"x"}`, `{"op":"send","id":"9","to":"D","text":"y"}`)
		c.wants(messageText(1, "C", "D", "x"), messageText(2, "C", "D", "y"), `{"event":"ack","id":"9","seq":2,"offline":true}`)
		c.say(`{"op":"send","to":"E","text":"x"}`)
		c.wants(errorOf("", "not_online"))
		c.say(`{"op":"send","id":"9","to":"E","text":"x"}`, `{"op":"send","id":"10","to":"E","text":"x"}`)
		c.wants(`{"event":"ack","id":"9","seq":2,"offline":true}`, errorOf("10", "not_online"))
		c.say(`{"op":"history","id":"11","of":"D"}`, `{"op":"history","of":"groupA"}`, `{"op":"history","id":"12","of":"all"}`)
		c.wants(`{"event":"history","id":"11","of":"D","messages":[`+messageText(1, "C", "D", "x")+`,`+messageText(2, "C", "D", "y")+`],"more":false}`,
			errorOf("", "not_member"), `{"event":"history","id":"12","of":"all","messages":[],"more":false}`)
		calm(all...)
	})
}

// PROTOCOL 5: the first event of every connection.
func TestWelcome(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		w, err := s.engine.Welcome("", nil, func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		epoch := w.Epoch
		if epoch == "" {
			t.Fatal("there is no epoch")
		}
		wants := func(access Access, want string) *program {
			t.Helper()
			p, got := s.welcomed(access)
			if fmt.Sprint(got) != fmt.Sprint(parse(t, []byte(want))) {
				t.Fatalf("got\n%v, want\n%v", got, want)
			}
			return p
		}
		head := `{"event":"welcome","epoch":"` + epoch + `","role":"","max_message":0,"max_file":0,"topics":{},`
		a := wants(Access{User: "A"}, head+`"marks":{},"user":"A","groups":[],"conversations":{},"online":["A"],"count":1}`)
		l := s.client("L")
		l.say("groupX,1", "groupX,2", "all,3", "A,4", "L,note", "join,groupA")
		quietBut(l, 5)
		a.sync()
		a.pending = nil
		s.wantMarks("L", "map[A:map[read:1] L:map[read:1] all:map[read:1] groupX:map[read:2]]")
		wants(Access{User: "L"}, head+`"marks":{"all":{"read":1},"groupX":{"read":2},"A":{"read":1},"L":{"read":1}},"user":"L","groups":["groupA","groupX"],"conversations":{"all":1,"groupX":2,"A":1,"L":1},"online":["A","L"],"count":2}`)
		wants(Access{User: "A"}, head+`"marks":{},"user":"A","groups":[],"conversations":{"all":1,"L":1},"online":["A","L"],"count":2}`)
		only := func(group string) bool { return group == "groupA" }
		limited := wants(Access{User: "L", Allows: only},
			head+`"marks":{"all":{"read":1},"A":{"read":1},"L":{"read":1}},"user":"L","groups":["groupA"],"conversations":{"all":1,"A":1,"L":1},"online":["A","L"],"count":2}`)
		calm(limited)

		given, e := s.welcomed(Access{}) // PROTOCOL 2: JSON clients find it in the welcome
		if len(given.name) != 6 || e["user"] != given.name {
			t.Errorf("was given the name %q", given.name)
		}
		calm(given)
	})
}

// quietBut reads what has come, which must be count messages.
func quietBut(c *client, count int) {
	c.t.Helper()
	c.sync()
	if len(c.pending) != count {
		c.t.Fatalf("%s got %d messages, want %d", c.name, len(c.pending), count)
	}
	c.pending = nil
}

// What a client sends right behind its handshake is answered behind the welcome.
func TestWelcomeBeforeEarlyFrames(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		near, far, err := s.connect()
		if err != nil {
			t.Fatal(err)
		}
		var early earlyFrames
		early.text(`{"op":"send","id":"1","to":"all","text":"early"}`)
		early.text(`{"op":"who","id":"2"}`)
		early.text(`no JSON`)
		p := &program{client: s.arrive(Access{User: "A", Protocol: wire.JSONProtocol}, loop.Arrival{Conn: far, Early: early}, near)}
		if e := p.event(); e["event"] != "welcome" {
			t.Fatalf("the first event is %v", e)
		}
		p.wants(messageText(1, "A", "all", "early"), ackOf("1", 1),
			`{"event":"members","id":"2","users":["A"],"count":1}`, errorOf("", "bad_request"))
		calm(p)
	})
}

// However much is being said, the welcome comes first, and what is in it and what
// comes behind leave out nothing.
func TestWelcomeAmongMessages(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		talker := s.client("T")
		quit, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			for {
				select {
				case <-quit:
					return
				default:
					s.send(talker, "A", "x")
					s.send(talker, "groupA", "x")
				}
			}
		}()
		for i := range 10 {
			p, e := s.welcomed(Access{User: "A"})
			if i == 0 {
				p.say(`{"op":"join","group":"groupA"}`)
			}
			seen := map[any]uint64{}
			for name, last := range e["conversations"].(event) {
				seen[name] = number(t, last)
			}
			for range 20 {
				e := p.event()
				if e["event"] != "message" {
					continue
				}
				name := e["to"]
				if name == "A" {
					name = "T"
				}
				seq := number(t, e["seq"])
				if last, ok := seen[name]; ok && seq > last+1 {
					t.Fatalf("%s: message %d comes behind %d", name, seq, last)
				}
				seen[name] = max(seen[name], seq)
			}
			p.conn.Close()
		}
		close(quit)
		<-ended
		talker.conn.Close()
		s.gone("A")
	})
}

func number(t *testing.T, n any) (value uint64) {
	t.Helper()
	if _, err := fmt.Sscan(fmt.Sprint(n), &value); err != nil {
		t.Fatalf("%v is no number", n)
	}
	return value
}

// A welcome can be long; that does not make its reader too slow. Of very many conversations
// it names the newest.
func TestLongWelcome(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		const peers, queue = 2000, 16 << 10
		driver.Queue = queue
		store := store.New(1)
		for i := range peers {
			from := fmt.Sprintf("user-%d", i)
			store.Append(&chat.Message{Conversation: chat.PairOf(from, "A"), From: from, To: "A", Body: []byte("x")}, func(error) {})
		}
		s := start(t, driver, setup{Presence: chat.ToNone, Queue: queue, Store: store})
		b := s.client("B")
		p, e := s.welcomed(Access{User: "A"})
		b.say("A,hi")
		quiet(b)
		p.wants(messageText(1, "B", "A", "hi"))
		if got := len(e["conversations"].(event)); got != chat.MaxConversations || e["more"] != true {
			t.Errorf("it names %d conversations, more: %v, want %d", got, e["more"], chat.MaxConversations)
		}
		calm(p)
	})
}

// Without its store a connection is not let in: it gets nothing but its close.
func TestWelcomeUnavailable(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, setup{Store: lastless{store.New(0)}})
		a := s.client("A")
		near, far, err := s.connect()
		if err != nil {
			t.Fatal(err)
		}
		var early earlyFrames
		early.text(`{"op":"send","id":"1","to":"all","text":"early"}`)
		p := s.arrive(Access{User: "B", Protocol: wire.JSONProtocol}, loop.Arrival{Conn: far, Early: early}, near)
		p.wantClose(1011)
		a.want("用户(B)登录了", "用户(B)退出了")
		p.conn.Close()
		quiet(a)
	})
}

// lastless is a store that cannot be asked for the last numbers.
type lastless struct{ *store.Memory }

func (lastless) Last(string, []string) (map[string]uint64, bool, error) {
	return nil, false, net.ErrClosed
}
