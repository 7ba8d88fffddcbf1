package redis

import (
	"fmt"
	"testing"
	"time"

	"wschat/hub/chat"
)

func TestMessageCodec(t *testing.T) {
	at := time.UnixMicro(1_795_000_000_123_456)
	for _, m := range []*chat.Message{
		{Conversation: "all", From: "A", To: "all", Body: []byte("x")},
		{Conversation: "group前端", From: "张三", To: "group前端", Body: []byte("\x00\x00 x"), Binary: true},
		{Conversation: "A,B", From: "B", To: "A", Body: []byte{0}},
		{Conversation: "A,A", From: "A", To: "A", Body: []byte("a,b c")},
	} {
		m.Seq, m.Time = 7, at
		data := encodeMessage(m)
		got, err := decodeMessage(m.Conversation, 7, at, data)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(m) {
			t.Errorf("got %v, %v, want %v", got, err, m)
		}
		e, err := parseEntry(m.Conversation, fmt.Appendf(nil, "m 7 %d %s", at.UnixMicro(), data))
		if err != nil || e.kind != 'm' || fmt.Sprint(e.m) != fmt.Sprint(m) {
			t.Errorf("got %v, %v, want %v", e, err, m)
		}
	}
}

func TestParseEntry(t *testing.T) {
	for text, want := range map[string]entry{
		"j 1 A":    {kind: 'j', number: 1, user: "A"},
		"l 张三":     {kind: 'l', user: "张三"},
		"+ 44 A":   {kind: '+', number: 44, user: "A"},
		"- 45 A.B": {kind: '-', number: 45, user: "A.B"},
		"e":        {kind: 'e'},
	} {
		if got, err := parseEntry("all", []byte(text)); got != want || err != nil {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "m", "x 1 A", "jj 1 A", "j A", "j -1 A", "+ A", "m 1 1 ", "m 1 1 t", "m 1 1 tA\x00B", "m 1 x tA\x00\x00x"} {
		if got, err := parseEntry("all", []byte(text)); err == nil {
			t.Errorf("%q: got %+v", text, got)
		}
	}
}

// What others publish, or have kept, makes no node panic.
func FuzzParseEntry(f *testing.F) {
	for _, text := range []string{"j 1 A", "+ 44 A", "m 7 1795000000123456 tA\x00\x00x", "m 1 1 bB\x00A\x00\x00", ""} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		e, err := parseEntry("all", payload)
		if err == nil && e.kind == 'm' && e.m == nil {
			t.Errorf("%q is a message and none", payload)
		}
	})
}
