package wire

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wschat/frame"
	"wschat/hub/chat"
)

import ()

// BenchmarkParseJSON is what a request costs before anything is done.
func BenchmarkParseJSON(b *testing.B) {
	var members strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&members, `"m%d":0,`, i)
	}
	for name, text := range map[string]string{
		"128 bytes":    `{"op":"send","id":"0123456789abcdef","to":"groupA","text":"` + strings.Repeat("x", 128) + `"}`,
		"who":          `{"op":"who","id":"9"}`,
		"64 KiB":       `{"op":"send","id":"0123456789abcdef","to":"groupA","text":"` + strings.Repeat("x", 64<<10) + `"}`,
		"many members": `{` + members.String() + `"op":"who"}`,
	} {
		b.Run(name, func(b *testing.B) {
			payload := []byte(text)
			b.SetBytes(int64(len(payload)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := (JSON{}).Parse(frame.Text, payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkEncodeMessage is done once for each message with JSON recipients.
func BenchmarkEncodeMessage(b *testing.B) {
	for _, size := range []int{128, 64 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			m := &chat.Message{Seq: 1, From: "alice", To: "groupA", Body: []byte(strings.Repeat("x", size)), Time: time.Now()}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				JSON{}.Message(m)
			}
		})
	}
}

// BenchmarkEncodeAck is done for each send with an id.
func BenchmarkEncodeAck(b *testing.B) {
	r := Request{ID: "0123456789abcdef"}
	b.ReportAllocs()
	for b.Loop() {
		JSON{}.Acked(r, 41, false)
	}
}

func BenchmarkParseLine(b *testing.B) {
	line := append([]byte("groupA,"), make([]byte, 128)...)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (Line{}).Parse(frame.Text, line); err != nil {
			b.Fatal(err)
		}
	}
}
