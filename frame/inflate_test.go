package frame

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// anyContext is for a server whose client keeps its context.
var anyContext = Deflate{ServerNoContext: true, ServerWindowBits: 15, ClientWindowBits: 15}

func TestInflate(t *testing.T) {
	testTable(t, &Config{MaxMessage: 1000, Deflate: &anyContext}, inflateTable)
	// What does not set RSV1 is as it was.
	var uncompressed []decoderRow
	for _, row := range decoderTable {
		if !strings.Contains(row.name, "RSV1") {
			uncompressed = append(uncompressed, row)
		}
	}
	testTable(t, &Config{MaxMessage: 1000, Deflate: &anyContext}, uncompressed)
}

// Streams that zlib 1.3 made: two messages with a context and a window of 9
// bits, and one with BFINAL set.
func TestInflateWhatZlibMade(t *testing.T) {
	const (
		text1 = `{"type":"message","seq":42835,"from":"user89","text":"noon 你好 meeting pen"}{"type":"message","seq":54368,"from":"user40","text":"eryone noon 你好 meeting pen"}{"type":"message","seq":2784,"from":"user61","text":"o everyone noon 你好 meeting pen"}{"type":"message","seq":27680,"from":"user67","text":"hell`
		text2 = `{"type":"message","seq":21274,"from":"user3","text":" noon 你好 meeting pen"}{"type":"message","seq":28256,"from":"user60","text":"oon 你好 meeting pen"}{"type":"message","seq":88864,"from":"user29","text":"o everyone noon 你好 meeting pen"}{"type":"message","seq":95520,"from":"user44","text":"hello every`

		message1 = "\x9c\xcc\xc1\x0d\xc2\x20\x00\x05\xd0\x55\xc8\x3f\x73\xa8\x2d\x6d\x91\x6d\x3c\x7c\xab\x49\x81\x0a\x68\xda\x34\xee\xe2\xc5\x31\xba\x8d\xee\xe1\x91\x70\xf0\xa0\x6f\x80\xb7\x22\x2d\x13\x61\x60\x19\xe3\x61\x20\x24\x22\x2f\x30\xaa\xd6\x4d\x2b\x71\x0c\xde\xc2\xe0\x1a\x19\xf4\x1e\x12\x89\x73\x82\x81\xf3\xde\x89\xd7\xf6\x78\x3f\x37\x61\xc9\x74\x76\x83\x98\xe8\x70\x5f\xbf\x74\xad\x6a\x3a\x5d\x74\xaa\xca\x1d\xc3\xe2\x1d\xc5\xcf\x6b\xdd\x6b\x55\xa4\xdd\x2e\xa7\x5e\xf0\xf6\x7f\xdc\xe9\xaa\x9c\xfb\x3c\x9f\x38\x8e\x1f\x00"
		message2 = "\xc2\xa9\xd3\xd0\xc8\x1c\xd5\x4d\xc6\x08\x8d\x64\x38\xc4\xc2\xc8\xd4\x0c\xd5\x21\x06\x48\x5e\x24\xd1\x34\x0b\x0b\x0b\x33\x54\xc7\x19\x59\x22\x99\xa6\x90\x5a\x96\x5a\x54\x99\x9f\x97\x4a\xba\x3b\x2d\x4d\x4d\x8d\x0c\x50\x4c\x36\x31\x41\x98\x9c\x91\x9a\x93\x03\x35\x1d\x00"
		final1   = "\x9d\xcc\xc1\x0d\xc2\x20\x00\x05\xd0\x55\xc8\x3f\x73\xa8\x2d\x6d\x91\x6d\x3c\x7c\xab\x49\x81\x0a\x68\xda\x34\xee\xe2\xc5\x31\xba\x8d\xee\xe1\x91\x70\xf0\xa0\x6f\x80\xb7\x22\x2d\x13\x61\x60\x19\xe3\x61\x20\x24\x22\x2f\x30\xaa\xd6\x4d\x2b\x71\x0c\xde\xc2\xe0\x1a\x19\xf4\x1e\x12\x89\x73\x82\x81\xf3\xde\x89\xd7\xf6\x78\x3f\x37\x61\xc9\x74\x76\x83\x98\xe8\x70\x5f\xbf\x74\xad\x6a\x3a\x5d\x74\xaa\xca\x1d\xc3\xe2\x1d\xc5\xcf\x6b\xdd\x6b\x55\xa4\xdd\x2e\xa7\x5e\xf0\xf6\x7f\xdc\xe9\xaa\x9c\xfb\x3c\x9f\x38\x8e\x1f"
	)
	c := &Config{Deflate: &Deflate{ServerWindowBits: 15, ClientWindowBits: 9}}
	for name, input := range map[string]string{
		"context": maskedRSV1(Text, message1) + maskedRSV1(Text, message2),
		"BFINAL":  maskedRSV1(Text, final1+"\x00") + maskedRSV1(Text, message2),
	} {
		want := result{messages: []string{"text " + text1, "text " + text2}, idle: true}
		for i := range len(input) {
			if got := decode(t, c, cut([]byte(input), i)); !got.equal(want) {
				t.Fatalf("%s, cut at %d: %v", name, i, got)
			}
		}
		if got := decode(t, c, slices.Chunk([]byte(input), 1)); !got.equal(want) {
			t.Errorf("%s, byte by byte: %v", name, got)
		}
	}
	input := []byte(maskedRSV1(Text, message2))
	if got := decode(t, c, cut(input)); got.err != ErrDeflateData {
		t.Errorf("the second message alone: %v", got)
	}
}

