//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"wschat/frame"
	"wschat/handshake"
)

// PROTOCOL 3, row for row.
func TestChat(t *testing.T) {
	s := start(t)
	users := s.logins("A", "B", "C")
	a, b, c := users[0], users[1], users[2]

	s.run("login is answered with nothing", func(t *testing.T) {
		a.say("login,A", "login,", "login")
		a.hearsNothing()
		b.hearsNothing()
	})
	s.run("private, to one alone", func(t *testing.T) {
		a.say("B,hello")
		b.hears("用户(A=>B):hello")
		a.hearsNothing()
		c.hearsNothing()
	})
	s.run("the first comma splits, the others stay", func(t *testing.T) {
		a.say("B,one, two,,three,", "B,,", "B, x ")
		b.hears("用户(A=>B):one, two,,three,", "用户(A=>B):,", "用户(A=>B): x ")
	})
	s.run("to oneself", func(t *testing.T) {
		a.say("A,note")
		a.hears("用户(A=>A):note")
	})
	s.run("all, the sender included", func(t *testing.T) {
		b.say("all,大家好 👋🏽")
		for _, r := range users {
			r.hears("用户(B=>" + r.name + "):大家好 👋🏽")
		}
	})
	// Neither a line of its own nor a terminal's command comes out of a text.
	const sent = "a\n用户(C=>B):x\r\nb\t<b>\r\x00\x1b[2J\x7f\u009b\u202e\u2066"
	const reads = "a\n\t用户(C=>B):x\r\n\tb\t<b>\ufffd\ufffd\ufffd[2J\ufffd\ufffd\ufffd\ufffd"
	s.run("a text at a terminal", func(t *testing.T) {
		a.say("B," + sent)
		b.hears("用户(A=>B):" + reads)
		if err := a.Send(frame.Binary, []byte("B,"+sent)); err != nil {
			t.Fatal(err)
		}
		if m, err := b.NextMessage(); err != nil || m.Opcode != frame.Binary || string(m.Payload) != "用户(A=>B):"+sent {
			t.Errorf("got %v %q, %v, want every byte of a binary message", m.Opcode, m.Payload, err)
		}
	})
	s.run("history", func(t *testing.T) {
		a.say("history,B")
		a.hears("用户(A=>B):hello", "用户(A=>B):one, two,,three,", "用户(A=>B):,", "用户(A=>B): x ", "用户(A=>B):"+reads)
		if m, err := a.NextMessage(); err != nil || string(m.Payload) != "用户(A=>B):"+sent {
			t.Errorf("got %q, %v, want the binary message", m.Payload, err)
		}
		c.say("history,all", "history,A", "history,groupA")
		c.hears("用户(B=>C):大家好 👋🏽", "系统:没有历史消息", "错误:你不在 groupA 中")
	})
	s.run("fragments, with a ping between", func(t *testing.T) {
		// The smile is cut in two, its ping answered before its message is whole.
		if err := a.Raw(masked(frame.Header{Opcode: frame.Text}, "B,\xf0\x9f")); err != nil {
			t.Fatal(err)
		}
		if err := a.Send(frame.Ping, []byte("here?")); err != nil {
			t.Fatal(err)
		}
		if m, err := a.NextMessage(); err != nil || m.Opcode != frame.Pong || string(m.Payload) != "here?" {
			t.Fatalf("got %v %q, %v, want the pong", m.Opcode, m.Payload, err)
		}
		if err := a.Raw(masked(frame.Header{Fin: true}, "\x98\x80")); err != nil {
			t.Fatal(err)
		}
		b.hears("用户(A=>B):😀")
	})
}

// masked is a frame with a key of zeros.
func masked(h frame.Header, payload string) []byte {
	h.Masked, h.Length = true, int64(len(payload))
	return append(frame.AppendHeader(nil, h), payload...)
}

func TestGroupsAreSeparate(t *testing.T) {
	s := start(t)
	users := s.logins("A", "B", "AB", "N")
	a, b, both, none := users[0], users[1], users[2], users[3]
	a.say("join,groupA")
	a.hears("系统:已加入 groupA")
	b.say("groupB,opening") // joins
	b.hears("用户(B=>B):opening")
	both.say("join,groupA", "join,groupB", "join,groupB")
	both.hears("系统:已加入 groupA", "系统:已加入 groupB", "系统:已加入 groupB")

	a.say("groupA,for A")
	a.hears("用户(A=>A):for A")
	both.hears("用户(A=>AB):for A")
	b.say("groupB,for B")
	b.hears("用户(B=>B):for B")
	both.hears("用户(B=>AB):for B")
	for _, each := range users {
		each.hearsNothing()
	}
	none.say("who,groupA", "who,groupB", "who,group前端", "who,")
	none.hears("系统:在线 2: A AB", "系统:在线 2: AB B", "系统:在线 0:", "系统:在线 4: A AB B N")

	both.say("leave,groupA", "leave,groupA")
	both.hears("系统:已离开 groupA", "错误:你不在 groupA 中")
	a.say("groupA,alone")
	a.hears("用户(A=>A):alone")
	both.hearsNothing()
	both.say("groupB,still here", "history,groupA")
	both.hears("用户(AB=>AB):still here", "错误:你不在 groupA 中")
	b.hears("用户(AB=>B):still here")
}

