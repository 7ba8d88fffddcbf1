//go:build e2e

package conformance

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// maxMessage is the default of -max-message.
const maxMessage = 1 << 20

// lengths are around all the places where something changes: the forms of the
// length, buffers, and the limit.
var lengths = []int{
	0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 123, 124, 125, 126, 127, 128, 129, 130, 255, 256, 257, 511, 512,
	1000, 1023, 1024, 1025, 4080, 4095, 4096, 4097, 8191, 8192, 8193, 16384, 32767, 32768, 32769,
	65521, 65522, 65533, 65534, 65535, 65536, 65537, 65538, 65550, 131071, 131072, 262144, maxMessage - 1, maxMessage,
}

// letters is a text of n bytes, with characters of one to four bytes where they
// fit.
func letters(n int) string {
	const some = "The quick brown 狐狸 jumps über the lazy 🐕. "
	whole := strings.ToValidUTF8(strings.Repeat(some, n/len(some)+1)[:n], "")
	return whole + strings.Repeat("~", n-len(whole))
}

// noise is n bytes that are no text.
func noise(n int) string {
	b := make([]byte, n)
	x := uint32(n) + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return string(b)
}

// §5.2, payload length: every length comes back.
func TestLengths(t *testing.T) {
	var rows []row
	for _, n := range lengths {
		rows = append(rows,
			echoed(fmt.Sprintf("§5.2 text of %d", n), opText, []byte(letters(n)), text(letters(n))),
			echoed(fmt.Sprintf("§5.2 binary of %d", n), opBinary, []byte(noise(n)), binaryMessage(noise(n))))
	}
	playAll(t, targets(t), always(rows))
}

// §5.2, payload length: "the minimal number of bytes MUST be used", and "the most
// significant bit MUST be 0".
func TestLengthForms(t *testing.T) {
	type form struct {
		name     string
		form     int
		announce uint64
	}
	forms := []form{}
	for _, n := range []uint64{0, 1, 2, 5, 100, 124, 125} {
		forms = append(forms, form{fmt.Sprintf("%d in 16 bits", n), in16bits, n})
	}
	for _, n := range []uint64{0, 1, 5, 125, 126, 127, 128, 256, 1000, 65534, 65535} {
		forms = append(forms, form{fmt.Sprintf("%d in 64 bits", n), in64bits, n})
	}
	for _, n := range []uint64{0, 1, 5, 125, 126, 65536, 1 << 32, 1<<62 - 1, math.MaxInt64} {
		forms = append(forms, form{fmt.Sprintf("top bit and %d", n), in64bits, 1<<63 | n})
	}
	var rows []row
	for _, f := range forms {
		for _, op := range []byte{opText, opBinary, opClose, opPing, opPong} {
			bad := frame{op: op, form: f.form, announce: &f.announce}
			rows = append(rows, refused(fmt.Sprintf("§5.2 opcode %d, %s, header alone", op, f.name), 1002, bad))
			if f.announce <= 65535 {
				bad.payload = []byte(noise(int(f.announce)))
				rows = append(rows, refused(fmt.Sprintf("§5.2 opcode %d, %s, with payload", op, f.name), 1002, bad))
			}
		}
		rows = append(rows, refused(fmt.Sprintf("§5.2 continuation, %s", f.name), 1002,
			first(opText, "a"), frame{op: opContinuation, form: f.form, announce: &f.announce}))
	}
	// Told by bytes that come before the header is whole.
	rows = append(rows,
		row{"§5.2 top bit, nothing behind it", []byte{0x82, 0xFF, 0x80}, []answer{closed(1002)}},
		row{"§5.2 16 bits of 64 that are 0", []byte{0x82, 0xFF, 0, 0, 0, 0, 0, 0}, []answer{closed(1002)}},
		row{"§5.2 125 in 16 bits, no key", []byte{0x82, 0xFE, 0, 125}, []answer{closed(1002)}},
	)
	playAll(t, targets(t), always(rows))
}