// A message cut short anywhere, whatever kind of block it ends in, is an error.
func TestTruncated(t *testing.T) {
	c := &Config{MaxMessage: 1 << 20, Deflate: &anyContext}
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 300)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	d := NewDeflater()
	for name, message := range map[string]string{
		"fixed":       hello,
		"dynamic":     string(d.Append(nil, jsonText(1000), 15)),
		"pieces":      string(d.Append(nil, jsonText(2000), 8)),
		"stored":      string(d.Append(nil, noise, 15)),
		"with prefix": string(d.Append(AppendStored(nil, []byte("A:")), jsonText(300), 15)),
		"BFINAL":      "\xf3\x48\xcd\xc9\xc9\x07\x00" + hello,
	} {
		if got := decode(t, c, cut([]byte(maskedRSV1(Binary, message)))); got.err != nil {
			t.Fatalf("%s: %v", name, got)
		}
		for i := range len(message) {
			// In front of LEN, where a stored block begins, there is a right end.
			right := i > 0 && len(message) >= i+4 && message[i] == ^message[i+2] && message[i+1] == ^message[i+3]
			got := decode(t, c, cut([]byte(maskedRSV1(Binary, message[:i]))))
			if right != (got.err == nil) || !right && got.err != ErrDeflateEnd {
				t.Errorf("%s, %d of %d bytes: %v", name, i, len(message), got)
			}
		}
	}
}

// No distance may be greater than the window, and none smaller is wrong: in a
// message, and from one into the last (§7.1.2).
func TestWindow(t *testing.T) {
	for bits := minBits; bits <= maxBits; bits++ {
		window := 1 << bits
		text := strings.Repeat("a", window-1) + "b" // the last of it is as far from the first
		stored := string(AppendStored(nil, []byte("c"+text)))
		back := func(distance int) string {
			return fixedBlock(0, func(w *deflateWriter) { w.copy(3, distance) })
		}
		for _, role := range []Role{Server, Client} {
			d := &Deflate{ServerWindowBits: 15, ClientWindowBits: bits}
			if role == Client {
				d = &Deflate{ServerWindowBits: bits, ClientWindowBits: 15}
			}
			for distance, want := range map[int]error{1: nil, window - 1: nil, window: nil, window + 1: ErrDeflateData} {
				if want != nil && bits == maxBits {
					continue // no distance is greater
				}
				for name, messages := range map[string][]string{
					"in one message":      {stored + back(distance)},
					"in the next message": {stored + "\x00", back(distance)},
					"behind an empty one": {stored + "\x00", "\x00", back(distance)},
				} {
					var input []byte
					for _, m := range messages {
						h := Header{Fin: true, RSV: RSV1, Opcode: Binary, Masked: role == Server, Length: int64(len(m))}
						input = append(AppendHeader(input, h), m...) // the key is 0
					}
					got := decode(t, &Config{Role: role, Deflate: d}, cut(input))
					if got.err != want {
						t.Errorf("%v, window of %d, distance %d %s: %v", role, window, distance, name, got.err)
					}
					if want != nil {
						continue
					}
					all := strings.ReplaceAll(strings.Join(got.messages, ""), "binary ", "")
					copied := all[len(all)-3:]
					for i := range 3 {
						if copied[i] != all[len(all)-3+i-distance] {
							t.Errorf("%v, window of %d, distance %d %s: %q", role, window, distance, name, copied)
						}
					}
				}
			}
		}
	}
}