// "never by closing": the same connection gets all the answers.
func TestErrorsGoToTheSenderAlone(t *testing.T) {
	s := start(t)
	users := s.logins("A", "B")
	a, b := users[0], users[1]
	for line, want := range map[string]string{
		"no comma":                      "错误:格式应为 目的地,内容",
		"":                              "错误:格式应为 目的地,内容",
		"Z,hi":                          "错误:用户(Z)不在线",
		"group,hi":                      "错误:群组名无效,应为 group 加 1 到 58 字节的字母、数字或 _ - . @",
		"group!,hi":                     "错误:群组名无效,应为 group 加 1 到 58 字节的字母、数字或 _ - . @",
		"join,A":                        "错误:群组名无效,应为 group 加 1 到 58 字节的字母、数字或 _ - . @",
		"leave,groupA":                  "错误:你不在 groupA 中",
		"B,":                            "错误:内容不能为空",
		"all,":                          "错误:内容不能为空",
		",hi":                           "错误:用户编号无效,应为 1 到 64 字节的字母、数字或 _ - . @",
		"a b,hi":                        "错误:用户编号无效,应为 1 到 64 字节的字母、数字或 _ - . @",
		strings.Repeat("x", 65) + ",hi": "错误:用户编号无效,应为 1 到 64 字节的字母、数字或 _ - . @",
		"group" + strings.Repeat("x", 59) + ",hi": "错误:群组名无效,应为 group 加 1 到 58 字节的字母、数字或 _ - . @",
	} {
		a.say(line)
		a.hears(want)
	}
	a.hearsNothing()
	b.hearsNothing()
}

// PROTOCOL 3: "One final LF or CR LF behind a command (not a message) is no part of it."
// Tools that send what is typed, such as websocat, leave it there.
func TestLineEndsBehindCommands(t *testing.T) {
	s := start(t)
	a := s.login("A")
	for _, end := range []string{"\n", "\r\n"} {
		a.say("login"+end, "login,x"+end, "join,groupA"+end, "who,groupA"+end, "who,"+end, "history,groupA"+end, "leave,groupA"+end)
		a.hears("系统:已加入 groupA", "系统:在线 1: A", "系统:在线 1: A", "系统:没有历史消息", "系统:已离开 groupA")
		a.say("who"+end, "join,groupA"+end+end)
		a.hears("错误:格式应为 目的地,内容", "错误:群组名无效,应为 group 加 1 到 58 字节的字母、数字或 _ - . @")
		if err := a.Send(frame.Binary, []byte("A,body"+end)); err != nil {
			t.Fatal(err)
		}
		if m, err := a.NextMessage(); err != nil || m.Opcode != frame.Binary || string(m.Payload) != "用户(A=>A):body"+end {
			t.Errorf("got %v %q, %v, want the body with its line end", m.Opcode, m.Payload, err)
		}
	}
	b, err := s.dial(handshake.Dialer{Protocols: []string{"wschat.v1.json"}}, socket("B"))
	if err != nil {
		t.Fatal(err)
	}
	a.hears("用户(B)登录了")
	a.say("B,text\n")
	for {
		event, err := b.NextText()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(event, `"event":"message"`) {
			if !strings.Contains(event, `"text":"text\n"`) {
				t.Errorf("got %s, want the text with its line end", event)
			}
			break
		}
	}
}

// Lengths at which the frame's header changes (RFC 6455 §5.2), in the client's
// message and in what is delivered, and 64 KiB.
func TestLengths(t *testing.T) {
	s := start(t)
	users := s.logins("A", "B")
	a, b := users[0], users[1]
	b.say("join,groupA")
	b.hears("系统:已加入 groupA")
	delivered := len("用户(A=>B):")
	for _, edge := range []int{125, 126, 127, 65535, 65536, 65537, 64<<10 + len("groupA,")} {
		for _, overhead := range []int{len("groupA,"), delivered} {
			body := strings.Repeat("x,中😀", edge/9+1)[:edge-overhead-4]
			body = strings.ToValidUTF8(body, "") // an end within a character
			body += strings.Repeat("z", edge-overhead-len(body))
			a.say("groupA," + body)
			a.hears("用户(A=>A):" + body)
			b.hears("用户(A=>B):" + body)
		}
	}
}

