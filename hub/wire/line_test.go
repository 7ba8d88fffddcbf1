package wire

import (
	"errors"
	"strings"
	"testing"

	"wschat/frame"
	"wschat/hub/chat"
)

func TestParseLine(t *testing.T) {
	const text, binary = frame.Text, frame.Binary
	long := strings.Repeat("a", 65)
	for _, test := range []struct {
		op     frame.Opcode
		line   string
		want   Op
		target string
		body   string
		err    error
	}{
		{text, "login,x", Nothing, "", "", nil},
		{text, "login,", Nothing, "", "", nil},
		{text, "login", Nothing, "", "", nil},
		{text, "Login", 0, "", "", chat.ErrNoComma},

		{text, "B,text", Send, "B", "text", nil},
		{text, "B,a,b,,c,", Send, "B", "a,b,,c,", nil}, // only the first comma counts
		{text, "B,,", Send, "B", ",", nil},
		{text, "B, ", Send, "B", " ", nil},
		{text, "B,\n", Send, "B", "\n", nil},
		{text, "张三,你好,😀", Send, "张三", "你好,😀", nil},
		{text, "all,text", Send, "all", "text", nil},
		{text, "groupX,text", Send, "groupX", "text", nil},
		{text, "group前端,text", Send, "group前端", "text", nil},
		{text, "ALL,text", 0, "", "", chat.ErrBadUser}, // reserved in whatever case
		{text, "हिन्दी,text", Send, "हिन्दी", "text", nil},
		{text, "e\u0301,text", 0, "", "", chat.ErrBadUser},

		{text, "", 0, "", "", chat.ErrNoComma},
		{text, "B", 0, "", "", chat.ErrNoComma},
		{text, "who", 0, "", "", chat.ErrNoComma},
		{text, "B，text", 0, "", "", chat.ErrNoComma}, // the full-width comma is none
		{text, ",text", 0, "", "", chat.ErrBadUser},
		{text, ",", 0, "", "", chat.ErrBadUser},
		{text, " B,text", 0, "", "", chat.ErrBadUser},
		{text, "B ,text", 0, "", "", chat.ErrBadUser},
		{text, "a/b,text", 0, "", "", chat.ErrBadUser},
		{text, long + ",text", 0, "", "", chat.ErrBadUser},
		{text, strings.Repeat("前", 22) + ",text", 0, "", "", chat.ErrBadUser},
		{text, "group,text", 0, "", "", chat.ErrBadGroup},
		{text, "group A,text", 0, "", "", chat.ErrBadGroup},
		{text, "group" + long + ",text", 0, "", "", chat.ErrBadGroup},
		{text, "B,", 0, "", "", chat.ErrEmptyBody},
		{text, "all,", 0, "", "", chat.ErrEmptyBody},
		{text, "groupX,", 0, "", "", chat.ErrEmptyBody},

		{text, "join,groupX", Join, "groupX", "", nil},
		{text, "join,", 0, "", "", chat.ErrBadGroup},
		{text, "join,X", 0, "", "", chat.ErrBadGroup},
		{text, "join,all", 0, "", "", chat.ErrBadGroup},
		{text, "join,groupX,groupY", 0, "", "", chat.ErrBadGroup},
		{text, "leave,groupX", Leave, "groupX", "", nil},
		{text, "leave,", 0, "", "", chat.ErrBadGroup},
		{text, "leave,B", 0, "", "", chat.ErrBadGroup},

		{text, "who,", Who, "", "", nil},
		{text, "who,all", Who, "", "", nil},
		{text, "who,groupX", Who, "groupX", "", nil},
		{text, "who,B", 0, "", "", chat.ErrBadGroup},
		{text, "who,group", 0, "", "", chat.ErrBadGroup},

		{text, "history,all", History, "all", "", nil},
		{text, "history,groupX", History, "groupX", "", nil},
		{text, "history,B", History, "B", "", nil},
		{text, "history,", 0, "", "", chat.ErrBadUser},
		{text, "history,who", 0, "", "", chat.ErrBadUser},
		{text, "history,B,", 0, "", "", chat.ErrBadUser},
		{text, "history,group!", 0, "", "", chat.ErrBadGroup},

		// "One final LF or CR LF behind a command (not a message) is no part of it."
		{text, "login\n", Nothing, "", "", nil},
		{text, "login\r\n", Nothing, "", "", nil},
		{text, "login,x\n", Nothing, "", "", nil},
		{text, "join,groupX\n", Join, "groupX", "", nil},
		{text, "join,groupX\r\n", Join, "groupX", "", nil},
		{text, "leave,groupX\n", Leave, "groupX", "", nil},
		{text, "who,\n", Who, "", "", nil},
		{text, "who,\r\n", Who, "", "", nil},
		{text, "who,all\n", Who, "", "", nil},
		{text, "who,groupX\n", Who, "groupX", "", nil},
		{text, "history,B\r\n", History, "B", "", nil},
		{text, "history,all\n", History, "all", "", nil},
		{text, "B,text\n", Send, "B", "text\n", nil},
		{text, "B,text\r\n", Send, "B", "text\r\n", nil},
		{text, "who\n", 0, "", "", chat.ErrNoComma}, // no comma, with a line end or without
		{text, "join\n,groupX", 0, "", "", chat.ErrBadUser},
		{text, "join,groupX\n\n", 0, "", "", chat.ErrBadGroup},
		{text, "join,groupX\n\r", 0, "", "", chat.ErrBadGroup},
		{text, "join,groupX\r", 0, "", "", chat.ErrBadGroup},
		{text, "join,\n", 0, "", "", chat.ErrBadGroup},
		{text, "history,\n", 0, "", "", chat.ErrBadUser},
		{binary, "login\n", 0, "", "", chat.ErrNoComma},
		{binary, "B,\n", Send, "B", "\n", nil},

		{binary, "B,\x00\xff,\x00", Send, "B", "\x00\xff,\x00", nil},
		{binary, "all,\x00", Send, "all", "\x00", nil},
		{binary, "groupX,\x00", Send, "groupX", "\x00", nil},
		{binary, "B,", 0, "", "", chat.ErrEmptyBody},
		{binary, "\x00\xff", 0, "", "", chat.ErrNoComma},
		{binary, "login", 0, "", "", chat.ErrNoComma},
		{binary, "login,x", 0, "", "", chat.ErrBinary},
		{binary, "join,groupX", 0, "", "", chat.ErrBinary},
		{binary, "leave,groupX", 0, "", "", chat.ErrBinary},
		{binary, "who,", 0, "", "", chat.ErrBinary},
		{binary, "history,all", 0, "", "", chat.ErrBinary},
		{binary, "\xff,x", 0, "", "", chat.ErrBinary},
		{binary, "B\xc3,x", 0, "", "", chat.ErrBinary},
		{binary, ",x", 0, "", "", chat.ErrBadUser},
		{binary, "B\x00,x", 0, "", "", chat.ErrBadUser},
		{binary, "group\x00,x", 0, "", "", chat.ErrBadGroup},
	} {
		r, err := Line{}.Parse(test.op, []byte(test.line))
		if !errors.Is(err, test.err) {
			t.Errorf("%v %q: error %v, want %v", test.op, test.line, err, test.err)
		}
		if err != nil || test.err != nil {
			continue
		}
		if r.Op != test.want || r.Target != test.target || string(r.Body) != test.body || r.Binary != (test.op == binary) {
			t.Errorf("%v %q: got %+v", test.op, test.line, r)
		}
	}
}