// Messages that lie in one segment are all answered, in order.
func TestPipelined(t *testing.T) {
	var rows []row
	for _, n := range []int{2, 3, 10, 100, 1000} {
		r := row{name: fmt.Sprintf("§5.4 %d messages in one segment", n)}
		for i := range n {
			s := fmt.Sprint(i)
			switch i % 4 {
			case 0:
				r.send, r.want = append(r.send, text(s).bytes()...), append(r.want, echoText(s))
			case 1:
				r.send, r.want = append(r.send, binaryMessage(s).bytes()...), append(r.want, echoBinary(s))
			case 2:
				r.send, r.want = append(r.send, ping(s).bytes()...), append(r.want, answerPong(s))
			case 3:
				r.send = append(r.send, frames(first(opText, s), pong("?"), ping(s), middle(""), last(s))...)
				r.want = append(r.want, answerPong(s), echoText(s+s))
			}
		}
		rows = append(rows, r)
	}
	for _, n := range []int{100, 70_000, 300_000} {
		s := letters(n)
		rows = append(rows, row{fmt.Sprintf("§5.4 ten messages of %d", n),
			frames(text(s), text(s), text(s), text(s), text(s), text(s), text(s), text(s), text(s), text(s)),
			[]answer{echoText(s), echoText(s), echoText(s), echoText(s), echoText(s), echoText(s), echoText(s), echoText(s), echoText(s), echoText(s)}})
	}
	playAll(t, targets(t), always(rows))
}

// §5.3 and §5.1: masking.
func TestMasking(t *testing.T) {
	keys := [][4]byte{{}, {0xFF, 0xFF, 0xFF, 0xFF}, {1, 2, 3, 4}, {0x80, 0, 0, 0}, {0, 0x80, 0, 0}, {0, 0, 0x80, 0}, {0, 0, 0, 0x80}, {0, 0, 0, 1}, {1, 0, 0, 0}, {0x0D, 0x0A, 0x0D, 0x0A}}
	var rows []row
	for _, key := range keys {
		for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 17, 63, 65, 127, 1021, 65537} {
			rows = append(rows, row{fmt.Sprintf("§5.3 key %x, %d bytes", key, n),
				frames(frame{op: opBinary, payload: []byte(noise(n)), key: &key}, frame{op: opText, payload: []byte(letters(n)), key: &key}),
				[]answer{echoBinary(noise(n)), echoText(letters(n))}})
		}
		rows = append(rows, row{fmt.Sprintf("§5.3 key %x, control frames", key),
			frames(frame{op: opPing, payload: []byte("ping"), key: &key}, frame{op: opClose, payload: closePayload(1001, "bye"), key: &key}),
			[]answer{answerPong("ping"), closed(1001)}})
	}
	rows = append(rows, row{"§5.3 a key of its own for each fragment",
		frames(frame{op: opText, more: true, payload: []byte("abcde"), key: &keys[1]}, frame{op: opContinuation, more: true, payload: []byte("fgh"), key: &keys[2]},
			frame{op: opPing, payload: []byte("p"), key: &keys[0]}, frame{op: opContinuation, payload: []byte("ij"), key: &keys[3]}),
		[]answer{answerPong("p"), echoText("abcdefghij")}})
	for _, op := range []byte{opText, opBinary, opClose, opPing, opPong} {
		for _, n := range []int{0, 2, 5, 125} {
			payload := []byte(letters(n))
			if op == opClose && n >= 2 {
				payload = closePayload(1000, letters(n-2))
			}
			bad := frame{op: op, unmasked: true, payload: payload}
			rows = append(rows,
				refused(fmt.Sprintf("§5.1 opcode %d, %d bytes, not masked", op, n), 1002, bad),
				row{fmt.Sprintf("§5.1 opcode %d, %d bytes, not masked, behind a masked one", op, n), frames(text("hi"), bad), []answer{echoText("hi"), closed(1002)}})
		}
		rows = append(rows, row{fmt.Sprintf("§5.1 opcode %d, not masked, two bytes of it", op), []byte{0x80 | op, 5}, []answer{closed(1002)}})
	}
	for _, n := range []int{126, 65535, 65536} {
		rows = append(rows, refused(fmt.Sprintf("§5.1 binary of %d, not masked", n), 1002, frame{op: opBinary, unmasked: true, payload: []byte(noise(n))}))
	}
	rows = append(rows,
		refused("§5.1 continuation, not masked", 1002, first(opText, "a"), frame{op: opContinuation, unmasked: true, payload: []byte("b")}),
		refused("§5.1 ping between fragments, not masked", 1002, first(opText, "a"), frame{op: opPing, unmasked: true}))
	playAll(t, targets(t), always(rows))
}
