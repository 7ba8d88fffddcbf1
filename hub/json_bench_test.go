package hub

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wschat/frame"
	"wschat/hub/chat"
)

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
				if _, err := ParseJSON(frame.Text, payload); err != nil {
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
				encode(newMessageEvent(m))
			}
		})
	}
}

// BenchmarkEncodeAck is done for each send with an id.
func BenchmarkEncodeAck(b *testing.B) {
	r := Request{ID: "0123456789abcdef"}
	b.ReportAllocs()
	for b.Loop() {
		jsonSpeech{}.sent(r, 41, false)
	}
}

// BenchmarkPublishJSON is the work for one more recipient of a message.
func BenchmarkPublishJSON(b *testing.B) {
	h := new(Hub)
	d := h.newDelivery(&chat.Message{Conversation: "groupA", Seq: 1, From: "alice", To: "groupA", Body: []byte(strings.Repeat("x", 128)), Time: time.Now()})
	to := &session{hub: h, speech: jsonSpeech{}, user: new(user)}
	buf := make([]byte, 0, 64<<10)
	b.ReportAllocs()
	for b.Loop() {
		if len(buf) > 63<<10 {
			buf = buf[:0]
		}
		buf = d.AppendFrame(buf, to)
	}
}

// BenchmarkAcks is a send with an id of its own, when as many as there is room
// for are remembered.
func BenchmarkAcks(b *testing.B) {
	a := newAcks(DefaultIDs)
	told := func(ack, error) {}
	n := 0
	next := func() {
		id := fmt.Sprintf("%016d", n)
		n++
		a.begin("alice", id, told)
		a.done("alice", id, ack{seq: uint64(n)})
	}
	before := heap()
	for range DefaultIDs {
		next()
	}
	held := float64(heap()-before) / DefaultIDs
	b.ReportAllocs()
	for b.Loop() {
		next()
	}
	b.ReportMetric(held, "B/remembered")
}
