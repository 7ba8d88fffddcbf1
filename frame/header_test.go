package frame

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
)

// draw turns a drawing of bits into bytes. Blanks part the fields.
func draw(t testing.TB, drawing string) []byte {
	t.Helper()
	var b []byte
	n := 0
	for _, c := range strings.ReplaceAll(drawing, " ", "") {
		if n%8 == 0 {
			b = append(b, 0)
		}
		b[n/8] = b[n/8]<<1 | byte(c-'0')
		n++
	}
	if n%8 != 0 {
		t.Fatalf("drawing of %d bits: %s", n, drawing)
	}
	return b
}

const (
	zero6 = "00000000 00000000 00000000 00000000 00000000 00000000 "
	ones6 = "11111111 11111111 11111111 11111111 11111111 11111111 "
)

// FIN, RSV1-3, opcode, MASK, 7 bits of length, longer length, masking key.
var headerTable = []struct {
	name string
	bits string
	want Header
}{
	{"§5.2 length 0", "1 000 0001 0 0000000", Header{Fin: true, Opcode: Text}},
	{"§5.2 length 1", "1 000 0010 0 0000001", Header{Fin: true, Opcode: Binary, Length: 1}},
	{"§5.2 length 125, the last in 7 bits", "1 000 0001 0 1111101", Header{Fin: true, Opcode: Text, Length: 125}},
	{"§5.2 length 126, the first in 16 bits", "1 000 0001 0 1111110 00000000 01111110", Header{Fin: true, Opcode: Text, Length: 126}},
	{"§5.2 length 127", "1 000 0001 0 1111110 00000000 01111111", Header{Fin: true, Opcode: Text, Length: 127}},
	{"§5.2 length 65535, the last in 16 bits", "1 000 0001 0 1111110 11111111 11111111", Header{Fin: true, Opcode: Text, Length: 65535}},
	{"§5.2 length 65536, the first in 64 bits", "1 000 0001 0 1111111 " + "00000000 00000000 00000000 00000000 00000000 00000001 00000000 00000000",
		Header{Fin: true, Opcode: Text, Length: 65536}},
	{"§5.2 length 2^31", "1 000 0001 0 1111111 " + "00000000 00000000 00000000 00000000 10000000 00000000 00000000 00000000",
		Header{Fin: true, Opcode: Text, Length: 1 << 31}},
	{"§5.2 length 2^63-1, the last of all", "1 000 0001 0 1111111 01111111 11111111 " + ones6,
		Header{Fin: true, Opcode: Text, Length: math.MaxInt64}},
	{"§5.2 FIN off", "0 000 0001 0 0000000", Header{Opcode: Text}},
	{"§5.2 RSV1", "1 100 0001 0 0000000", Header{Fin: true, RSV: 4, Opcode: Text}},
	{"§5.2 RSV2", "1 010 0001 0 0000000", Header{Fin: true, RSV: 2, Opcode: Text}},
	{"§5.2 RSV3", "1 001 0001 0 0000000", Header{Fin: true, RSV: 1, Opcode: Text}},
	{"§5.4 continuation", "0 000 0000 0 0000000", Header{Opcode: Continuation}},
	{"§5.5.1 close", "1 000 1000 0 0000010", Header{Fin: true, Opcode: Close, Length: 2}},
	{"§5.5.2 ping", "1 000 1001 0 0000000", Header{Fin: true, Opcode: Ping}},
	{"§5.5.3 pong", "1 000 1010 0 0000000", Header{Fin: true, Opcode: Pong}},
	{"§5.2 the highest opcode", "1 000 1111 0 0000000", Header{Fin: true, Opcode: 15}},
	{"§5.3 key behind 7 bits of length", "1 000 0001 1 0000101 00110111 11111010 00100001 00111101",
		Header{Fin: true, Opcode: Text, Masked: true, Key: [4]byte{0x37, 0xfa, 0x21, 0x3d}, Length: 5}},
	{"§5.3 key behind 16 bits of length", "1 000 0001 1 1111110 00000001 00000000 00000001 00000010 00000011 00000100",
		Header{Fin: true, Opcode: Text, Masked: true, Key: [4]byte{1, 2, 3, 4}, Length: 256}},
	{"§5.3 key behind 64 bits of length: all 14 bytes", "0 111 0000 1 1111111 01111111 11111111 " + ones6 + "00000001 00000010 00000011 00000100",
		Header{RSV: 7, Masked: true, Key: [4]byte{1, 2, 3, 4}, Length: math.MaxInt64}},
}

func TestParseHeader(t *testing.T) {
	for _, tt := range headerTable {
		t.Run(tt.name, func(t *testing.T) {
			b := draw(t, tt.bits)
			h, n, err := ParseHeader(append(b, "payload"...))
			if h != tt.want || n != len(b) || err != nil {
				t.Errorf("ParseHeader = %+v, %d, %v; want %+v, %d", h, n, err, tt.want, len(b))
			}
			for i := range b {
				if h, n, err := ParseHeader(b[:i]); h != (Header{}) || n != 0 || err != nil {
					t.Errorf("ParseHeader of the first %d bytes = %+v, %d, %v; want nothing yet", i, h, n, err)
				}
			}
		})
	}
}

func TestAppendHeader(t *testing.T) {
	for _, tt := range headerTable {
		t.Run(tt.name, func(t *testing.T) {
			want := append([]byte("before"), draw(t, tt.bits)...)
			if got := AppendHeader([]byte("before"), tt.want); !bytes.Equal(got, want) {
				t.Errorf("AppendHeader = %08b, want %08b", got, want)
			}
		})
	}
}

