package hub

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
)

// PROTOCOL 5: line and JSON clients talk to each other.
func TestLineAndJSON(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		l, p := s.client("L"), s.program("P")
		send := func(to, text string) {
			t.Helper()
			quoted, _ := json.Marshal(text)
			p.say(fmt.Sprintf(`{"op":"send","to":%q,"text":%s}`, to, quoted))
		}
		for i, row := range []struct{ text, line string }{ // line: as line clients read it, if otherwise
			{"text", ""}, {"a,b", ""}, {" ", ""}, {`"quoted\"`, ""}, {"<b>&amp;</b>", ""}, {"\u2028\u2029", ""}, {"你好，😀", ""},
			{"\ufeff", ""}, {"\ufffd", ""}, {"a\tb", ""},
			{"two\nlines\r\n", "two\n\tlines\r\n\t"}, {"\x00\x1b[2J\r\x7f\u009b\u202e", "\ufffd\ufffd[2J\ufffd\ufffd\ufffd\ufffd"},
		} {
			seq, text := 2*i, row.text
			line := cmp.Or(row.line, text)
			send("L", text)
			l.want("用户(P=>L):" + line)
			p.wants(messageText(seq+1, "P", "L", text))
			l.say("P," + text)
			p.wants(messageText(seq+2, "L", "P", text))

			send("all", text)
			l.want("用户(P=>L):" + line)
			p.wants(messageText(seq+1, "P", "all", text))
			l.say("all," + text)
			l.want("用户(L=>L):" + line)
			p.wants(messageText(seq+2, "L", "all", text))

			send("groupX", text)
			if i == 0 {
				p.wants(`{"event":"joined","group":"groupX","user":"P"}`, messageText(1, "P", "groupX", text))
				l.say("join,groupX")
				l.want("系统:已加入 groupX")
				p.wants(`{"event":"joined","group":"groupX","user":"L"}`)
			} else {
				p.wants(messageText(seq+1, "P", "groupX", text))
				l.want("用户(P=>L):" + line)
			}
			l.say("groupX," + text)
			l.want("用户(L=>L):" + line)
			p.wants(messageText(seq+2, "L", "groupX", text))
		}
		calm(p)
		quiet(l)
	})
}

// PROTOCOL 5: a binary message has data and no text. PROTOCOL 3 holds for JSON
// clients that send binary.
func TestBinaryToJSON(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		l, p := s.client("L"), s.program("P")
		for i, body := range []string{"\x00", "\xff\xfe,", "plain", strings.Repeat("\x80", 1000)} {
			data := base64.StdEncoding.EncodeToString([]byte(body))
			want := func(seq int, from, to string) string {
				return fmt.Sprintf(`{"event":"message","seq":%d,"from":%q,"to":%q,"data":%q,"time":"T"}`, seq, from, to, data)
			}
			l.Send(frame.Binary, []byte("P,"+body))
			p.wants(want(2*i+1, "L", "P"))
			p.Send(frame.Binary, []byte("L,"+body))
			l.wantMessage(frame.Binary, []byte("用户(P=>L):"+body))
			p.wants(want(2*i+2, "P", "L"))
			p.Send(frame.Binary, []byte("all,"+body))
			l.wantMessage(frame.Binary, []byte("用户(P=>L):"+body))
			p.wants(want(i+1, "P", "all"))
			p.say(fmt.Sprintf(`{"op":"history","of":"all","after":%d}`, i))
			p.wants(`{"event":"history","of":"all","messages":[` + want(i+1, "P", "all") + `],"more":false}`)
		}
		for body, code := range map[string]string{
			"no comma": "bad_request", "L,": "bad_request", "who,": "bad_target", "\xff,x": "bad_target",
			"group,x": "bad_target", "Nobody,x": "not_online", `{"op":"who"}`: "bad_request",
		} {
			p.Send(frame.Binary, []byte(body))
			p.wants(errorOf("", code))
		}
		calm(p)
		quiet(l)
	})
}

