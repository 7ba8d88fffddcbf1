package frame

import (
	"bytes"
	"testing"
)

// The memory of an assembled message serves the next one, and only if given back.
func TestRecycle(t *testing.T) {
	config := &Config{Role: Client, MaxMessage: 1 << 20}
	d := NewDecoder(config)
	receive := func(fill byte, size int) Message {
		wire := AppendFrame(nil, Binary, bytes.Repeat([]byte{fill}, size))
		half := len(wire) / 2
		if m, _, err := d.Next(wire[:half]); err != nil || m.Opcode != Continuation {
			t.Fatalf("half a frame gave %v, %v", m.Opcode, err)
		}
		m, _, err := d.Next(wire[half:])
		if err != nil || !bytes.Equal(m.Payload, bytes.Repeat([]byte{fill}, size)) {
			t.Fatalf("a frame of %d bytes gave %d bytes, %v", size, len(m.Payload), err)
		}
		return m
	}
	kept := receive(1, 100_000)
	receive(2, 100_000)
	if kept.Payload[99_999] != 1 {
		t.Error("a message that was not given back has changed")
	}
	// A race detector lets pools forget, and so may a garbage collection.
	for tries := 0; ; tries++ {
		first := receive(3, 100_000)
		d.Recycle(first)
		if few := receive(4, 1000); &first.Payload[0] == &few.Payload[0] {
			t.Fatal("a few bytes hold the memory of a long message")
		}
		if second := receive(5, 99_000); &first.Payload[0] == &second.Payload[0] {
			break
		}
		if tries == 1000 {
			t.Fatal("memory that was given back is never used")
		}
	}
	whole, _, _ := d.Next(AppendFrame(nil, Binary, []byte("whole")))
	d.Recycle(whole) // is the caller's memory
	if config.recycled(recycleFrom) != nil {
		t.Error("memory of the caller was kept")
	}
}