// An error must come with the byte that makes it certain, not with the last one.
func TestParseHeaderRefusesLengths(t *testing.T) {
	for _, tt := range []struct {
		name string
		bits string
		at   int // bytes with which the error comes
		want error
	}{
		{"§5.2 0 in 16 bits", "1 000 0001 0 1111110 00000000 00000000", 4, ErrLengthNotMinimal},
		{"§5.2 125 in 16 bits", "1 000 0001 0 1111110 00000000 01111101", 4, ErrLengthNotMinimal},
		{"§5.2 125 in 16 bits, masked", "1 000 0001 1 1111110 00000000 01111101 00000000 00000000 00000000 00000000", 4, ErrLengthNotMinimal},
		{"§5.2 0 in 64 bits", "1 000 0001 0 1111111 " + zero6 + "00000000 00000000", 8, ErrLengthNotMinimal},
		{"§5.2 126 in 64 bits", "1 000 0001 0 1111111 " + zero6 + "00000000 01111110", 8, ErrLengthNotMinimal},
		{"§5.2 65535 in 64 bits", "1 000 0001 0 1111111 " + zero6 + "11111111 11111111", 8, ErrLengthNotMinimal},
		{"§5.2 top bit alone", "1 000 0001 0 1111111 10000000 00000000 " + zero6, 3, ErrLengthTopBit},
		{"§5.2 top bit and all others", "1 000 0001 1 1111111 11111111 11111111 " + ones6, 3, ErrLengthTopBit},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := draw(t, tt.bits)
			for i := range len(b) + 1 {
				var want error
				if i >= tt.at {
					want = tt.want
				}
				if h, n, err := ParseHeader(b[:i]); h != (Header{}) || n != 0 || !errors.Is(err, want) {
					t.Errorf("ParseHeader of the first %d bytes = %+v, %d, %v; want %v", i, h, n, err, want)
				}
			}
		})
	}
}

func TestAppendFrame(t *testing.T) {
	// The examples of RFC 6455 §5.7.
	hello := []byte("Hello")
	for _, tt := range []struct {
		name string
		got  []byte
		want []byte
	}{
		{"§5.7 unmasked text", AppendFrame(nil, Text, hello), []byte("\x81\x05Hello")},
		{"§5.7 masked text", AppendMaskedFrame(nil, Text, benchKey, hello), []byte("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")},
		{"§5.7 unmasked ping", AppendFrame(nil, Ping, hello), []byte("\x89\x05Hello")},
		{"§5.7 masked pong", AppendMaskedFrame(nil, Pong, benchKey, hello), []byte("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")},
		{"§5.7 256 bytes", AppendFrame(nil, Binary, make([]byte, 256)), append([]byte("\x82\x7e\x01\x00"), make([]byte, 256)...)},
		{"§5.7 64 KiB", AppendFrame(nil, Binary, make([]byte, 65536)), append([]byte("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"), make([]byte, 65536)...)},
		{"no payload", AppendMaskedFrame([]byte("before"), Text, [4]byte{1, 2, 3, 4}, nil), []byte("before\x81\x80\x01\x02\x03\x04")},
	} {
		if !bytes.Equal(tt.got, tt.want) {
			t.Errorf("%s: got % x, want % x", tt.name, tt.got, tt.want)
		}
	}
	if string(hello) != "Hello" {
		t.Errorf("AppendMaskedFrame changed the payload it was given to %q", hello)
	}
}

func TestOpcode(t *testing.T) {
	names := map[Opcode]string{0: "continuation", 1: "text", 2: "binary", 3: "reserved opcode 3", 8: "close", 9: "ping", 10: "pong", 15: "reserved opcode 15"}
	for o, want := range names {
		if o.String() != want {
			t.Errorf("Opcode(%d).String() = %q, want %q", byte(o), o, want)
		}
	}
	const reserved, control = "0001111100011111", "0000000011111111" // §5.2, one digit for each opcode
	for o := range Opcode(16) {
		if got, want := o.IsReserved(), reserved[o] == '1'; got != want {
			t.Errorf("%v.IsReserved() = %v, want %v", o, got, want)
		}
		if got, want := o.IsControl(), control[o] == '1'; got != want {
			t.Errorf("%v.IsControl() = %v, want %v", o, got, want)
		}
	}
	if Server.String() != "server" || Client.String() != "client" {
		t.Errorf("roles are %q and %q", Server, Client)
	}
}

func FuzzParseHeader(f *testing.F) {
	for _, tt := range headerTable {
		f.Add(draw(f, tt.bits))
	}
	f.Add([]byte("\x81\x7e\x00\x05"))
	f.Add([]byte("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := ParseHeader(b)
		if n < 0 || n > min(len(b), MaxHeaderLen) || n > 0 && err != nil || h.Length < 0 {
			t.Fatalf("ParseHeader(% x) = %+v, %d, %v", b, h, n, err)
		}
		if n == 0 {
			if err == nil && len(b) >= MaxHeaderLen {
				t.Fatalf("ParseHeader(% x) wants more than MaxHeaderLen bytes", b)
			}
			return
		}
		if again := AppendHeader(nil, h); !bytes.Equal(again, b[:n]) {
			t.Fatalf("% x was parsed as %+v, which is written % x", b[:n], h, again)
		}
	})
}