// PROTOCOL 5: a private message is copied to the sender's JSON connections, not
// to its line connections, once on each.
func TestPrivateCopies(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		var lines, to []*client
		var json, toJSON []*program
		for range 2 {
			lines, json = append(lines, s.client("A")), append(json, s.program("A"))
			to, toJSON = append(to, s.client("B")), append(toJSON, s.program("B"))
		}
		check := func(seq int, text string) {
			t.Helper()
			for i := range 2 {
				to[i].want("用户(A=>B):" + text)
				toJSON[i].wants(messageText(seq, "A", "B", text))
			}
			json[1].wants(messageText(seq, "A", "B", text))
			quiet(append(lines, to...)...)
			calm(append(json, toJSON...)...)
		}
		json[0].say(`{"op":"send","id":"1","to":"B","text":"from JSON"}`)
		json[0].wantsBoth(messageText(1, "A", "B", "from JSON"), ackOf("1", 1))
		check(1, "from JSON")
		lines[0].say("B,from a line")
		json[0].wants(messageText(2, "A", "B", "from a line"))
		check(2, "from a line")

		// To oneself: once on each connection, lines included.
		json[0].say(`{"op":"send","to":"A","text":"note"}`)
		lines[1].say("A,other note")
		for i := range 2 {
			e := json[i].event()["text"]
			f := json[i].event()["text"]
			if e == f || e != "note" && e != "other note" || f != "note" && f != "other note" {
				t.Errorf("got %v and %v", e, f)
			}
			lines[i].sync()
			if len(lines[i].pending) != 2 {
				t.Errorf("%d lines", len(lines[i].pending))
			}
			lines[i].pending = nil
		}
		calm(append(json, toJSON...)...)
		quiet(append(lines, to...)...)

		// An operator's message is the sender's as well.
		if seq, offline, err := s.Publish("A", "B", "from the operator"); seq != 3 || offline || err != nil {
			t.Fatal(seq, offline, err)
		}
		json[0].wants(messageText(3, "A", "B", "from the operator"))
		check(3, "from the operator")
	})
}

// PROTOCOL 6: a JSON connection finds what waits through conversations, which
// does not use it up.
func TestJSONDoesNotUseUpWaiting(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		s.away("B")
		a := s.client("A")
		a.say("B,1")
		a.want(offline("B"))
		b, e := s.welcomed(Access{User: "B"})
		if got := fmt.Sprint(e["conversations"]); got != "map[A:1]" {
			t.Errorf("the conversations are %s", got)
		}
		b.say(`{"op":"history","of":"A","after":0}`)
		b.wants(`{"event":"history","of":"A","messages":[` + messageText(1, "A", "B", "1") + `],"more":false}`)
		a.say("B,2") // B is online
		b.wants(messageText(2, "A", "B", "2"))
		quiet(a)
		calm(b)
		line := s.client("B")
		line.want("用户(A=>B):1", "用户(A=>B):2")
		quiet(line)
		calm(b)
	})
}

// PROTOCOL 5: joined and left go to the group's JSON members, the one it is about
// included, on all connections, and to nobody else.
func TestJoinedAndLeft(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		line, a, b, out := s.client("L"), s.program("A"), s.program("B"), s.program("O")
		a2 := s.program("A")
		joined := func(user string) string { return fmt.Sprintf(`{"event":"joined","group":"groupX","user":%q}`, user) }
		left := func(user string) string { return fmt.Sprintf(`{"event":"left","group":"groupX","user":%q}`, user) }
		line.say("join,groupX", "join,groupX")
		line.want("系统:已加入 groupX", "系统:已加入 groupX")
		a.say(`{"op":"join","group":"groupX"}`, `{"op":"join","group":"groupX"}`)
		a.wants(joined("A"))
		a2.wants(joined("A"))
		b.say(`{"op":"send","to":"groupX","text":"x"}`, `{"op":"send","to":"groupX","text":"y"}`)
		for _, p := range []*program{a, a2, b} {
			p.wants(joined("B"), messageText(1, "B", "groupX", "x"), messageText(2, "B", "groupX", "y"))
		}
		line.want("用户(B=>L):x", "用户(B=>L):y")
		b.Send(frame.Binary, []byte("groupX,z"))
		for _, p := range []*program{a, a2, b} {
			p.event()
		}
		line.wantMessage(frame.Binary, []byte("用户(B=>L):z"))

		line.say("leave,groupX", "leave,groupX", "groupX,back")
		for _, p := range []*program{a, a2, b} {
			p.wants(left("L"), joined("L"), messageText(4, "L", "groupX", "back"))
		}
		quietBut(line, 3)
		a2.say(`{"op":"leave","group":"groupX"}`, `{"op":"leave","group":"groupX"}`)
		a2.wants(left("A"), errorOf("", "not_member"))
		a.wants(left("A"))
		b.wants(left("A"))
		b.say(`{"op":"leave","group":"groupX"}`)
		b.wants(left("B"))
		calm(a, a2, b, out)
		quiet(line)

		// Ending a connection is not leaving, and coming back is not joining.
		b.say(`{"op":"join","group":"groupX"}`)
		b.wants(joined("B"))
		line.conn.Close()
		s.gone("L")
		s.client("L")
		calm(a, a2, b, out)
	})
}

