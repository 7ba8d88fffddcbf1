package hub

import (
	"testing"
	"time"

	"wschat/hub/chat"
)

// BenchmarkPublish is the work for one recipient of a message: its frame, behind
// those that wait already.
func BenchmarkPublish(b *testing.B) {
	m := &chat.Message{Conversation: "groupA", Seq: 1, From: "alice", To: "groupA", Body: make([]byte, 128), Time: time.Now()}
	item := new(Hub).newDelivery(m)
	to := &session{hub: new(Hub), name: "123456"}
	buf := make([]byte, 0, 64<<10)
	b.ReportAllocs()
	for b.Loop() {
		if len(buf) > 63<<10 {
			buf = buf[:0]
		}
		buf = item.AppendFrame(buf, to)
	}
	b.SetBytes(int64(len(m.Body)))
}

// The frame is made once for each recipient: nothing may be allocated for it.
func TestPublishAllocatesNothing(t *testing.T) {
	h := new(Hub)
	to := &session{hub: h, name: "B"}
	buf := make([]byte, 0, 1<<10)
	for _, destination := range []string{"all", "groupA", "B"} {
		item := h.newDelivery(&chat.Message{From: "A", To: destination, Body: []byte("text")})
		if n := testing.AllocsPerRun(100, func() { buf = item.AppendFrame(buf[:0], to) }); n != 0 {
			t.Errorf("to %s: %v allocations", destination, n)
		}
		if item.Size() < len(buf) {
			t.Errorf("to %s: a frame of %d bytes says it has %d", destination, len(buf), item.Size())
		}
	}
}
