package hub

import (
	"errors"
	"strings"
	"testing"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/store"
	"wschat/hub/wire"
)

// What cannot be done is answered to the sender alone, never by closing.
func TestErrors(t *testing.T) {
	const text, binary = frame.Text, frame.Binary
	tests := []struct {
		op    frame.Opcode
		line  string
		cause *chat.Error
		exact string // where PROTOCOL has the words
	}{
		{text, "no comma", chat.ErrNoComma, ""},
		{text, "", chat.ErrNoComma, ""},
		{text, strings.Repeat("x", 1<<20), chat.ErrNoComma, ""},
		{text, "D,text", chat.ErrNotOnline.About("D"), "错误:用户(D)不在线"},
		{text, "李四,text", chat.ErrNotOnline.About("李四"), "错误:用户(李四)不在线"},
		{text, "a b,text", chat.ErrBadUser, ""},
		{text, ",text", chat.ErrBadUser, ""},
		{text, strings.Repeat("x", 1000) + ",text", chat.ErrBadUser, ""},
		{text, "group,text", chat.ErrBadGroup, ""},
		{text, "join,X", chat.ErrBadGroup, ""},
		{text, "leave,", chat.ErrBadGroup, ""},
		{text, "leave,groupX", chat.ErrNotMember.About("groupX"), ""},
		{text, "who,B", chat.ErrBadGroup, ""},
		{text, "history,groupX", chat.ErrNotMember.About("groupX"), ""},
		{text, "history,", chat.ErrBadUser, ""},
		{text, "B,", chat.ErrEmptyBody, ""},
		{text, "all,", chat.ErrEmptyBody, ""},
		{text, "groupX,", chat.ErrEmptyBody, ""}, // and does not join
		{binary, "D,x", chat.ErrNotOnline.About("D"), "错误:用户(D)不在线"},
		{binary, "no comma", chat.ErrNoComma, ""},
		{binary, "B,", chat.ErrEmptyBody, ""},
		{binary, "who,", chat.ErrBinary, ""},
		{binary, "login,", chat.ErrBinary, ""},
		{binary, "join,groupX", chat.ErrBinary, ""},
		{binary, "\xff\xfe,x", chat.ErrBinary, ""},
		{binary, "a b,x", chat.ErrBadUser, ""},
		{binary, "group\x00,x", chat.ErrBadGroup, ""},
	}
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		a, b := s.client("A"), s.client("B")
		other := s.client("A") // another connection of the same user
		for _, test := range tests {
			if err := a.Send(test.op, []byte(test.line)); err != nil {
				t.Fatal(err)
			}
			want := test.exact
			if want == "" {
				want = string(wire.Line{}.Failed("", test.cause))
			}
			if !strings.HasPrefix(want, "错误:") || strings.Contains(want, "%") || len(want) > 200 {
				t.Errorf("%.20q is answered with %q", test.line, want)
			}
			a.want(want)
		}
		a.say("B,still here", "who,groupX")
		b.want("用户(A=>B):still here")
		a.want("系统:在线 0:")
		quiet(a, other, b)
	})
}

// outOfReach is a store whose disk is full, or whose server is away.
type outOfReach struct{ *store.Memory }

var errAway = errors.New("away")

func (outOfReach) Append(_ *chat.Message, stored func(error)) { stored(errAway) }

func (s outOfReach) History(string, chat.Query) ([]*chat.Message, bool, error) {
	return nil, false, errAway
}

// PROTOCOL 6: senders get unavailable, and the connections stay.
func TestUnavailable(t *testing.T) {
	s := start(t, loop.Config{}, setup{Presence: chat.ToNone, Store: outOfReach{store.New(1)}})
	a, b := s.client("A"), s.client("B")
	unavailable := "错误:暂时无法发送"
	a.say("B,text", "all,text", "groupX,text", "history,all", "who,groupX")
	a.want(unavailable, unavailable, unavailable, unavailable, "系统:在线 1: A")
	quiet(a, b)
}
