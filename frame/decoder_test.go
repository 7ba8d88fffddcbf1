package frame

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"unsafe"
)

// result is what came of an input.
type result struct {
	messages []string
	err      error
	idle     bool
	fed      int // bytes that had been fed when the last call returned
}

func (r result) String() string {
	return fmt.Sprintf("%q, error %v, idle %v", r.messages, r.err, r.idle)
}

func (r result) equal(other result) bool {
	return slices.Equal(r.messages, other.messages) && r.err == other.err && r.idle == other.idle
}

// decode feeds pieces to a new decoder, up to the first error.
func decode(t testing.TB, c *Config, pieces iter.Seq[[]byte]) (r result) {
	t.Helper()
	d := NewDecoder(c)
	var size int64 // of the messages
	for piece := range pieces {
		b := bytes.Clone(piece)
		r.fed += len(b)
		for {
			m, n, err := d.Next(b)
			if n < 0 || n > len(b) || m.Opcode == Continuation && n != len(b) {
				t.Fatalf("Next of %d bytes = %v, %d, %v", len(b), m.Opcode, n, err)
			}
			if err != nil {
				checkStuck(t, &d, err)
				r.err = err
				return r
			}
			checkHeld(t, &d, c, r.fed)
			if m.Opcode == Continuation {
				break
			}
			r.messages = append(r.messages, m.Opcode.String()+" "+string(m.Payload))
			size += m.Size
			b = b[n:]
		}
	}
	if r.idle = d.Idle(); r.idle && size != int64(r.fed) {
		t.Fatalf("messages of %d bytes came of %d", size, r.fed)
	}
	return r
}

// checkStuck checks that a decoder that has failed says so for ever, and holds nothing else.
func checkStuck(t testing.TB, d *Decoder, err error) {
	t.Helper()
	for _, b := range [][]byte{nil, []byte("\x81\x80\x00\x00\x00\x00")} {
		if m, n, again := d.Next(b); again != err || n != len(b) || m.Opcode != Continuation || m.Payload != nil {
			t.Fatalf("after %v: Next = %v, %d, %v", err, m, n, again)
		}
	}
	if d.Idle() || d.partial.message != nil || d.partial.control != nil || d.partial.inflater != nil || d.partial.window != nil {
		t.Fatalf("after %v the decoder holds a buffer", err)
	}
}

// checkHeld checks that a decoder has not taken more memory than what was fed
// and the limit warrant.
func checkHeld(t testing.TB, d *Decoder, c *Config, fed int) {
	t.Helper()
	if d.partial == nil {
		return
	}
	if p := d.partial; d.Idle() && (p.message != nil || p.control != nil || p.inflater != nil) {
		t.Fatalf("an idle decoder holds more than a window: %+v", p)
	}
	if held := cap(d.partial.message); held > max(2*fed, minGrow) || c.MaxMessage > 0 && int64(held) > c.MaxMessage {
		t.Fatalf("%d bytes are held for a message after %d were fed, limit %d", held, fed, c.MaxMessage)
	}
	if z := d.partial.inflater; z != nil && c.MaxMessage > 0 && int64(cap(z.out)) > c.MaxMessage {
		t.Fatalf("room for %d inflated bytes, limit %d", cap(z.out), c.MaxMessage)
	}
	if held := cap(d.partial.control); held > 2*maxControl {
		t.Fatalf("%d bytes are held for a control frame", held)
	}
}

// cut yields b in pieces that end at the given places.
func cut(b []byte, at ...int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		start := 0
		for _, end := range append(at, len(b)) {
			if !yield(b[start:end]) {
				return
			}
			start = end
		}
	}
}

// pieces yields b in pieces of 1 to 16 bytes, or of 1 to 4096, drawn from seed.
func pieces(b []byte, seed uint64) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		most := uint64(16)
		if seed%2 == 1 {
			most = 4096
		}
		for len(b) > 0 {
			seed = seed*6364136223846793005 + 1442695040888963407
			n := min(int(seed>>32%most)+1, len(b))
			if !yield(b[:n]) {
				return
			}
			b = b[n:]
		}
	}
}

func TestDecoder(t *testing.T) {
	testTable(t, &Config{Role: Server, MaxMessage: 1000}, decoderTable)
}

func testTable(t *testing.T, c *Config, table []decoderRow) {
	t.Helper()
	for _, tt := range table {
		t.Run(tt.name, func(t *testing.T) {
			input := []byte(tt.input)
			whole := decode(t, c, cut(input))
			if want := (result{messages: tt.want, err: tt.err, idle: tt.err == nil && !tt.open}); !whole.equal(want) {
				t.Fatalf("got %v; want %v", whole, want)
			}
			single := decode(t, c, slices.Chunk(input, 1))
			if !single.equal(whole) {
				t.Errorf("byte by byte: %v; in one piece: %v", single, whole)
			}
			if tt.err != nil && single.fed != tt.failAt {
				t.Errorf("the error came with byte %d, want %d", single.fed, tt.failAt)
			}
			for i := range len(input) + 1 {
				if split := decode(t, c, cut(input, i)); !split.equal(whole) {
					t.Errorf("cut at %d: %v; in one piece: %v", i, split, whole)
				}
			}
		})
	}
}

