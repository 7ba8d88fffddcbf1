package handshake

import (
	"errors"
	"strings"
	"testing"
	"unsafe"

	. "wschat/handshake/handshaketest"
)

// What lies behind the request is left to the caller, to the byte.
func TestDecoderTakesTheHeadAlone(t *testing.T) {
	for _, behind := range []string{"", "x", "\r\n\r\n", strings.Repeat("frames\xff\n", 10_000)} {
		for _, size := range []int{1, 2, 100, len(Upgrade) - 1, len(Upgrade), len(Upgrade) + 1, 1 << 20} {
			r, taken, err := decode([]byte(Upgrade+behind), size)
			if err != nil || taken != len(Upgrade) || r.Head != Upgrade {
				t.Fatalf("%d behind, %d at a time: took %d, %v", len(behind), size, taken, err)
			}
		}
	}
}

// RFC 9112 §9.3: a connection may carry one request after the other.
func TestDecoderReadsOn(t *testing.T) {
	var d Decoder
	b := []byte("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3")
	for _, want := range []string{"/1", "/2"} {
		r, n, err := d.Next(b)
		if err != nil || r == nil || r.Target != want {
			t.Fatalf("got %v, %v, want %s", r, err, want)
		}
		b = b[n:]
	}
	if r, n, err := d.Next(b); r != nil || n != len(b) || err != nil {
		t.Errorf("half a request: %v, %d, %v", r, n, err)
	}
}

// PROTOCOL 1: a head of more than 16 KiB gets 431, as soon as it is that.
func TestDecoderBound(t *testing.T) {
	head := func(size int) string {
		return With("X: " + strings.Repeat("x", size-len(Upgrade)-len("X: \r\n")) + "\r\n")
	}
	for _, size := range []int{1, 1000, 1 << 20} {
		for n, status := range map[int]int{MaxHead - 1: 0, MaxHead: 0, MaxHead + 1: 431, 10 * MaxHead: 431} {
			r, taken, err := decode([]byte(head(n)), size)
			var rejection *Rejection
			if status == 0 && (r == nil || err != nil) {
				t.Errorf("%d bytes, %d at a time: %v", n, size, err)
			}
			if status != 0 && (!errors.As(err, &rejection) || rejection.Status != status || taken > MaxHead) {
				t.Errorf("%d bytes, %d at a time: %v after %d, want %d", n, size, err, taken, status)
			}
		}
	}
}

// What cannot be the beginning of a head is not waited for.
func TestDecoderWaitsForNothingInVain(t *testing.T) {
	for _, raw := range []string{"\n", "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\nHost\n", "\x16\x03\x01", "\x00"} {
		for _, size := range []int{1, len(raw)} {
			_, _, err := decode([]byte(raw), size)
			var rejection *Rejection
			if !errors.As(err, &rejection) || rejection.Status != 400 {
				t.Errorf("%q: %v, want 400", raw, err)
			}
		}
	}
}

// A Decoder is some words while nothing has come, and holds what has come after.
func TestDecoderMemory(t *testing.T) {
	if size := unsafe.Sizeof(Decoder{}); size > 32 {
		t.Errorf("a Decoder has %d bytes", size)
	}
	var d Decoder
	for i := range 100 {
		if _, _, err := d.Next([]byte(Upgrade[i : i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if got := cap(d.head.buf); got > 200 {
		t.Errorf("it holds %d bytes for 100", got)
	}
	d = Decoder{}
	request := []byte(Upgrade)
	const needed = 3 // the request, its fields, its text
	if allocs := testing.AllocsPerRun(100, func() { d.Next(request) }); allocs > needed {
		t.Errorf("%v allocations for a whole request, want %d", allocs, needed)
	}
}