// PROTOCOL 7, -presence: online and offline as for line clients.
func TestOnlineAndOffline(t *testing.T) {
	for _, presence := range []chat.Presence{chat.ToAll, chat.ToGroup, chat.ToNone} {
		s := start(t, loop.Config{}, setup{Presence: presence})
		all := s.programs("A", "G", "N")
		a, g, n := all[0], all[1], all[2]
		for _, p := range all[:2] {
			p.say(`{"op":"join","group":"groupX"}`)
		}
		l := s.client("L")
		for _, p := range all {
			p.sync()
			p.pending = nil
		}
		told := all[1:]
		switch presence {
		case chat.ToGroup:
			told = []*program{g}
		case chat.ToNone:
			told = nil
		}
		a.conn.Close()
		s.gone("A")
		for _, p := range told {
			p.wants(`{"event":"offline","user":"A"}`)
		}
		first, e := s.welcomed(Access{User: "A"})
		if fmt.Sprint(e["online"]) != "[A G L N]" { // whoever is told of logins
			t.Errorf("online: %v", e["online"])
		}
		second := s.program("A")
		for _, p := range told {
			p.wants(`{"event":"online","user":"A"}`)
		}
		second.conn.Close()
		calm(first, g, n)
		if presence == chat.ToAll {
			l.want("用户(A)退出了", "用户(A)登录了")
		}
		quiet(l)
	}
}

// PROTOCOL 2: a connection gets nothing of a group that its token does not allow.
func TestJSONGroupLimit(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		b := s.program("B")
		free := s.program("A")
		free.say(`{"op":"send","to":"groupX","text":"before"}`, `{"op":"join","group":"groupA"}`)
		free.event()
		free.event()
		free.event()
		limited, e := s.welcomed(Access{User: "A", Allows: func(group string) bool { return group == "groupA" }})
		if got := fmt.Sprint(e["groups"], e["conversations"]); got != "[groupA] map[]" {
			t.Errorf("the welcome names %s", got)
		}
		for _, request := range []string{
			`"op":"send","to":"groupX","text":"x"`, `"op":"join","group":"groupX"`, `"op":"who","group":"groupX"`,
			`"op":"history","of":"groupX"`, `"op":"history","of":"groupX","after":0`,
		} {
			limited.say(`{"id":"1",` + request + `}`)
			limited.wants(errorOf("1", "forbidden"))
		}
		limited.Send(frame.Binary, []byte("groupX,x"))
		limited.wants(errorOf("", "forbidden"))
		b.say(`{"op":"send","to":"groupX","text":"secret"}`, `{"op":"leave","group":"groupX"}`)
		b.wants(`{"event":"joined","group":"groupX","user":"B"}`, messageText(2, "B", "groupX", "secret"), `{"event":"left","group":"groupX","user":"B"}`)
		free.wants(`{"event":"joined","group":"groupX","user":"B"}`, messageText(2, "B", "groupX", "secret"), `{"event":"left","group":"groupX","user":"B"}`)
		free.say(`{"op":"leave","group":"groupX"}`, `{"op":"join","group":"groupX"}`)
		free.wants(`{"event":"left","group":"groupX","user":"A"}`, `{"event":"joined","group":"groupX","user":"A"}`)
		calm(limited, free, b)
		limited.say(`{"op":"send","to":"groupA","text":"allowed"}`)
		limited.wants(messageText(1, "A", "groupA", "allowed"))
		free.wants(messageText(1, "A", "groupA", "allowed"))
		calm(limited, free, b)
	})
}