// Where there is no context, no message refers to another (§7.1.1), and
// nothing is kept; of a context, only what has been received.
func TestContext(t *testing.T) {
	for _, tt := range []struct {
		role Role
		d    Deflate
		err  error
	}{
		{Server, Deflate{true, false, 15, 15}, nil},
		{Server, Deflate{false, true, 15, 15}, ErrDeflateData},
		{Client, Deflate{false, true, 15, 15}, nil},
		{Client, Deflate{true, false, 15, 15}, ErrDeflateData},
	} {
		frame := func(payload string) string {
			if tt.role == Server {
				return maskedRSV1(Text, payload)
			}
			return string(AppendCompressed(nil, Text, []byte(payload)))
		}
		c := &Config{Role: tt.role, Deflate: &tt.d}
		input := []byte(frame(hello) + frame(helloAgain))
		want := result{messages: []string{"text Hello", "text Hello"}, idle: true}
		if tt.err != nil {
			want = result{messages: []string{"text Hello"}, err: tt.err}
		}
		for i := range len(input) {
			if got := decode(t, c, cut(input, i)); !got.equal(want) {
				t.Errorf("%v with %+v, cut at %d: %v", tt.role, tt.d, i, got)
			}
		}

		d := NewDecoder(c)
		if _, _, err := d.Next([]byte(frame("\x00"))); err != nil || d != NewDecoder(c) {
			t.Errorf("%v with %+v: something is kept of an empty message, or %v", tt.role, tt.d, err)
		}
		if _, _, err := d.Next([]byte(frame(hello))); err != nil || !d.Idle() {
			t.Errorf("%v with %+v: idle %v, %v", tt.role, tt.d, d.Idle(), err)
		}
		switch {
		case tt.err != nil && d.partial != nil:
			t.Errorf("%v with %+v: something is kept without a context", tt.role, tt.d)
		case tt.err == nil && cap(d.partial.window) != len("Hello"):
			t.Errorf("%v with %+v: %d bytes are kept of 5", tt.role, tt.d, cap(d.partial.window))
		}
	}
}

// The context goes on over many messages, and never takes more than its window.
func TestContextOverManyMessages(t *testing.T) {
	for _, bits := range []int{8, 11, 15} {
		c := &Config{Deflate: &Deflate{ServerWindowBits: 15, ClientWindowBits: bits}}
		d := NewDecoder(c)
		history := ""
		random := rand.New(rand.NewPCG(uint64(bits), 1))
		for i := range 2000 {
			all := []byte(history) // and the message behind it
			payload := fixedBlock(0, func(w *deflateWriter) {
				if i%3 == 0 {
					all = fmt.Appendf(all, "message %d;", i)
					w.literals(string(all[len(history):]))
				}
				for range random.IntN(4) * min(len(all), 1) {
					distance := 1 + random.IntN(min(len(all), 1<<bits))
					length := 3 + random.IntN(256)
					w.copy(length, distance)
					for range length {
						all = append(all, all[len(all)-distance])
					}
				}
			})
			want := string(all[len(history):])
			m, _, err := d.Next([]byte(maskedRSV1(Binary, payload)))
			if string(m.Payload) != want || err != nil {
				t.Fatalf("%d bits, message %d: %q, %v; want %q", bits, i, m.Payload, err, want)
			}
			history = string(all[max(0, len(all)-1<<bits):])
			if d.partial == nil && history != "" || d.partial != nil && (string(d.partial.window) != history || cap(d.partial.window) > 1<<bits) {
				t.Fatalf("%d bits, after message %d: another window than expected", bits, i)
			}
		}
	}
}

// The limit is on what is inflated: compressed bytes may be more, in blocks
// that hold nothing, but not for ever (RFC 6455 §10.4).
func TestCompressedLength(t *testing.T) {
	testTable(t, &Config{MaxMessage: 10, Deflate: &anyContext}, []decoderRow{
		{name: "over the limit", input: maskedRSV1(Binary, strings.Repeat(emptyBlock, 20)+hello), want: []string{"binary Hello"}},
		{name: "over the limit in fragments", input: firstRSV1(Binary, strings.Repeat(emptyBlock, 20)) + last(hello), want: []string{"binary Hello"}},
		{name: "without end", input: withRSV1(head(Text, 8*10+65)), err: ErrMessageTooBig, failAt: 4},
		{name: "without end, 2^40", input: withRSV1(head(Text, 1<<40)), err: ErrMessageTooBig, failAt: 10},
		{name: "without end, in fragments", input: firstRSV1(Text, strings.Repeat(emptyBlock, 20)) + head(Continuation, 45), err: ErrMessageTooBig, failAt: 6 + 100 + 2},
	})
}

