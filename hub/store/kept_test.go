package store

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
)

// A message is given back as it was.
func TestKept(t *testing.T) {
	at := time.Unix(0, 1_767_366_245_678_901_234)
	for _, m := range []*chat.Message{
		{Conversation: "all", Seq: 1, From: "A", To: "all", Body: []byte("text"), Time: at},
		{Conversation: "A,B", Seq: 1, From: "A", To: "B", Body: []byte("text"), Time: at},
		{Conversation: "A,B", Seq: 1 << 63, From: "B", To: "A", Body: bytes.Repeat([]byte("long "), 10_000), Time: at},
		{Conversation: "group前端", Seq: 1, From: "张三", To: "group前端", Binary: true, Body: []byte{0, 255}, Time: at},
		{Conversation: "A,A", Seq: 1, From: "A", To: "A", Body: []byte("note"), Time: at},
		{Conversation: "A,B", Seq: 1, From: "A", To: "B", File: `{"id":"x"}`, Body: []byte("text"), Time: at},
		{Conversation: "all", Seq: 2, From: "A", To: "all", Kind: chat.Reply, About: 1, File: `{"id":"x"}`, Body: []byte{}, Time: at},
		{Conversation: "groupA", Seq: 300, From: strings.Repeat("a", 300), To: "groupA", Body: []byte("x"), Time: at},
	} {
		c := &Conversation{name: m.Conversation}
		c.add(m.Seq, appendKept(nil, keptFlags(m.Kind, m.Binary, m.Private(), m.File != ""), m.Time.UnixNano(), m.About, m.From, m.To, m.File, keptBody(m.Kind, m.Body, m.Was)), 0, 0)
		e := c.excerpt(m.Seq, m.Seq)
		if got := e.messages("", 0); len(got) != 1 || !reflect.DeepEqual(got[0], m) {
			t.Errorf("%+v, was %+v", got, m)
		}
	}
}
