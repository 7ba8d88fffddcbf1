package hub

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
)

// BenchmarkPublishJSON is the work for one more recipient of a message.
func BenchmarkPublishJSON(b *testing.B) {
	h := new(Hub)
	d := h.newDelivery(&chat.Message{Conversation: "groupA", Seq: 1, From: "alice", To: "groupA", Body: []byte(strings.Repeat("x", 128)), Time: time.Now()})
	to := &session{hub: h, json: true, live: true}
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