// A bomb costs no more than the limit, and fails no later than it is over it.
func TestBomb(t *testing.T) {
	const limit = 1 << 20
	bomb := []byte(run(80 << 20))
	var fragments string
	for chunk := range slices.Chunk(bomb, 50_000) {
		fragments += more(string(chunk))
	}
	fragments = string([]byte{fragments[0] | byte(Text) | RSV1<<4}) + fragments[1:]
	c := &Config{MaxMessage: limit, Deflate: &anyContext}
	for name, input := range map[string]string{"one frame": maskedRSV1(Text, string(bomb)), "fragments": fragments} {
		var before, after runtime.MemStats
		buf := []byte(input)
		runtime.ReadMemStats(&before)
		d := NewDecoder(c)
		fed := 0
		var err error
		for err == nil && fed < len(buf) {
			n := min(4096, len(buf)-fed)
			_, _, err = d.Next(buf[fed : fed+n])
			fed += n
		}
		runtime.ReadMemStats(&after)
		if err != ErrMessageTooBig || fed > 2*4096 {
			t.Errorf("%s: %v after %d bytes", name, err, fed)
		}
		// All that was allocated, also what is garbage: the room doubles up to the limit.
		if cost := after.TotalAlloc - before.TotalAlloc; cost > 2*limit+64<<10 {
			t.Errorf("%s: %d bytes for a limit of %d", name, cost, limit)
		}
	}
}

// A decoder that is dropped in mid-message leaves nothing behind but garbage,
// and what is announced costs nothing.
func TestDroppedInMidMessage(t *testing.T) {
	c := &Config{MaxMessage: 1 << 30, Deflate: &anyContext}
	goroutines := runtime.NumGoroutine()
	heap := func() int64 {
		runtime.GC()
		runtime.GC() // a pool lets go of what it has at the second
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return int64(s.HeapAlloc)
	}
	before := heap()
	decoders := make([]Decoder, 1000)
	for i := range decoders {
		decoders[i] = NewDecoder(c)
		header := withRSV1(string(AppendHeader(nil, Header{Fin: true, Opcode: Text, Masked: true, Length: 1 << 29})))
		if _, _, err := decoders[i].Next([]byte(header + hello[:3])); err != nil {
			t.Fatal(err)
		}
	}
	if each := (heap() - before) / int64(len(decoders)); each > 8<<10 {
		t.Errorf("%d bytes for each message that has begun", each)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, before %d", n, goroutines)
	}
	runtime.KeepAlive(decoders)
	decoders = nil
	if left := heap() - before; left > 64<<10 {
		t.Errorf("%d bytes are left", left)
	}
}

// Many decoders share a Config, and with it inflaters, on many goroutines.
func TestSharedConfig(t *testing.T) {
	c := &Config{MaxMessage: 1 << 20, Deflate: &anyContext}
	deflater := NewDeflater()
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			d := NewDecoder(c)
			for i := range 50 {
				text := bytes.Repeat([]byte{byte('a' + g)}, 1+i*100)
				b := []byte(maskedRSV1(Text, string(deflater.Append(nil, text, 8+i%8))))
				half := len(b) / 2
				if _, _, err := d.Next(b[:half]); err != nil {
					t.Error(err)
				}
				if m, _, err := d.Next(b[half:]); !bytes.Equal(m.Payload, text) || err != nil {
					t.Errorf("%.20q, %v", m.Payload, err)
				}
			}
		})
	}
	all.Wait()
}

// The payload of a compressed message is memory of its own, and has no room behind it.
func TestInflatedPayload(t *testing.T) {
	d := NewDecoder(&Config{Deflate: &anyContext})
	first, _, err := d.Next([]byte(maskedRSV1(Text, hello)))
	if err != nil || cap(first.Payload) != 5 {
		t.Fatalf("room for %d bytes, %v", cap(first.Payload), err)
	}
	clear(first.Payload) // as a caller might
	m, _, err := d.Next([]byte(maskedRSV1(Text, helloAgain)))
	if string(m.Payload) != "Hello" || err != nil {
		t.Errorf("%q, %v", m.Payload, err)
	}
}

// Without permessage-deflate RSV1 is what it was.
func TestNotNegotiated(t *testing.T) {
	got := decode(t, &Config{}, cut([]byte(maskedRSV1(Text, hello))))
	if !errors.Is(got.err, ErrReservedBits) {
		t.Errorf("%v", got)
	}
}
