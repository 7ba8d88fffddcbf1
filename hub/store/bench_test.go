package store_test

import (
	"fmt"
	"testing"

	"wschat/hub/chat"
	"wschat/hub/store"
)

func BenchmarkMemoryPrivate(b *testing.B) {
	s := store.New(1000)
	body := make([]byte, 128)
	b.ReportAllocs()
	for b.Loop() {
		m := &chat.Message{Conversation: "A,B", From: "A", To: "B", Body: body}
		s.Append(m, func(error) {})
		s.Written(m)
	}
}

// An answer of 50 messages.
func BenchmarkMemoryHistory(b *testing.B) {
	for _, speakers := range []int{1, 20} {
		b.Run(fmt.Sprint("speakers=", speakers), func(b *testing.B) {
			s := store.New(1000)
			body := make([]byte, 128)
			for i := range 2000 {
				s.Append(&chat.Message{Conversation: "groupA", From: fmt.Sprint("user", i%speakers), To: "groupA", Body: body}, func(error) {})
			}
			b.ReportAllocs()
			for b.Loop() {
				if messages, _, _ := s.History("groupA", chat.Query{Direction: chat.Before, Seq: 1500, Limit: 50}); len(messages) != 50 {
					b.Fatal(len(messages))
				}
			}
		})
	}
}
