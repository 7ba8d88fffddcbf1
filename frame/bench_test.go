package frame

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"strings"
	"testing"
)

var benchKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

func BenchmarkParseHeader(b *testing.B) {
	for _, length := range []int64{125, 65535, 65536} {
		h := AppendHeader(nil, Header{Fin: true, Opcode: Text, Masked: true, Key: benchKey, Length: length})
		b.Run(fmt.Sprint(length), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, n, err := ParseHeader(h); n != len(h) || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}

func BenchmarkAppendHeader(b *testing.B) {
	for _, length := range []int64{125, 65535, 65536} {
		h := Header{Fin: true, Opcode: Text, Masked: true, Key: benchKey, Length: length}
		b.Run(fmt.Sprint(length), func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, MaxHeaderLen)
			for b.Loop() {
				buf = AppendHeader(buf[:0], h)
			}
		})
	}
}

func BenchmarkMask(b *testing.B) {
	for _, size := range []int{16, 128, 1024, 16384, 65536, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			p := make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				Mask(p, benchKey, 1)
			}
		})
	}
}

// BenchmarkMaskXORBytes is the other way to mask, to compare with
// BenchmarkMask: a written-out key and the assembly of crypto/subtle. It is
// slower up to 8 KiB; beyond, it swings between two thirds and five quarters
// of Mask's speed with the address that the stack gives the key.
func BenchmarkMaskXORBytes(b *testing.B) {
	mask := func(p []byte, key [4]byte) {
		var keys [1024]byte
		for i := 0; i < len(keys); i += 4 {
			copy(keys[i:], key[:])
		}
		for len(p) > 0 {
			p = p[subtle.XORBytes(p, p, keys[:]):]
		}
	}
	for _, size := range []int{1024, 16384, 65536, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			p := make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				mask(p, benchKey)
			}
		})
	}
}

// BenchmarkNext decodes one message a turn. Unmasking changes the input, so a
// turn begins by writing the masked frame anew; "copy" is what that costs alone.
func BenchmarkNext(b *testing.B) {
	ascii := func(n int) []byte { return bytes.Repeat([]byte{'a'}, n) }
	han := []byte(strings.Repeat("汉", 42)) // 126 bytes
	for _, bc := range []struct {
		name  string
		input []byte
	}{
		{"text/128", AppendMaskedFrame(nil, Text, benchKey, ascii(128))},
		{"text/han/126", AppendMaskedFrame(nil, Text, benchKey, han)},
		{"binary/128", AppendMaskedFrame(nil, Binary, benchKey, ascii(128))},
		{"text/65536", AppendMaskedFrame(nil, Text, benchKey, ascii(65536))},
		{"binary/65536", AppendMaskedFrame(nil, Binary, benchKey, ascii(65536))},
		{"ping/8", AppendMaskedFrame(nil, Ping, benchKey, ascii(8))},
		{"text/4x1024", appendFragments(nil, Text, ascii(1024), ascii(1024), ascii(1024), ascii(1024))},
	} {
		b.Run(bc.name, func(b *testing.B) {
			d := NewDecoder(&Config{MaxMessage: 1 << 20})
			buf := make([]byte, len(bc.input))
			b.SetBytes(int64(len(bc.input)))
			b.ReportAllocs()
			for b.Loop() {
				copy(buf, bc.input)
				if m, n, err := d.Next(buf); m.Opcode == Continuation || n != len(buf) || err != nil {
					b.Fatal(m, n, err)
				}
			}
		})
	}
	b.Run("copy/128", func(b *testing.B) {
		src, dst := ascii(136), ascii(136)
		for b.Loop() {
			copy(dst, src)
		}
	})
	b.Run("split/65536", func(b *testing.B) {
		input := AppendMaskedFrame(nil, Text, benchKey, ascii(65536))
		d := NewDecoder(&Config{MaxMessage: 1 << 20})
		buf := make([]byte, len(input))
		b.SetBytes(int64(len(input)))
		b.ReportAllocs()
		for b.Loop() {
			copy(buf, input)
			for rest := buf; len(rest) > 0; {
				n := min(4096, len(rest))
				if _, _, err := d.Next(rest[:n]); err != nil {
					b.Fatal(err)
				}
				rest = rest[n:]
			}
		}
	})
}

func BenchmarkAppendFrame(b *testing.B) {
	for _, size := range []int{16, 128, 1024, 65536} {
		p := make([]byte, size)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			buf := make([]byte, 0, MaxHeaderLen+size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				buf = AppendFrame(buf[:0], Text, p)
			}
		})
		b.Run(fmt.Sprintf("masked/%d", size), func(b *testing.B) {
			buf := make([]byte, 0, MaxHeaderLen+size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				buf = AppendMaskedFrame(buf[:0], Text, benchKey, p)
			}
		})
	}
}

// appendFragments appends a masked message with one frame for each part.
func appendFragments(dst []byte, op Opcode, parts ...[]byte) []byte {
	for i, part := range parts {
		h := Header{Fin: i == len(parts)-1, Opcode: op, Masked: true, Key: benchKey, Length: int64(len(part))}
		dst = AppendHeader(dst, h)
		start := len(dst)
		dst = append(dst, part...)
		Mask(dst[start:], benchKey, 0)
		op = Continuation
	}
	return dst
}

// BenchmarkNothing is what costs a receiver time and brings no bytes of a message.
func BenchmarkNothing(b *testing.B) {
	for _, row := range []struct{ name, input string }{
		{"frames", first(Binary, "") + strings.Repeat(more(""), 10_000) + last("")},
		{"blocks", "\xc2" + masked(Binary, strings.Repeat("\x00\x00\x00\xff\xff", 10_000)+"\x00")[1:]},
	} {
		b.Run(row.name, func(b *testing.B) {
			d := NewDecoder(&Config{MaxMessage: 1 << 20, Deflate: &Deflate{ClientWindowBits: 15, ClientNoContext: true}})
			piece := make([]byte, len(row.input))
			for b.Loop() {
				copy(piece, row.input) // the decoder unmasks it in place
				if m, _, err := d.Next(piece); err != nil || m.Opcode != Binary || len(m.Payload) > 0 {
					b.Fatal(m.Opcode, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(row.input)), "ns/byte")
		})
	}
}