func FuzzParseLine(f *testing.F) {
	for _, line := range []string{
		"", ",", "login", "login,x", "B,text", "B,a,b", "all,x", "groupX,x", "group,x", "join,groupX",
		"leave,groupX", "who,", "who,groupX", "history,all", "history,B", "B\xff,x", "前端,\x00",
	} {
		f.Add(false, []byte(line))
		f.Add(true, []byte(line))
	}
	f.Fuzz(func(t *testing.T, binary bool, line []byte) {
		op := frame.Text
		if binary {
			op = frame.Binary
		}
		r, err := Line{}.Parse(op, line)
		if err != nil {
			if e := (*chat.Error)(nil); !errors.As(err, &e) || e.Subject != "" {
				t.Fatalf("%q: error %#v", line, err)
			}
			return
		}
		valid := false
		switch r.Op {
		case Nothing:
			valid = strings.HasPrefix(string(line), "login") && r.Target == ""
		case Send:
			valid = (r.Target == chat.Everyone || chat.ValidUser(r.Target) || chat.ValidGroup(r.Target)) &&
				len(r.Body) > 0 && r.Target+","+string(r.Body) == string(line)
		case Join, Leave:
			valid = chat.ValidGroup(r.Target)
		case Who:
			valid = r.Target == "" || chat.ValidGroup(r.Target)
		case History:
			valid = r.Target == chat.Everyone || chat.ValidUser(r.Target) || chat.ValidGroup(r.Target)
		}
		if !valid || strings.Contains(r.Target, ",") || binary != r.Binary || (binary && r.Op != Send) {
			t.Fatalf("%q was parsed as %+v", line, r)
		}
	})
}

// PROTOCOL 5.1: of deletions, reactions and what is deleted a line client reads nothing.
func TestLineTells(t *testing.T) {
	for _, test := range []struct {
		m    chat.Message
		want bool
	}{
		{chat.Message{Body: []byte("x")}, true},
		{chat.Message{Kind: chat.Reply, Body: []byte("x")}, true},
		{chat.Message{Kind: chat.Edit, Body: []byte("x")}, true},
		{chat.Message{Kind: chat.Edit}, false}, // of what is deleted
		{chat.Message{Now: &chat.Present{Deleted: true}}, false},
		{chat.Message{Body: []byte("x"), Now: new(chat.Present)}, true},
		{chat.Message{Kind: chat.Deletion}, false},
		{chat.Message{Kind: chat.Reaction, Body: []byte("x")}, false},
	} {
		if got := (Line{}).Tells(&test.m); got != test.want {
			t.Errorf("%+v: %v", test.m, got)
		}
	}
}