// Each row of the text table as one frame, and in two fragments cut anywhere.
func TestDecoderText(t *testing.T) {
	c := &Config{Role: Server}
	for _, tt := range textTable {
		t.Run("§8.1 "+tt.name, func(t *testing.T) {
			want := result{messages: []string{"text " + tt.text}, idle: true}
			if tt.failAt > 0 || tt.open {
				want = result{err: ErrInvalidUTF8}
			}
			inputs := []string{masked(Text, tt.text)}
			for i := range len(tt.text) + 1 {
				inputs = append(inputs, first(Text, tt.text[:i])+last(tt.text[i:]))
			}
			for _, input := range inputs {
				for i := range len(input) + 1 {
					if got := decode(t, c, cut([]byte(input), i)); !got.equal(want) {
						t.Fatalf("% x cut at %d: got %v, want %v", input, i, got, want)
					}
				}
			}
			if tt.failAt == 0 {
				return
			}
			if got := decode(t, c, slices.Chunk([]byte(inputs[0]), 1)); got.fed != 6+tt.failAt {
				t.Errorf("the error came with byte %d of the payload, want %d", got.fed-6, tt.failAt)
			}
		})
	}
}

// Every kind of length field, cut anywhere in the header and around the end.
func TestDecoderLengths(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 127, 65535, 65536, 70000} {
		payload := sequence(size)
		want := result{messages: []string{"binary " + string(payload)}, idle: true}
		for role, input := range map[Role][]byte{
			Server: AppendMaskedFrame(nil, Binary, benchKey, payload),
			Client: AppendFrame(nil, Binary, payload),
		} {
			c := &Config{Role: role, MaxMessage: 70000}
			for i := range min(MaxHeaderLen+3, len(input)) {
				end := len(input) - i
				if got := decode(t, c, cut(input, i)); !got.equal(want) {
					t.Errorf("%v, %d bytes, cut at %d: got %.100v", role, size, i, got)
				}
				if got := decode(t, c, cut(input, min(i, end), end)); !got.equal(want) {
					t.Errorf("%v, %d bytes, cut at %d and %d: got %.100v", role, size, i, end, got)
				}
			}
			if got := decode(t, c, slices.Chunk(input, 1000)); !got.equal(want) {
				t.Errorf("%v, %d bytes in pieces of 1000: got %.100v", role, size, got)
			}
		}
	}
}

func TestDecoderOfClient(t *testing.T) {
	c := &Config{Role: Client}
	input := "\x01\x03Hel\x89\x01p\x80\x02lo\x88\x00"
	want := result{messages: []string{"ping p", "text Hello", "close "}, idle: true}
	for i := range len(input) + 1 {
		if got := decode(t, c, cut([]byte(input), i)); !got.equal(want) {
			t.Errorf("cut at %d: got %v", i, got)
		}
	}
	got := decode(t, c, slices.Chunk([]byte(masked(Text, "a")), 1))
	if !errors.Is(got.err, ErrMasked) || got.fed != 2 {
		t.Errorf("§5.1 masked frame to a client: %v with byte %d; want %v with byte 2", got.err, got.fed, ErrMasked)
	}
}

func TestDecoderSize(t *testing.T) {
	if size := unsafe.Sizeof(Decoder{}); size > 2*unsafe.Sizeof(uintptr(0)) {
		t.Errorf("a Decoder has %d bytes", size)
	}
}

func FuzzDecoder(f *testing.F) {
	for i, tt := range decoderTable {
		f.Add([]byte(tt.input), uint64(i), false, uint16(1000))
	}
	for i, tt := range inflateTable {
		f.Add([]byte(tt.input), uint64(i)|2, false, uint16(1000))
	}
	f.Add([]byte("\x01\x03Hel\x89\x01p\x80\x02lo\x88\x00"), uint64(3), true, uint16(0))
	f.Fuzz(func(t *testing.T, input []byte, seed uint64, client bool, limit uint16) {
		c := &Config{MaxMessage: int64(limit)}
		if client {
			c.Role = Client
		}
		if seed&2 != 0 {
			c.Deflate = &anyContext
		}
		whole := decode(t, c, cut(input))
		if split := decode(t, c, pieces(input, seed)); !split.equal(whole) {
			t.Errorf("in pieces: %v; in one: %v", split, whole)
		}
		if single := decode(t, c, slices.Chunk(input, 1)); !single.equal(whole) {
			t.Errorf("byte by byte: %v; in one piece: %v", single, whole)
		}
	})
}
