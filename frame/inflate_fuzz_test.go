package frame

import (
	"bytes"
	"compress/flate"
	"io"
	"slices"
	"testing"
)

// oracle inflates a message with compress/flate, behind the window before.
// Nil: it is no message. To know that it ends where it should, the oracle puts
// another end in the place of the 00 00 ff ff that was taken off: five bytes
// of data. Those must come out as they are, and with the true end not.
func oracle(payload string, window []byte) []byte {
	out, ok := inflateAll(payload+"\x00\x00\xff\xff", window)
	with, also := inflateAll(payload+"\x05\x00\xfa\xffHello", window)
	if !ok || !also || string(with) != string(out)+"Hello" {
		return nil
	}
	return append([]byte{}, out...)
}

// inflateAll inflates streams one behind the other, up to the end of the last
// block. What follows the end of a stream begins with the next byte.
func inflateAll(payload string, window []byte) (out []byte, ok bool) {
	r := bytes.NewReader([]byte(payload + "\x03\x00")) // a last block, final and empty
	history := slices.Clone(window)
	for r.Len() > 0 {
		part, err := io.ReadAll(flate.NewReaderDict(r, history[max(0, len(history)-1<<maxBits):]))
		if err != nil {
			return nil, false
		}
		out, history = append(out, part...), append(history, part...)
	}
	return out, true
}

// hasFinal reports whether payload has a final block. The bits behind one must
// be 0 (RFC 7692 §7.2.1), which compress/flate does not look at.
func hasFinal(payload string, window []byte) bool {
	r := bytes.NewReader([]byte(payload))
	_, err := io.ReadAll(flate.NewReaderDict(r, window))
	return err == nil
}

// FuzzInflate holds the decoder against compress/flate: two messages with a
// context, in fragments, with pings between them, fed in pieces.
func FuzzInflate(f *testing.F) {
	for i, row := range inflateTable {
		if len(row.input) > 6 && row.input[0]&0x40 != 0 {
			payload := []byte(row.input[6:])
			Mask(payload, benchKey, 0)
			f.Add(payload, []byte(helloAgain), uint64(i), i%2 == 0)
		}
	}
	d := NewDeflater()
	f.Add(d.Append(nil, jsonText(2000), 15), []byte(run(300)), uint64(1), true)
	f.Add([]byte(run(40_000)), []byte(fixedBlock(1, func(w *deflateWriter) { w.copy(258, 1<<15) })), uint64(1), false)
	f.Fuzz(func(t *testing.T, message, next []byte, seed uint64, text bool) {
		c := &Config{Deflate: &anyContext}
		op := Binary
		if text {
			op = Text
		}
		var input []byte
		var want []string
		var window []byte
		var wantErr, final bool
		for _, payload := range []string{string(message), string(next)} {
			input = appendFrames(input, op, payload, seed)
			if wantErr {
				continue
			}
			final = final || hasFinal(payload, window)
			out := oracle(payload, window)
			if wantErr = out == nil || text && !validUTF8(out); wantErr {
				continue
			}
			want = append(want, op.String()+" "+string(out))
			window = append(window, out...)
		}
		got := decode(t, c, pieces(input, seed))
		got.messages = slices.DeleteFunc(got.messages, func(m string) bool { return m == "ping between" })
		if whole := decode(t, c, cut(input)); whole.err != got.err {
			t.Errorf("in one piece: %v; in pieces: %v", whole.err, got.err)
		}
		if final && got.err == ErrDeflateData {
			return // the padding behind a final block is not 0, which compress/flate does not mind
		}
		if wantErr != (got.err != nil) || !slices.Equal(got.messages, want) {
			t.Errorf("got %.300v; compress/flate has %.300q, error %v", got, want, wantErr)
		}
	})
}

// FuzzDamaged compresses a body as it comes from compress/flate at some level,
// with BFINAL or without, changes one byte, and holds the decoder against
// compress/flate. Few inputs of FuzzInflate get as deep into a block.
func FuzzDamaged(f *testing.F) {
	for level := range 12 {
		for at := range 6 {
			f.Add(jsonText(30*(level+1)*(at+1)), byte(level), uint16(at*at*at), byte(1<<at))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, level byte, at uint16, change byte) {
		payload := string(compressAt(body, int(level)%12-2))
		if want := oracle(payload, nil); want == nil || !bytes.Equal(want, body) {
			t.Fatalf("not what was compressed: %q", want)
		}
		b := []byte(payload)
		b[int(at)%len(b)] ^= change
		if level >= 128 {
			b = b[:int(at)%len(b)]
		}
		want := oracle(string(b), nil)
		input := []byte(maskedRSV1(Binary, string(b)))
		c := &Config{Deflate: &anyContext}
		got := decode(t, c, cut(input))
		if split := decode(t, c, pieces(input, uint64(at))); !split.equal(got) {
			t.Errorf("in pieces: %v; in one: %v", split, got)
		}
		if got.err == ErrDeflateData && hasFinal(string(b), nil) {
			return // see FuzzInflate
		}
		if (want == nil) != (got.err != nil) || want != nil && got.messages[0] != "binary "+string(want) {
			t.Errorf("got %.300v; compress/flate has %.300q", got, want)
		}
	})
}

