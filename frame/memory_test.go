package frame

import (
	"bytes"
	"strings"
	"testing"
	"unsafe"
)

// A message that lies whole in what is fed costs no allocation and no copy.
func TestNextDoesNotAllocate(t *testing.T) {
	for _, tt := range []struct {
		name     string
		input    string
		messages int
	}{
		{"text of 128 bytes", masked(Text, strings.Repeat("a", 128)), 1},
		{"text of 64 KiB", masked(Text, strings.Repeat("a", 65536)), 1},
		{"binary", masked(Binary, "\xff\x00"), 1},
		{"ping", masked(Ping, "p"), 1},
		{"empty close", masked(Close, ""), 1},
		{"ten messages", strings.Repeat(masked(Text, "你好"), 10), 10},
	} {
		d := NewDecoder(&Config{})
		buf := make([]byte, len(tt.input))
		allocs := testing.AllocsPerRun(100, func() {
			copy(buf, tt.input)
			rest, messages := buf, 0
			for len(rest) > 0 {
				m, n, err := d.Next(rest)
				if err != nil || m.Opcode == Continuation {
					t.Fatalf("%s: Next = %v, %d, %v", tt.name, m.Opcode, n, err)
				}
				messages++
				rest = rest[n:]
			}
			if messages != tt.messages {
				t.Fatalf("%s: %d messages, want %d", tt.name, messages, tt.messages)
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations", tt.name, allocs)
		}
	}
}

func TestAppendDoesNotAllocateInRoom(t *testing.T) {
	buf, payload := make([]byte, 0, 200), make([]byte, 128)
	allocs := testing.AllocsPerRun(100, func() {
		buf = AppendFrame(buf[:0], Text, payload)
		buf = AppendMaskedFrame(buf[:0], Text, benchKey, payload)
		buf = AppendClose(buf[:0], TooSlow, "too slow")
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// A payload that lies whole in b is a part of b, wherever its header was, and
// cannot be appended to over what follows it.
func TestPayloadIsPartOfInput(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before string // fed first
		input  string
	}{
		{"text", "", masked(Text, "Hello")},
		{"ping", "", masked(Ping, "Hello")},
		{"text, its header in two feeds", masked(Text, "Hello")[:3], masked(Text, "Hello")[3:]},
		{"ping, its header in two feeds", masked(Ping, "Hello")[:1], masked(Ping, "Hello")[1:]},
		{"ping within a message", first(Text, "a"), masked(Ping, "Hello")},
		{"last fragment of an empty message", first(Text, ""), last("Hello")},
	} {
		d := NewDecoder(&Config{})
		if m, _, err := d.Next([]byte(tt.before)); m.Opcode != Continuation || err != nil {
			t.Fatalf("%s: Next = %v, %v", tt.name, m, err)
		}
		b := []byte(tt.input + "more")
		m, n, err := d.Next(b)
		if string(m.Payload) != "Hello" || n != len(tt.input) || err != nil {
			t.Fatalf("%s: Next = %q, %d, %v", tt.name, m.Payload, n, err)
		}
		if unsafe.SliceData(m.Payload) != &b[n-5] || cap(m.Payload) != 5 {
			t.Errorf("%s: the payload is no part of the input, or has room behind it: cap %d", tt.name, cap(m.Payload))
		}
	}
}

// What the decoder kept is its own: what becomes of the fed bytes does not matter.
func TestKeptBytesAreCopies(t *testing.T) {
	input := first(Text, "Hel") + masked(Ping, "ping") + last("lo")
	d := NewDecoder(&Config{})
	var got []string
	for i := range len(input) {
		b := []byte{input[i]}
		m, _, err := d.Next(b)
		if err != nil {
			t.Fatal(err)
		}
		b[0] = '!' // the caller reads into it again
		if m.Opcode != Continuation && len(m.Payload) > 1 {
			got = append(got, string(m.Payload))
		}
	}
	if strings.Join(got, " ") != "ping Hello" {
		t.Errorf("got %q", got)
	}
}

// Back at the end of a message, the decoder is as it was when it was new.
func TestIdleDecoderHoldsNothing(t *testing.T) {
	c := &Config{}
	d := NewDecoder(c)
	for _, input := range []string{
		masked(Text, "Hello"),
		masked(Ping, "Hello"),
		first(Text, "Hel") + masked(Ping, "p") + last("lo"),
	} {
		for i := range len(input) {
			m, _, err := d.Next([]byte(input[i : i+1]))
			if end := i == len(input)-1; err != nil || (d == NewDecoder(c)) != end || d.Idle() != end {
				t.Errorf("% x after %d bytes: %v %q, %v, held: %+v", input, i+1, m.Opcode, m.Payload, err, d.partial)
			}
		}
	}
}

// A peer that announces much and sends little costs little.
func TestAnnouncedLengthIsNotAllocated(t *testing.T) {
	for _, length := range []int64{1 << 20, 1 << 30} {
		d := NewDecoder(&Config{})
		h := AppendHeader(nil, Header{Fin: true, Opcode: Binary, Masked: true, Length: length})
		for _, b := range [][]byte{h, []byte("x"), []byte("y")} {
			if m, n, err := d.Next(b); m.Opcode != Continuation || n != len(b) || err != nil {
				t.Fatalf("Next = %v, %d, %v", m.Opcode, n, err)
			}
		}
		if got := cap(d.partial.message); got > minGrow {
			t.Errorf("%d bytes announced, 2 received, room for %d", length, got)
		}
	}
}

// A message in many pieces: room doubles, stays below twice what came, and
// ends at what was announced or at the limit.
func TestGrowth(t *testing.T) {
	const size, piece = 1 << 20, 1000
	for _, tt := range []struct {
		name string
		fin  bool
		max  int64
	}{
		{"final frame, no limit", true, 0},
		{"final frame, higher limit", true, 4 * size},
		{"first fragment, at the limit", false, size},
	} {
		d := NewDecoder(&Config{Role: Client, MaxMessage: tt.max})
		h := AppendHeader(nil, Header{Fin: tt.fin, Opcode: Binary, Length: size})
		if _, _, err := d.Next(h); err != nil {
			t.Fatal(err)
		}
		grown, room := 0, 0
		for sent := piece; sent < size; sent += piece {
			if _, _, err := d.Next(make([]byte, piece)); err != nil {
				t.Fatal(err)
			}
			if now := cap(d.partial.message); now != room {
				grown, room = grown+1, now
			}
			if room > max(2*sent, minGrow) || room > size {
				t.Fatalf("%s: room for %d after %d bytes", tt.name, room, sent)
			}
		}
		if grown > 12 {
			t.Errorf("%s: grown %d times", tt.name, grown)
		}
		m, _, err := d.Next(make([]byte, size%piece))
		if err != nil || tt.fin && (len(m.Payload) != size || cap(m.Payload) != size) {
			t.Errorf("%s: ended with %d bytes in room for %d, %v", tt.name, len(m.Payload), cap(m.Payload), err)
		}
	}
}

// One byte a frame: memory follows the bytes, not the frames.
func TestManySmallFragments(t *testing.T) {
	input := first(Text, "a") + strings.Repeat(more("b")+more("")+masked(Ping, ""), 1000) + last("c")
	got := decode(t, &Config{MaxMessage: 1002}, cut([]byte(input)))
	if got.err != nil || len(got.messages) != 1001 || got.messages[1000] != "text a"+strings.Repeat("b", 1000)+"c" {
		t.Errorf("%d messages, %v", len(got.messages), got.err)
	}
}

// A payload of the decoder's own stays as it is until the next call, also
// while a message goes on around a control frame.
func TestControlFrameDoesNotDisturbMessage(t *testing.T) {
	d := NewDecoder(&Config{})
	ping := masked(Ping, "ping")
	for _, b := range []string{first(Text, "Hel"), ping[:8]} {
		if _, _, err := d.Next([]byte(b)); err != nil {
			t.Fatal(err)
		}
	}
	m, _, err := d.Next([]byte(ping[8:]))
	if m.Opcode != Ping || string(m.Payload) != "ping" || err != nil {
		t.Fatalf("Next = %v %q, %v", m.Opcode, m.Payload, err)
	}
	m.Payload = append(m.Payload, bytes.Repeat([]byte{'!'}, 300)...) // as a caller might
	m, _, err = d.Next([]byte(last("lo")))
	if m.Opcode != Text || string(m.Payload) != "Hello" || err != nil {
		t.Fatalf("Next = %v %q, %v", m.Opcode, m.Payload, err)
	}
}
