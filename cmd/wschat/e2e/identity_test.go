//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"wschat/frame"
	"wschat/handshake"
)

// PROTOCOL 2: "1 to 64 bytes of UTF-8: letters and digits of any script, _ - . @".
func TestUserIDs(t *testing.T) {
	s := start(t)
	watcher := s.login("W")
	for _, user := range []string{
		"A", "7", "a_b-c.d@e", "小林", "Ωμέγα", "Łódź", "٣", "ПриветМир",
		strings.Repeat("x", 64), strings.Repeat("中", 21), "grou", "logins", "-", "..",
	} {
		s.run("good/"+user, func(t *testing.T) {
			c := s.login(user)
			watcher.hears("用户(" + user + ")登录了")
			watcher.say(user + ",hi")
			c.hears("用户(W=>" + user + "):hi")
			c.leave()
			watcher.hears("用户(" + user + ")退出了")
		})
	}
	for _, user := range []string{
		"login", "all", "join", "leave", "who", "history", "ALL", "Login", "系统", "错误", "group", "groupA", "groups", "group前端",
		strings.Repeat("x", 65), strings.Repeat("中", 22), "a b", " ", "a,b", "a(b", "a)", "a=>b", "a:b", "a/b", "a+b",
		"<b>", "\x00", "a\n", "\xff", "\xe4\xb8", "😀", "a\u200db", "\ufffd", "!",
	} {
		s.run(fmt.Sprintf("bad/%q", user), func(t *testing.T) {
			_, err := s.dial(handshake.Dialer{}, socket(user))
			var refused *handshake.StatusError
			if !errors.As(err, &refused) || refused.Status != 400 || !strings.HasPrefix(refused.Body, "expected a userId") {
				t.Errorf("got %v, want 400 with a sentence", err)
			}
		})
	}
	watcher.hearsNothing()
}

// Percent-encoding and order in the query do not matter.
func TestUserIDInQuery(t *testing.T) {
	s := start(t)
	for query, user := range map[string]string{
		"userId=%E5%B0%8F%E6%9E%97": "小林",
		"userId=%41":                "A",
		"userId=a%40b.c":            "a@b.c",
		"userId=小林":                 "小林",
		"x=1&userId=B&y=2":          "B",
	} {
		c, err := s.dial(handshake.Dialer{}, "/socket?"+query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		c.say("who,")
		c.hears("系统:在线 1: " + user)
		c.leave()
	}
}

// PROTOCOL 1: "sends each message back as it came".
func TestEcho(t *testing.T) {
	s := start(t, "-echo")
	c, err := s.dial(handshake.Dialer{}, "/echo")
	if err != nil {
		t.Fatal(err)
	}
	a := s.login("A")
	for _, m := range []frame.Message{
		{Opcode: frame.Text, Payload: nil},
		{Opcode: frame.Text, Payload: []byte("who,")},
		{Opcode: frame.Binary, Payload: []byte{0, 255}},
		{Opcode: frame.Text, Payload: []byte(strings.Repeat("中", 100_000))},
	} {
		if err := c.Send(m.Opcode, m.Payload); err != nil {
			t.Fatal(err)
		}
		got, err := c.NextMessage()
		if err != nil || got.Opcode != m.Opcode || string(got.Payload) != string(m.Payload) {
			t.Fatalf("got %v %q, %v, want %v %q", got.Opcode, cut(string(got.Payload)), err, m.Opcode, cut(string(m.Payload)))
		}
	}
	c.leave()
	a.hearsNothing() // who echoes is no user
	if response, body := s.ask(request("GET /echo HTTP/1.1", host)); response.StatusCode != 426 {
		t.Errorf("without an upgrade: got %s %q, want 426", response.Status, body)
	}
}