// compressAt makes a message of body: of two streams, the first with a final
// block, if body is of odd length.
func compressAt(body []byte, level int) []byte {
	var b bytes.Buffer
	half := 0
	if len(body)%2 == 1 {
		half = len(body) / 2
		w, _ := flate.NewWriter(&b, level)
		w.Write(body[:half])
		w.Close()
	}
	w, _ := flate.NewWriter(&b, level)
	w.Write(body[half:])
	w.Flush()
	return b.Bytes()[:b.Len()-4]
}

// appendFrames appends a compressed message, masked, in fragments that are
// drawn from seed, with a ping behind each but the last.
func appendFrames(dst []byte, op Opcode, payload string, seed uint64) []byte {
	first := true
	for fragment := range pieces([]byte(payload), seed^0x5555) {
		dst = append(dst, notFinal(op, string(fragment))...)
		if first {
			dst[len(dst)-len(notFinal(op, string(fragment)))] |= RSV1 << 4
		}
		dst = append(dst, masked(Ping, "between")...)
		first, op = false, Continuation
	}
	if first {
		return append(dst, maskedRSV1(op, "")...)
	}
	return append(dst, last("")...)
}

func validUTF8(b []byte) bool {
	var check textCheck
	return check.write(b) && check.done()
}

// FuzzInflateLimit: with any limit, a message that is within it comes out, and
// no other; whether it is fed whole or byte by byte.
func FuzzInflateLimit(f *testing.F) {
	for _, n := range []int{4, 300, 2000} {
		f.Add([]byte(run(n)), uint16(n-1))
		f.Add([]byte(run(n)), uint16(n))
	}
	f.Fuzz(func(t *testing.T, payload []byte, limit uint16) {
		input := []byte(maskedRSV1(Binary, string(payload)))
		free := decode(t, &Config{Deflate: &anyContext}, cut(input))
		c := &Config{MaxMessage: int64(limit) + 1, Deflate: &anyContext}
		got := decode(t, c, cut(input))
		if single := decode(t, c, slices.Chunk(input, 1)); !single.equal(got) {
			t.Errorf("byte by byte: %v; in one piece: %v", single, got)
		}
		fits := free.err == nil && len(free.messages[0])-len("binary ") <= int(limit)+1 && int64(len(payload)) <= 8*(int64(limit)+1)+64
		if fits != (got.err == nil) || free.err == nil && !fits && got.err != ErrMessageTooBig {
			t.Errorf("limit %d: %.300v; without it: %.300v", limit+1, got, free)
		}
	})
}

// FuzzDeflate: what is compressed for a window inflates to what it was, with
// a decoder that has no greater one; and for compress/flate, too.
func FuzzDeflate(f *testing.F) {
	f.Add([]byte(""), []byte(""), byte(8))
	f.Add([]byte("A: "), []byte("Hello"), byte(15))
	for bits := range byte(8) {
		f.Add([]byte("user9: "), jsonText(300<<bits), bits)
		f.Add([]byte{}, bytes.Repeat([]byte("0123456789abcde"), 200<<bits/15), bits)
	}
	d := NewDeflater()
	f.Fuzz(func(t *testing.T, prefix, body []byte, b byte) {
		bits := minBits + int(b%8)
		stored := AppendStored(nil, prefix)
		deflated := d.Append([]byte("before"), body, bits)
		if !bytes.HasPrefix(deflated, []byte("before")) {
			t.Fatalf("dst was overwritten: %q", deflated)
		}
		deflated = deflated[len("before"):]
		want := string(prefix) + string(body)
		if got := oracle(string(stored)+string(deflated), nil); string(got) != want {
			t.Errorf("compress/flate has %.100q of %.100q", got, want)
		}
		c := &Config{Role: Client, MaxMessage: max(1, int64(len(want))), Deflate: &Deflate{ServerWindowBits: bits, ClientWindowBits: 15}}
		got := decode(t, c, cut(AppendCompressed(nil, Binary, stored, deflated)))
		if got.err != nil || len(got.messages) != 1 || got.messages[0] != "binary "+want {
			t.Errorf("%d bits: %.100v; want %.100q", bits, got, want)
		}
	})
}
