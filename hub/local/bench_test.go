package local

import (
	"fmt"
	"testing"

	"wschat/hub/chat"
	"wschat/hub/store"
)

// deaf is a chat.Node to which telling costs nothing.
type deaf struct{ chat.Node }

func (deaf) Deliver(*chat.Message, any)             {}
func (deaf) Presence(_, _ string, _ uint64, _ bool) {}

// A message on its way through the engine, from one of many users, who has read all before it.
func BenchmarkPublish(b *testing.B) {
	e := New(Config{Store: store.New(100), Presence: chat.ToNone})
	e.Attach(deaf{})
	const users = 10_000
	for i := range users {
		e.Enter(fmt.Sprint("U", i), false, false)
	}
	for _, to := range []string{"all", "U1"} {
		b.Run(to, func(b *testing.B) {
			b.ReportAllocs()
			body := make([]byte, 128)
			for i := 0; b.Loop(); i++ {
				from := fmt.Sprint("U", i%users)
				m := &chat.Message{Conversation: chat.ConversationOf(from, to), From: from, To: to, Body: body}
				e.Publish(m, nil, func(bool, error) {})
			}
		})
	}
}

// One who tells marks, of many that he has.
func BenchmarkMark(b *testing.B) {
	e := New(Config{Store: store.New(100), Presence: chat.ToNone})
	e.Attach(marksDeaf{})
	e.Enter("A", false, false)
	names := make([]string, chat.MaxMarks+1000)
	for i := range names {
		names[i] = fmt.Sprint("group", i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		e.Mark("A", names[i*7919%len(names)], chat.MarkChange{Set: chat.Pin}, nil, func(error) {})
	}
}

type marksDeaf struct{ deaf }

func (marksDeaf) Marked(string, string, chat.MarkChange, any) {}
