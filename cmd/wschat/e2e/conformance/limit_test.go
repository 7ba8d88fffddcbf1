//go:build e2e

package conformance

import (
	"fmt"
	"math"
	"testing"
)

// limit is -max-message of these tests.
const limit = 1000

// §10.4 and §7.4.1 (1009): the limit holds for a message, all its frames
// together, and at once when a header goes over it.
func TestMessageLimit(t *testing.T) {
	var rows []row
	for _, op := range []byte{opText, opBinary} {
		name := fmt.Sprintf("§10.4 opcode %d ", op)
		of := func(n int) []byte { return []byte(letters(n)) }
		whole := func(n int) frame { return frame{op: op, payload: of(n)} }
		rows = append(rows,
			echoed(name+"one below", op, of(limit-1), whole(limit-1)),
			echoed(name+"exactly", op, of(limit), whole(limit)),
			echoed(name+"exactly, in two", op, of(limit), fragments(op, of(limit), 500)...),
			echoed(name+"exactly, in single bytes", op, of(limit), singles(op, of(limit))...),
			echoed(name+"exactly, then nothing", op, of(limit), fragments(op, of(limit), limit, limit)...),
			row{name + "exactly, three times", frames(whole(limit), whole(limit), whole(limit)),
				[]answer{echo(op, of(limit)), echo(op, of(limit)), echo(op, of(limit))}},
			row{name + "exactly, with pings within", frames(first(op, letters(500)), ping(letters(125)), ping(letters(125)), last(letters(500))),
				[]answer{answerPong(letters(125)), answerPong(letters(125)), echo(op, append(of(500), of(500)...))}},
			refused(name+"one above", 1009, whole(limit+1)),
			refused(name+"far above", 1009, whole(300_000)),
			refused(name+"one above, in two", 1009, fragments(op, of(limit+1), 500)...),
			refused(name+"one above, in single bytes", 1009, singles(op, of(limit+1))...),
			refused(name+"one above, by the last frame", 1009, first(op, letters(limit)), last("x")),
			refused(name+"one above, by a middle frame", 1009, first(op, letters(limit)), middle("x")),
			refused(name+"one above, announced by the last frame", 1009, first(op, letters(limit)), announced(opContinuation, 1)),
			refused(name+"without an end", 1009, append([]frame{first(op, letters(limit))}, middle("x"), middle("x"))...),
			row{name + "above, behind a message", frames(whole(5), whole(limit+1), whole(5)), []answer{echo(op, of(5)), closed(1009)}},
			row{name + "above, behind a ping", frames(ping("p"), whole(limit+1)), []answer{answerPong("p"), closed(1009)}},
		)
		for _, n := range []uint64{limit + 1, 65535, 65536, 1 << 20, 1 << 31, 1<<32 - 1, 1 << 32, 1 << 40, 1 << 62, math.MaxInt64} {
			rows = append(rows,
				refused(fmt.Sprintf("%sannounced %d", name, n), 1009, announced(op, n)),
				refused(fmt.Sprintf("%sannounced %d, without FIN", name, n), 1009, frame{op: op, more: true, announce: &n}),
				refused(fmt.Sprintf("%sannounced %d by a continuation", name, n), 1009, first(op, "a"), announced(opContinuation, n)))
		}
		rows = append(rows, row{name + "announced, no key", []byte{0x80 | op, 0xFE, 0x03, 0xE9}, []answer{closed(1009)}})
	}
	playAll(t, targets(t, "-max-message", fmt.Sprint(limit)), always(rows))
}

// The limit that holds unless -max-message says otherwise.
func TestUsualLimit(t *testing.T) {
	over := letters(maxMessage + 1)
	playAll(t, targets(t), always([]row{
		refused("§10.4 one above", 1009, text(over)),
		refused("§10.4 one above, in two", 1009, fragments(opText, []byte(over), maxMessage/2)...),
		refused("§10.4 one above, by the last byte", 1009, fragments(opText, []byte(over), maxMessage)...),
		refused("§10.4 announced alone", 1009, announced(opBinary, maxMessage+1)),
		refused("§10.4 eight MiB", 1009, binaryMessage(noise(8<<20))),
		{"§10.4 eight MiB behind a message", frames(text("a"), binaryMessage(noise(8<<20))), []answer{echoText("a"), closed(1009)}},
	}))
}

// The Autobahn catalogue, section 9: messages up to 16 MiB, where that is let in,
// whole and in many frames.
func TestLargeMessages(t *testing.T) {
	const most = 16 << 20
	var rows []row
	for n := 2 << 20; n <= most; n *= 8 {
		rows = append(rows,
			echoed(fmt.Sprintf("§5.2 text of %d", n), opText, []byte(letters(n)), text(letters(n))),
			echoed(fmt.Sprintf("§5.2 binary of %d", n), opBinary, []byte(noise(n)), binaryMessage(noise(n))))
	}
	for _, size := range []int{64, 1 << 10, 64 << 10, 1 << 20} {
		const n = 4 << 20
		whole := []byte(letters(n))
		rows = append(rows, echoed(fmt.Sprintf("§5.4 text of %d in frames of %d", n, size), opText, whole, fragments(opText, whole, every(size, n)...)...))
	}
	playAll(t, targets(t, "-max-message", fmt.Sprint(most)), always(rows))
}

// every is where to cut n bytes into pieces of a size.
func every(size, n int) []int {
	var cuts []int
	for at := size; at < n; at += size {
		cuts = append(cuts, at)
	}
	return cuts
}

// Without a limit the length of a message is still one of 63 bits, and nothing
// is taken for what is only announced.
func TestNoLimit(t *testing.T) {
	over := uint64(math.MaxInt64)
	playAll(t, targets(t, "-max-message", "0"), always([]row{
		echoed("§5.2 two MiB", opText, []byte(letters(2<<20)), text(letters(2<<20))),
		refused("§5.2 the top bit", 1002, announced(opBinary, 1<<63)),
		refused("§10.4 more than can be counted", 1009, first(opBinary, "a"), announced(opContinuation, over)),
		{"§10.4 announced 2^63-1, then text that is none", append(announced(opText, over).bytes(), 0xFF^usualKey[0]), []answer{closed(1007)}},
	}))
}
