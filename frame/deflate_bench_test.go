package frame

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"strings"
	"testing"
)

// jsonText is n bytes of frames as the JSON protocol has them.
func jsonText(n int) []byte {
	var b strings.Builder
	words := strings.Fields("hello everyone the meeting begins at noon 你好 please bring your notes and a pen thanks see you there")
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, `{"type":"message","seq":%d,"from":"user%d","to":"group%d","text":"%s %s %s %s"}`,
			1000+i*7, i*31%97, i*17%13, words[i*3%len(words)], words[i*7%len(words)], words[i*11%len(words)], words[i*5%len(words)])
	}
	return []byte(b.String()[:n])
}

var benchSizes = []int{128, 256, 512, 1024, 4096, 65536}

// BenchmarkDeflate tells by "out/in" what a level is worth.
func BenchmarkDeflate(b *testing.B) {
	for _, size := range benchSizes {
		text := jsonText(size)
		for _, bits := range []int{15, 10, 8} {
			b.Run(fmt.Sprintf("%d/bits=%d", size, bits), func(b *testing.B) {
				d := NewDeflater()
				out := d.Append(nil, text, bits)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					out = d.Append(out[:0], text, bits)
				}
				b.ReportMetric(float64(len(out))/float64(size), "out/in")
			})
		}
	}
	for _, size := range []int{1024, 65536} {
		for _, level := range []int{flate.HuffmanOnly, 1, 2, 3, 6} {
			text := jsonText(size)
			b.Run(fmt.Sprintf("%d/level=%d", size, level), func(b *testing.B) {
				c := new(compressor)
				c.flate, _ = flate.NewWriter(c, level)
				out := c.append(nil, text, maxBits)
				b.SetBytes(int64(size))
				for b.Loop() {
					out = c.append(out[:0], text, maxBits)
				}
				b.ReportMetric(float64(len(out))/float64(size), "out/in")
			})
		}
	}
}

// BenchmarkInflate decodes one masked frame a turn; "flate" is what the reader
// of compress/flate needs for the same payload, kept and reset.
func BenchmarkInflate(b *testing.B) {
	for _, size := range benchSizes {
		text := jsonText(size)
		deflated := NewDeflater().Append(nil, text, maxBits)
		input := []byte(maskedRSV1(Text, string(deflated)))
		for _, context := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d/context=%v", size, context), func(b *testing.B) {
				d := NewDecoder(&Config{MaxMessage: 1 << 20, Deflate: &Deflate{true, !context, 15, 15}})
				buf := make([]byte, len(input))
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					copy(buf, input)
					if m, n, err := d.Next(buf); m.Opcode != Text || n != len(buf) || err != nil || len(m.Payload) != size {
						b.Fatal(m.Opcode, n, err)
					}
				}
			})
		}
		b.Run(fmt.Sprintf("%d/flate", size), func(b *testing.B) {
			whole := append(deflated, "\x00\x00\xff\xff\x01\x00\x00\xff\xff"...)
			src := bytes.NewReader(whole)
			r := flate.NewReader(src)
			out := make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				src.Reset(whole)
				r.(flate.Resetter).Reset(src, nil)
				if _, err := io.ReadFull(r, out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkInflateBomb decodes zeros, of which a byte in a thousand is sent.
func BenchmarkInflateBomb(b *testing.B) {
	const size = 1 << 20
	input := []byte(maskedRSV1(Binary, string(NewDeflater().Append(nil, make([]byte, size), maxBits))))
	d := NewDecoder(&Config{MaxMessage: size, Deflate: &Deflate{true, true, 15, 15}})
	buf := make([]byte, len(input))
	b.SetBytes(size)
	for b.Loop() {
		copy(buf, input)
		if m, _, err := d.Next(buf); err != nil || len(m.Payload) != size {
			b.Fatal(m.Opcode, err)
		}
	}
}
