package frame

import (
	"bytes"
	"errors"
	"math"
	"runtime"
	"testing"
)

// Bombs are inflated in memory that others were inflated in before, and a part of a message
// does not keep that.
func TestBombsMakeLittleGarbage(t *testing.T) {
	const limit, bombs, piece = 1 << 20, 50, 1200
	config := &Config{MaxMessage: limit, Deflate: &Deflate{true, true, 15, 15}}
	bomb := maskedRSV1(Binary, string(NewDeflater().Append(nil, make([]byte, 2*limit), 15)))
	var parts [bombs]Decoder // of messages that stay incomplete
	least := uint64(math.MaxUint64)
	for range 5 { // under the race detector, pools forget some of what they get
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range bombs {
			parts[i] = NewDecoder(config)
			if _, _, err := parts[i].Next([]byte(bomb[:100])); err != nil {
				t.Fatal(err)
			}
			d := NewDecoder(config)
			var err error
			for b := []byte(bomb); err == nil; b = b[piece:] {
				_, _, err = d.Next(b[:piece])
			}
			if !errors.Is(err, ErrMessageTooBig) {
				t.Fatal(err)
			}
		}
		runtime.ReadMemStats(&after)
		least = min(least, (after.TotalAlloc-before.TotalAlloc)/bombs)
	}
	if least >= limit*3/2 { // its doubled buffers are twice the limit
		t.Errorf("a bomb takes %d bytes", least)
	}
	for i := range parts {
		if held := parts[i].Held(); held > 200<<10 {
			t.Fatalf("100 bytes that are a part of a message hold %d", held)
		}
	}
}

// A decoder holds what is incomplete, and nothing more, whatever was announced.
func TestHeld(t *testing.T) {
	deflate := &Deflate{ServerWindowBits: 15, ClientWindowBits: 15, ClientNoContext: true}
	long := bytes.Repeat([]byte("x"), 1<<20)
	frame := AppendMaskedFrame(nil, Binary, [4]byte{}, long)
	bomb := AppendCompressed(nil, Binary, NewDeflater().Append(nil, long, 15))
	bomb[1] |= 0x80
	_, head, _ := ParseHeader(append(bytes.Clone(bomb[:10]), 0, 0, 0, 0))
	bomb = append(append(bytes.Clone(bomb[:head-4]), 0, 0, 0, 0), bomb[head-4:]...)
	for _, row := range []struct {
		name        string
		deflate     *Deflate
		send        []byte
		least, most int
	}{
		{"nothing", nil, nil, 0, 0},
		{"a whole message", nil, AppendMaskedFrame(nil, Binary, [4]byte{}, []byte("x")), 0, 0},
		{"the first byte of a long one", nil, frame[:15], 1, 1 << 10},
		{"half of a long one", nil, frame[:len(frame)/2], 1 << 19, 1 << 20},
		{"nearly all of it", nil, frame[:len(frame)-1], 1 << 20, 1<<20 + 1<<10},
		{"a short compressed message that is long", deflate, bomb[:len(bomb)-1], 1 << 20, 1<<20 + 16<<10},
		{"all of it", deflate, bomb, 0, 0},
	} {
		d := NewDecoder(&Config{MaxMessage: 1 << 20, Deflate: row.deflate})
		for b := bytes.Clone(row.send); len(b) > 0; {
			_, n, err := d.Next(b)
			if err != nil {
				t.Fatalf("%s: %v", row.name, err)
			}
			b = b[n:]
		}
		if got := d.Held(); got < row.least || got > row.most {
			t.Errorf("%s: holds %d bytes, want %d to %d", row.name, got, row.least, row.most)
		}
	}
}
