package load

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"wschat/frame"
)

// skimAll feeds b in chunks of these lengths, the last one being used for all
// the rest, and returns what came whole: messages put together, control frames.
// What quick finds, next has to find as well.
func skimAll(b []byte, chunks ...int) (got []string, err error) {
	var s skimmer
	var message []byte
	for i := 0; len(b) > 0; i++ {
		n := min(chunks[min(i, len(chunks)-1)], len(b))
		chunk := b[:n]
		b = b[n:]
		for len(chunk) > 0 {
			start, end := s.quick(chunk)
			p, n, err := s.next(chunk)
			if end > 0 && (err != nil || n != end || !p.whole() || !bytes.Equal(p.data, chunk[start:end])) {
				return got, fmt.Errorf("quick: %q, next: %+v, %v", chunk[start:end], p, err)
			}
			if err != nil {
				return got, err
			}
			if n == 0 {
				return got, errors.New("took nothing")
			}
			chunk = chunk[n:]
			switch {
			case p.op == frame.Continuation:
			case p.op.IsControl():
				got = append(got, fmt.Sprintf("%v %s", p.op, p.data))
			default:
				if int(p.off) != len(message) {
					return got, fmt.Errorf("a piece at %d, expected at %d", p.off, len(message))
				}
				message = append(message, p.data...)
				if p.last {
					got = append(got, fmt.Sprintf("%v %s", p.op, message))
					message = nil
				}
			}
		}
	}
	return got, nil
}

// decodeAll is the same by a frame.Decoder.
func decodeAll(b []byte) (got []string, err error) {
	config := frame.Config{Role: frame.Client}
	d := frame.NewDecoder(&config)
	for b = bytes.Clone(b); len(b) > 0; {
		m, n, err := d.Next(b)
		if err != nil {
			return got, err
		}
		b = b[n:]
		if m.Opcode != frame.Continuation {
			got = append(got, fmt.Sprintf("%v %s", m.Opcode, m.Payload))
		}
	}
	return got, nil
}

// fragments appends a message in several frames, with a ping between them.
func fragments(dst []byte, parts ...string) []byte {
	op := frame.Text
	for i, part := range parts {
		dst = frame.AppendHeader(dst, frame.Header{Fin: i == len(parts)-1, Opcode: op, Length: int64(len(part))})
		dst = append(dst, part...)
		op = frame.Continuation
		if i < len(parts)-1 {
			dst = frame.AppendFrame(dst, frame.Ping, []byte("ping"))
		}
	}
	return dst
}

// allFrames is one of each kind of frame.
func allFrames() []byte {
	var b []byte
	for _, n := range []int{0, 1, 125, 126, 300, 65535, 65536} {
		b = frame.AppendFrame(b, frame.Text, []byte(strings.Repeat("t", n)))
		b = frame.AppendFrame(b, frame.Binary, []byte(strings.Repeat("b", n)))
	}
	b = frame.AppendFrame(b, frame.Ping, nil)
	b = frame.AppendFrame(b, frame.Pong, []byte(strings.Repeat("p", 125)))
	b = fragments(b, "in ", "", "three ", "")
	b = fragments(b, "", "x")
	return frame.AppendFrame(b, frame.Close, frame.AppendClose(nil, frame.NormalClosure, "bye"))
}

// However the bytes come, the skimmer finds what a Decoder finds.
func TestSkimmerFindsWhatADecoderFinds(t *testing.T) {
	b := allFrames()
	want, err := decodeAll(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, chunks := range [][]int{{len(b)}, {1}, {2}, {3}, {7}, {1000}, {65536}} {
		if got, err := skimAll(b, chunks...); err != nil || !slices.Equal(got, want) {
			t.Errorf("in chunks of %v: %d of %d, %v", chunks, len(got), len(want), err)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var chunks []int
		for range 20000 {
			chunks = append(chunks, 1+r.IntN(20))
		}
		if got, err := skimAll(b, chunks...); err != nil || !slices.Equal(got, want) {
			t.Errorf("in odd chunks: %d of %d, %v", len(got), len(want), err)
		}
	}
}

func TestSkimmerRefuses(t *testing.T) {
	for _, row := range []struct {
		name string
		b    []byte
		want error
	}{
		{"RFC 6455 §5.1: a masked frame", frame.AppendMaskedFrame(nil, frame.Text, [4]byte{1, 2, 3, 4}, []byte("x")), frame.ErrMasked},
		{"§5.2: a reserved bit", []byte{0xc1, 0}, frame.ErrReservedBits},
		{"§5.2: a reserved opcode", []byte{0x83, 0}, frame.ErrReservedOpcode},
		{"§5.2: a length that is not minimal", []byte{0x81, 126, 0, 1, 'x'}, frame.ErrLengthNotMinimal},
		{"§5.5: a fragmented ping", []byte{0x09, 0}, frame.ErrControlFragmented},
		{"§5.5: a long ping", []byte{0x89, 126, 0, 126}, frame.ErrControlTooLong},
		{"§5.4: a continuation of nothing", []byte{0x80, 0}, frame.ErrUnexpectedContinuation},
		{"§5.4: a message within another", []byte{0x01, 0, 0x81, 0}, frame.ErrExpectedContinuation},
	} {
		for _, chunk := range []int{1, 100} {
			if _, err := skimAll(row.b, chunk); !errors.Is(err, row.want) {
				t.Errorf("%s, %d bytes at a time: %v, want %v", row.name, chunk, err, row.want)
			}
		}
	}
}

// FuzzSkim compares the skimmer with a Decoder. Payloads are made harmless, as
// the skimmer does not look at them.
func FuzzSkim(f *testing.F) {
	f.Add(allFrames()[:600], 3)
	f.Add(fragments(nil, "a", "b"), 1)
	f.Add([]byte{0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}, 4)
	f.Add([]byte{0x88, 0, 0x82, 1}, 1)
	f.Fuzz(func(t *testing.T, b []byte, chunk int) {
		chunk = max(1, min(chunk, 1<<20))
		got, err := skimAll(b, chunk)
		want, wantErr := decodeAll(b)
		if errors.Is(wantErr, frame.ErrInvalidUTF8) || errors.Is(wantErr, frame.ErrCloseCode) || errors.Is(wantErr, frame.ErrCloseLength) {
			return // only a Decoder looks at payloads
		}
		if (err == nil) != (wantErr == nil) { // of two faults in a header each may name another
			t.Fatalf("%v, a Decoder says %v", err, wantErr)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q, a Decoder finds %q", got, want)
		}
	})
}

func BenchmarkSkim(b *testing.B) {
	var batch []byte
	for range 16 {
		batch = frame.AppendFrame(batch, frame.Text, bytes.Repeat([]byte{'x'}, 160))
	}
	var s skimmer
	b.ReportAllocs()
	for b.Loop() {
		for rest := batch; len(rest) > 0; {
			_, end := s.quick(rest)
			if end == 0 {
				b.Fatalf("%d bytes left", len(rest))
			}
			rest = rest[end:]
		}
	}
}
