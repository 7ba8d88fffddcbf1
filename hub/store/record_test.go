package store

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"

	"wschat/hub/chat"
)

// recordMessages are of every shape.
func recordMessages() []*chat.Message {
	at := time.Unix(0, 1_767_366_245_678_901_234)
	return []*chat.Message{
		{Conversation: "all", Seq: 1, From: "A", To: "all", Body: []byte("text"), Time: at},
		{Conversation: "A,B", Seq: 1, From: "A", To: "B", Body: []byte("text"), Time: at},
		{Conversation: "group前端", Seq: 1, From: "张三", To: "group前端", Binary: true, Body: []byte{0, 255}, Time: at},
		{Conversation: "A,B", Seq: 2, From: "B", To: "A", Body: bytes.Repeat([]byte("long "), 10_000), Time: at},
		{Conversation: "A,A", Seq: 1, From: "A", To: "A", Body: []byte("note"), Time: at},
	}
}

func TestRecord(t *testing.T) {
	for _, m := range recordMessages() {
		record := AppendRecord(nil, m, "id")
		if r, err := ParseRecord(record); err != nil || string(r.ID) != "id" {
			t.Fatal(err, r.ID)
		}
		c := new(Conversation)
		c.name = m.Conversation
		c.add(m.Seq, record, 0)
		e := c.excerpt(m.Seq, m.Seq)
		if got := e.messages("", 0); len(got) != 1 || !reflect.DeepEqual(got[0], m) {
			t.Errorf("%+v, was %+v", got, m)
		}
	}
}

// What a record may not be.
func TestMalformedRecord(t *testing.T) {
	good := AppendRecord(nil, recordMessages()[1], "id")
	for name, b := range map[string][]byte{
		"nothing":                 {},
		"unknown flag":            append([]byte{endOfFlags}, good[1:]...),
		"number 0":                append([]byte{good[0], 0}, good[2:]...),
		"to left out and there":   append([]byte{good[0] | FlagSame}, good[1:]...),
		"seq of more than 64 bit": append([]byte{0}, bytes.Repeat([]byte{255}, 11)...),
		"cut":                     good[:12],
	} {
		if _, err := ParseRecord(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
