package search

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"wschat/hub/chat"
	"wschat/hub/store"
)

// BenchmarkSearch looks through 64 MiB of texts in memory, in one conversation and in many,
// for what is not there. The pace does not count.
func BenchmarkSearch(b *testing.B) {
	const total = 64 << 20
	for _, conversations := range []int{1, 100} {
		s := store.New(0)
		names := make([]string, conversations)
		for i := range names {
			names[i] = fmt.Sprint("group", i)
		}
		bytes := 0
		for i := 0; bytes < total; i++ {
			text := strings.Repeat(texts[[]string{"english", "chinese", "mixed"}[i%3]], 1+i%2)
			bytes += len(text)
			to := names[i%conversations]
			s.Append(&chat.Message{Conversation: to, From: "A", To: to, Body: []byte(text)}, func(err error) {
				if err != nil {
					b.Fatal(err)
				}
			})
		}
		searcher, words := New(Config{Rate: math.MaxInt}), parse(b, "invoice maylike")
		b.Run(fmt.Sprintf("conversations=%d", conversations), func(b *testing.B) {
			looked := 0
			history := func(name string, q chat.Query) ([]*chat.Message, bool, error) {
				messages, more, err := s.History(name, q)
				for _, m := range messages {
					looked += len(m.Body)
				}
				return messages, more, err
			}
			b.ReportAllocs()
			for b.Loop() {
				if conversations > 1 { // the newest part of it
					if _, err := searcher.Search(b.Context(), Query{Words: words}, names, history); err != nil {
						b.Fatal(err)
					}
					continue
				}
				for q := (Query{Words: words}); ; {
					r, err := searcher.Search(b.Context(), q, names, history)
					if err != nil {
						b.Fatal(err)
					}
					if q.Before = r.Before; !r.More {
						break
					}
				}
			}
			b.SetBytes(int64(looked / b.N))
		})
	}
}
