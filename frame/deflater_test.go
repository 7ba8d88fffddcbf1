package frame

import (
	"bytes"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// What is sent is what RFC 7692 §7.2.1 describes, and can be read with the
// window that was agreed, or with any greater one.
func TestDeflater(t *testing.T) {
	d := NewDeflater()
	for _, size := range []int{0, 1, 5, 127, 128, 255, 256, 257, 1000, 32767, 32768, 32769, 70000} {
		text := jsonText(size)
		for bits := minBits; bits <= maxBits; bits++ {
			deflated := d.Append(nil, text, bits)
			for agreed := bits; agreed <= maxBits; agreed++ {
				c := &Config{Role: Client, Deflate: &Deflate{ServerNoContext: true, ServerWindowBits: agreed, ClientWindowBits: 15}}
				got := decode(t, c, cut(AppendCompressed(nil, Binary, deflated)))
				if got.err != nil || len(got.messages) != 1 || got.messages[0] != "binary "+string(text) {
					t.Fatalf("%d bytes for %d bits, read with %d: %.200v", size, bits, agreed, got)
				}
			}
		}
	}
}

// The pieces are what keeps the distances small: repeats that are further
// apart than the window must not be found.
func TestDeflaterHonoursWindow(t *testing.T) {
	d := NewDeflater()
	for bits := minBits; bits < maxBits; bits++ {
		half := string(jsonText(1<<bits - 50)) // the next one is just within the window of the first
		text := []byte(half + strings.Repeat("-", 100) + half)
		wide := len(d.Append(nil, text, bits+1))
		narrow := d.Append(nil, text, bits)
		c := &Config{Role: Client, Deflate: &Deflate{ServerWindowBits: bits, ClientWindowBits: 15}}
		if got := decode(t, c, cut(AppendCompressed(nil, Binary, narrow))); got.err != nil {
			t.Errorf("%d bits: %v", bits, got.err)
		}
		if bits < maxBits-1 && len(narrow) <= wide {
			t.Errorf("%d bits: %d bytes, with one bit more %d", bits, len(narrow), wide)
		}
	}
}

// A message can be sent to clients that keep a context and have others before.
func TestDeflatedIsForAll(t *testing.T) {
	d := NewDeflater()
	body := d.Append(nil, []byte("Hello"), 15)
	c := &Config{Role: Client, Deflate: &Deflate{ServerWindowBits: 15, ClientWindowBits: 15}}
	var stream []byte
	var want []string
	for _, name := range []string{"A: ", "", strings.Repeat("long", 1<<15)} {
		stream = AppendCompressed(stream, Text, AppendStored(nil, []byte(name)), body)
		want = append(want, "text "+name+"Hello")
	}
	if got := decode(t, c, cut(stream)); !got.equal(result{messages: want, idle: true}) {
		t.Errorf("%.300v", got)
	}
}

// RFC 7692 §6.1, and the header as it is on the wire.
func TestAppendCompressed(t *testing.T) {
	if got, want := string(AppendCompressed(nil, Text, []byte(hello))), "\xc1\x07"+hello; got != want { // §7.2.3.1
		t.Errorf("% x, want % x", got, want)
	}
	got := string(AppendCompressed(nil, Binary, AppendStored(nil, []byte("A")), []byte(hello)))
	if want := "\xc2\x0d\x00\x01\x00\xfe\xffA" + hello; got != want {
		t.Errorf("% x, want % x", got, want)
	}
	if got := AppendStored(nil, nil); len(got) != 0 {
		t.Errorf("nothing stored: % x", got)
	}
	if got := NewDeflater().Append(nil, nil, 15); string(got) != "\x00" { // §7.2.3.6
		t.Errorf("nothing compressed: % x", got)
	}
}

// However many compress at once, there are no more compressors than processors.
func TestDeflaterBound(t *testing.T) {
	d := NewDeflater()
	text := jsonText(2000)
	want := d.Append(nil, text, 15)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range 5 {
				if got := d.Append(nil, text, 15); !bytes.Equal(got, want) {
					t.Error("another result than when alone")
				}
			}
		})
	}
	all.Wait()
	made := 0
	for range cap(d.free) {
		if c := <-d.free; c != nil {
			made++
			if c.dst != nil {
				t.Error("a compressor holds on to what it made")
			}
		}
	}
	if made == 0 || made > runtime.GOMAXPROCS(0) {
		t.Errorf("%d compressors", made)
	}
}

func TestDeflaterDoesNotAllocateInRoom(t *testing.T) {
	d := NewDeflater()
	text := jsonText(1000)
	buf, front, out := make([]byte, 0, 2000), make([]byte, 0, 100), make([]byte, 0, 2000)
	for range cap(d.free) {
		d.Append(buf, text, 15) // so that all are made
	}
	allocs := testing.AllocsPerRun(100, func() {
		buf = d.Append(buf[:0], text, 10)
		front = AppendStored(front[:0], text[:20])
		out = AppendCompressed(out[:0], Text, front, buf)
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// What the comment on Deflater says of a compressor's size.
func TestCompressorSize(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c := newCompressor()
	c.append(nil, jsonText(100), maxBits)
	runtime.ReadMemStats(&after)
	if size := after.TotalAlloc - before.TotalAlloc; size > 1250<<10 {
		t.Errorf("%d bytes", size)
	}
}
