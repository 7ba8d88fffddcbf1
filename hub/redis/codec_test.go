package redis

import (
	"fmt"
	"reflect"
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
		{Conversation: "all", From: "A", To: "all", File: `{"id":"x"}`},
		{Conversation: "A,B", From: "A", To: "B", File: `{"id":"x"}`, Body: []byte("10 x")},
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

// What is about another message, as amendScript keeps and publishes it. The first two are what
// a version before amendments has kept.
func TestDecodeMessage(t *testing.T) {
	for data, want := range map[string]chat.Message{
		"tA\x00\x00x":                        {From: "A", To: "groupA", Body: []byte("x")},
		"bA\x00B\x00\x00":                    {From: "A", To: "B", Binary: true, Body: []byte{0}},
		"rA\x00\x0041 0 x y":                 {From: "A", To: "groupA", Kind: chat.Reply, About: 41, Body: []byte("x y")},
		"RA\x00\x0041 0 \x00":                {From: "A", To: "groupA", Kind: chat.Reply, About: 41, Binary: true, Body: []byte{0}},
		"pA\x00\x0010 {\"id\":\"x\"}":        {From: "A", To: "groupA", File: `{"id":"x"}`},
		"qA\x00\x0041 0 2 {}x y":             {From: "A", To: "groupA", Kind: chat.Reply, About: 41, File: "{}", Body: []byte("x y")},
		"eA\x00B\x0041 0 ":                   {From: "A", To: "B", Kind: chat.Edit, About: 41},
		"d\x00\x0041 0 ":                     {To: "groupA", Kind: chat.Deletion, About: 41},
		"fA\x00\x0041 4 👍👎":                  {From: "A", To: "groupA", Kind: chat.Reaction, About: 41, Was: "👍", Body: []byte("👎")},
		"fA\x00\x0018446744073709551615 1  ": {From: "A", To: "groupA", Kind: chat.Reaction, About: 1<<64 - 1, Was: " "},
	} {
		want.Conversation, want.Seq = "groupA", 7
		got, err := decodeMessage("groupA", 7, time.Time{}, []byte(data))
		if err != nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%q: got %+v, %v", data, got, err)
		}
		if flag := flagOf(&want); flag != data[:1] {
			t.Errorf("%q: the flag is %s", data, flag)
		}
	}
	for _, data := range []string{"", "t", "tA\x00", "rA\x00\x00x", "rA\x00\x0041 x", "fA\x00\x0041 5 👍", "eA\x00\x00-1 0 x", "pA\x00\x00x", "pA\x00\x003 {}", "qA\x00\x0041 0 3 {}"} {
		if got, err := decodeMessage("groupA", 7, time.Time{}, []byte(data)); err == nil {
			t.Errorf("%q: got %+v", data, got)
		}
	}
}

func TestDecodePresent(t *testing.T) {
	const many = "\x011 A\x012 B\x013 C\x014 D\x015 E\x016 F\x017 G"
	for p, want := range map[string]string{
		"9 0 1 ":                          "9 true 0001 \"\" []",
		"9 5 0 ":                          "9 false 1970 \"text\" []",
		"9 0 0 \x00A\x01👍\x00B\x01%25%00": "9 false 0001 \"\" [{👍 1 [A]} {%\x00 1 [B]}]", // of an older version
		"9 0 0 \x022 👍\x013 A\x014 B\x021 %25%00%02": "9 false 0001 \"\" [{👍 2 [A B]} {%\x00\x02 1 []}]",
		"9 0 0 \x0299 x" + many + many + many:        "9 false 0001 \"\" [{x 99 [A B C D E F G A B C D E F G A B C D E F]}]",
	} {
		now, err := decodePresent([]byte(p), []byte("text"))
		if err != nil {
			t.Errorf("%q: %v", p, err)
			continue
		}
		if got := fmt.Sprintf("%d %v %04d %q %v", now.Last, now.Deleted, now.Edited.Year(), now.Text, now.Tallies()); got != want {
			t.Errorf("%q: got %s, want %s", p, got, want)
		}
	}
	for _, p := range []string{"", "9", "9 0", "9 0 x ", "9 0 0 \x00A", "-1 0 0 ", "9 0 0 A", "9 0 0 \x02A", "9 0 0 \x02x y"} {
		if got, err := decodePresent([]byte(p), nil); err == nil {
			t.Errorf("%q: got %+v", p, got)
		}
	}
}

// What is kept, by whatever version, makes no node panic.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("fA\x00\x0041 4 👍👎"), []byte("9 0 0 \x00A\x01👍\x00B\x01%25"))
	f.Add([]byte("fA\x00\x0041 4 👍👎"), []byte("9 0 0 \x022 👍\x013 A\x014 B"))
	f.Add([]byte("qA\x00B\x0041 0 2 {}x"), []byte("9 5 0 "))
	f.Add([]byte("rA\x00B\x0041 0 x"), []byte("9 5 1 "))
	f.Fuzz(func(t *testing.T, data, p []byte) {
		m, err := decodeMessage("groupA", 1, time.Time{}, data)
		now, err2 := decodePresent(p, data)
		if err == nil && err2 == nil {
			m.Show(now)
		}
	})
}

func TestParseEntry(t *testing.T) {
	for text, want := range map[string]entry{
		"t A x, y": {kind: 't', user: "A", text: "x, y"},
		"t A ":     {kind: 't', user: "A"},
		"y A":      {kind: 'y', user: "A"},
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
