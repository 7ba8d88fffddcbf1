package hub

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// PROTOCOL 3: user B alone.
func TestSendPrivate(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		a, b, c := s.client("A"), s.client("B"), s.client("C")
		for _, text := range []string{
			"text", "a,b,,c,", ",", " ", "  spaces  ", "=>):", "用户(C=>B):forged",
			"你好，世界", "😀👩‍👩‍👧", "e\u0301", "\ufeff", "login", "who,",
		} {
			a.say("B," + text)
			b.want("用户(A=>B):" + text)
		}
		a.say("A,to myself")
		a.want("用户(A=>A):to myself")
		b.say("A,back")
		a.want("用户(B=>A):back")
		quiet(a, b, c)
	})
}

// A text of control characters is bounded by the length in which others get it. A binary
// message has none.
func TestTextTooLong(t *testing.T) {
	s := start(t, loop.Config{}, setup{Presence: chat.ToNone, MaxMessage: 600})
	l, p := s.client("L"), s.program("P")
	for text, ok := range map[string]bool{
		strings.Repeat("x", 600):            true,
		strings.Repeat("x", 601):            false,
		strings.Repeat("\x01", 100):         true,
		strings.Repeat("\x01", 101):         false,
		strings.Repeat("\x7f", 200):         true,
		strings.Repeat("\x7f", 201):         false,
		strings.Repeat("\u2028", 100):       true,
		strings.Repeat("\u2028", 101):       false,
		strings.Repeat("line\n", 100):       true,
		strings.Repeat("line\n", 100) + "x": false,
	} {
		if l.say("L," + text); ok {
			l.want("用户(L=>L):" + string(wire.LineText([]byte(text))))
		} else {
			l.want("错误:" + chat.ErrTooLong.Chinese())
		}
		quoted, _ := json.Marshal(text)
		if !ok {
			p.say(fmt.Sprintf(`{"op":"send","id":"1","to":"groupX","text":%s}`, quoted))
			p.wants(errorOf("1", "bad_request")) // and has not joined
		}
		if _, _, err := s.Publish("bot", "groupX", text); (err == nil) != ok || !ok && !errors.Is(err, chat.ErrTooLong) {
			t.Errorf("the operator's %.10q: %v", text, err)
		}
	}
	l.Send(frame.Binary, []byte("L,"+strings.Repeat("\x01", 600)))
	eventually(t, "the binary message comes", func() bool { return l.next().Opcode == frame.Binary })
}

// PROTOCOL 3: every user online, the sender included, each with its own name.
func TestSendToAll(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		all := []*client{s.client("A"), s.client("B"), s.client("张三"), s.client("user@example.org")}
		all[0].say("all,hello, all")
		all[0].sync()
		all[2].say("all,你好")
		for _, c := range all {
			c.want("用户(A=>"+c.name+"):hello, all", "用户(张三=>"+c.name+"):你好")
		}
		quiet(all...)
	})
}

// PROTOCOL 3: a send joins the sender and reaches the members. The members of one
// group hear nothing of another; who is in both hears both.
func TestSendToGroup(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		a, b, both, none := s.client("A"), s.client("B"), s.client("Both"), s.client("None")
		a.say("groupA,1")
		a.want("用户(A=>A):1")
		b.say("groupB,2")
		b.want("用户(B=>B):2")
		both.say("join,groupA", "join,groupB")
		both.want("系统:已加入 groupA", "系统:已加入 groupB")
		both.sync()

		a.say("groupA,3, with a comma")
		a.want("用户(A=>A):3, with a comma")
		both.want("用户(A=>Both):3, with a comma")
		b.say("groupB,4")
		b.want("用户(B=>B):4")
		both.want("用户(B=>Both):4")

		both.say("groupA,5")
		both.want("用户(Both=>Both):5")
		both.say("groupB,6")
		both.want("用户(Both=>Both):6")
		a.want("用户(Both=>A):5")
		b.want("用户(Both=>B):6")
		quiet(both, a, b, none)

		// Sending again does not join again: everyone gets one message.
		a.say("groupA,7")
		a.want("用户(A=>A):7")
		both.want("用户(A=>Both):7")
		quiet(a, both)

		// Names that begin alike are different groups.
		none.say("groupAA,8", "groupa,9")
		none.want("用户(None=>None):8", "用户(None=>None):9")
		quiet(none, a, b, both)
	})
}

// PROTOCOL 3: a binary message goes by the same rule, and its body is opaque.
func TestSendBinary(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		a, b := s.client("A"), s.client("张三")
		b.say("join,groupX")
		b.want("系统:已加入 groupX")
		b.sync()
		every := make([]byte, 256)
		for i := range every {
			every[i] = byte(i)
		}
		for _, body := range [][]byte{{0}, {','}, {0xff, 0xfe, ',', 0}, {0xe5}, every, []byte("plain text")} {
			for _, to := range []string{"张三", "all", "groupX"} {
				if err := a.Send(frame.Binary, append([]byte(to+","), body...)); err != nil {
					t.Fatal(err)
				}
				b.wantMessage(frame.Binary, append([]byte("用户(A=>张三):"), body...))
				if to != "张三" {
					a.wantMessage(frame.Binary, append([]byte("用户(A=>A):"), body...))
				}
			}
		}
		quiet(a, b)
	})
}

// Every length at which a frame's header changes, on the way in, on the way out,
// and of the body alone; and long bodies.
func TestSendLengths(t *testing.T) {
	in, out := len("B,"), len("用户(A=>B):")
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		a, b := s.client("A"), s.client("B")
		for _, edge := range []int{125, 126, 127, 65535, 65536, 65537} {
			for _, length := range []int{edge, edge - in, edge - out} {
				for _, op := range []frame.Opcode{frame.Text, frame.Binary} {
					body := bytes.Repeat([]byte("😀,字x"), length/9+1)[:length]
					if op == frame.Text { // no half of a letter at the end
						body = []byte(strings.ToValidUTF8(string(body), "") + "......")[:length]
					}
					if err := a.Send(op, append([]byte("B,"), body...)); err != nil {
						t.Fatal(err)
					}
					b.wantMessage(op, append([]byte("用户(A=>B):"), body...))
				}
			}
		}
		long := strings.Repeat("长", 1<<20/3)
		a.say("B," + long)
		b.want("用户(A=>B):" + long)
		quiet(a, b)
	})
}

// A message that came in fragments goes out in one frame, and what the connection
// reads afterwards does not change what was said before.
func TestSendKeepsTheBody(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		a, b := s.client("A"), s.client("B")
		b.sync()
		if err := a.Fragment(frame.Text, []byte("B"), []byte(",te"), nil, []byte("xt")); err != nil {
			t.Fatal(err)
		}
		b.want("用户(A=>B):text")
		var pipelined earlyFrames
		var want []string
		for i := range 500 {
			pipelined.text(fmt.Sprintf("B,number %d", i))
			want = append(want, fmt.Sprintf("用户(A=>B):number %d", i))
		}
		if err := a.Raw(pipelined); err != nil {
			t.Fatal(err)
		}
		b.want(want...)
		b.say("history,A")
		b.want(want[len(want)-wire.LineHistory:]...)
		quiet(a, b)
	})
}