// PROTOCOL 3: "the rest is opaque and reaches each recipient unchanged".
func TestBinary(t *testing.T) {
	s := start(t)
	users := s.logins("A", "B")
	a, b := users[0], users[1]
	body := []byte("\x00\xff,\xc3(用户")
	for _, to := range []string{"B", "all", "groupA"} {
		if to == "groupA" {
			b.say("join,groupA")
			b.hears("系统:已加入 groupA")
		}
		if err := a.Send(frame.Binary, append([]byte(to+","), body...)); err != nil {
			t.Fatal(err)
		}
		m, err := b.NextMessage()
		if want := append([]byte("用户(A=>B):"), body...); err != nil || m.Opcode != frame.Binary || !bytes.Equal(m.Payload, want) {
			t.Fatalf("to %s: got %v %q, %v, want binary %q", to, m.Opcode, m.Payload, err, want)
		}
		if to != "B" {
			if m, err := a.NextMessage(); err != nil || m.Opcode != frame.Binary {
				t.Fatalf("to %s: the sender got %v %q, %v", to, m.Opcode, m.Payload, err)
			}
		}
	}
	if err := a.Send(frame.Binary, []byte("who,")); err != nil {
		t.Fatal(err)
	}
	a.hears("错误:二进制消息只能发给用户、群组或 all")
}

func TestSeveralConnectionsOfOneUser(t *testing.T) {
	s := start(t)
	users := s.logins("A", "B")
	a, phone := users[0], users[1]
	desk := s.login("B")
	a.hearsNothing() // B had logged in already
	a.say("B,hi")
	phone.hears("用户(A=>B):hi")
	desk.hears("用户(A=>B):hi")
	phone.leave()
	a.hearsNothing()
	desk.leave()
	a.hears("用户(B)退出了")
	a.hearsNothing()
}

func TestGivenUserID(t *testing.T) {
	s := start(t)
	a := s.login("A")
	for _, target := range []string{"/socket", "/socket?userId=", "/socket?other=1"} {
		c, err := s.dial(handshake.Dialer{}, target)
		if err != nil {
			t.Fatal(err)
		}
		told, err := c.NextText()
		id, ok := strings.CutPrefix(told, "系统:你的用户编号是 ")
		if err != nil || !ok || len(id) != 6 || strings.Trim(id, "0123456789") != "" {
			t.Fatalf("%s: got %q, %v, want an id of six digits", target, told, err)
		}
		a.hears("用户(" + id + ")登录了")
		a.say(id + ",welcome")
		c.hears("用户(A=>" + id + "):welcome")
		c.leave()
		a.hears("用户(" + id + ")退出了")
	}
}

// PROTOCOL 6: who has been here gets on return what was sent meanwhile.
func TestWaitingMessages(t *testing.T) {
	s := start(t)
	users := s.logins("A", "B")
	a, b := users[0], users[1]
	b.leave()
	a.hears("用户(B)退出了")
	for i := range 3 {
		a.say(fmt.Sprint("B,", i, "\x1b\n"))
		a.hears("系统:用户(B)不在线,上线后送达")
	}
	c, err := s.dial(handshake.Dialer{}, socket("B"))
	if err != nil {
		t.Fatal(err)
	}
	c.hears("用户(A=>B):0\ufffd\n\t", "用户(A=>B):1\ufffd\n\t", "用户(A=>B):2\ufffd\n\t")
	c.leave()
	s.login("B") // its first answer is to who,: nothing waits any more
}

// PROTOCOL 3: "the last 50 messages of that conversation, oldest first"; 6: of
// -history, at least so many are kept, and at most twice as many.
func TestHistoryHasTheLast(t *testing.T) {
	for _, row := range []struct {
		flag        string
		least, most int
	}{{"1000", 50, 50}, {"5", 5, 10}} {
		s := start(t, "-history", row.flag)
		a := s.login("A")
		const sent = 60
		for i := range sent {
			a.say(fmt.Sprint("all,", i))
			a.hears(fmt.Sprint("用户(A=>A):", i))
		}
		a.say("history,all", "who,")
		var got []string
		for line := ""; line != "系统:在线 1: A"; {
			var err error
			if line, err = a.NextText(); err != nil {
				t.Fatal(err)
			}
			got = append(got, line)
		}
		got = got[:len(got)-1]
		if len(got) < row.least || len(got) > row.most {
			t.Errorf("-history %s: got %d messages, want %d to %d", row.flag, len(got), row.least, row.most)
		}
		for i, line := range got {
			if want := fmt.Sprint("用户(A=>A):", sent-len(got)+i); line != want {
				t.Errorf("-history %s: got %q, want %q", row.flag, line, want)
			}
		}
	}
}

// PROTOCOL 6: "A user never seen, or not for longer, is not_online".
func TestMembershipTTL(t *testing.T) {
	s := start(t, "-membership-ttl", "50ms", "-presence", "none")
	a, b := s.login("A"), s.login("B")
	b.say("join,groupA")
	b.hears("系统:已加入 groupA")
	b.leave()
	until(t, "B to be forgotten", func() bool {
		a.say("B,are you there?")
		line, err := a.NextText()
		if err != nil {
			t.Fatal(err)
		}
		return line == "错误:用户(B)不在线"
	})
	b, err := s.dial(handshake.Dialer{}, socket("B"))
	if err != nil {
		t.Fatal(err)
	}
	b.say("leave,groupA") // what has not waited for so long is still sent before

	for {
		line, err := b.NextText()
		if err != nil {
			t.Fatal(err)
		}
		if line == "错误:你不在 groupA 中" {
			return
		}
		if line != "用户(A=>B):are you there?" {
			t.Fatalf("B got %q", line)
		}
	}
}
